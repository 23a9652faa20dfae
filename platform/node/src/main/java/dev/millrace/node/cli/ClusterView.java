package dev.millrace.node.cli;

import dev.millrace.cluster.ReplicaPlan;
import dev.millrace.cluster.journal.Cordon;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;

/** Nodes and replicas as the cluster says that they are now; asked once. */
final class ClusterView {
    private static final int NODE_ANSWERS_WITHIN_MS = 3_000;

    private final Map<Integer, Node> nodes = new TreeMap<>();
    private final Set<Integer> cordoned = new TreeSet<>();
    private final Map<TopicPartition, TopicPartitionInfo> partitions = new HashMap<>();
    private final Map<TopicPartition, PartitionReassignment> reassignments;

    private ClusterView(Map<TopicPartition, PartitionReassignment> reassignments) {
        this.reassignments = reassignments;
    }

    static ClusterView of(Admin admin, BootstrapOption bootstrap) {
        ClusterView view =
                new ClusterView(
                        Await.answer(
                                admin.listPartitionReassignments().reassignments(), bootstrap));
        Collection<Node> nodes =
                Await.answer(
                        admin.describeCluster(
                                        new DescribeClusterOptions().includeFencedBrokers(true))
                                .nodes(),
                        bootstrap);
        nodes.forEach(node -> view.nodes.put(node.id(), node));
        for (Node node : nodes) {
            if (!node.isFenced() && isCordoned(admin, bootstrap, node.id())) {
                view.cordoned.add(node.id());
            }
        }
        Set<String> names =
                Await.answer(
                        admin.listTopics(new ListTopicsOptions().listInternal(true)).names(),
                        bootstrap);
        Map<String, TopicDescription> topics =
                Await.answer(admin.describeTopics(names).allTopicNames(), bootstrap);
        topics.forEach(
                (name, topic) ->
                        topic.partitions()
                                .forEach(
                                        partition ->
                                                view.partitions.put(
                                                        new TopicPartition(
                                                                name, partition.partition()),
                                                        partition)));
        return view;
    }

    private static boolean isCordoned(Admin admin, BootstrapOption bootstrap, int nodeId) {
        ConfigResource broker = broker(nodeId);
        // Only the node itself answers: one that has just gone must not hold up what is asked for.
        KafkaFuture<Map<ConfigResource, Config>> asked =
                admin.describeConfigs(
                                List.of(broker),
                                new DescribeConfigsOptions().timeoutMs(NODE_ANSWERS_WITHIN_MS))
                        .all();
        if (hasGone(asked)) {
            return false;
        }
        Map<ConfigResource, Config> configs = Await.answer(asked, bootstrap);
        Config config = configs.getOrDefault(broker, new Config(List.of()));
        ConfigEntry entry = config.get(Cordon.SETTING);
        return entry != null && Cordon.ALL.equals(String.valueOf(entry.value()).strip());
    }

    private static boolean hasGone(KafkaFuture<?> asked) {
        return asked.toCompletionStage()
                .handle(
                        (answer, failure) ->
                                failure instanceof TimeoutException
                                        || (failure != null
                                                && failure.getCause() instanceof TimeoutException))
                .toCompletableFuture()
                .join();
    }

    private static ConfigResource broker(int nodeId) {
        return new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(nodeId));
    }

    /** From then on the node gets no new replicas, or does again. */
    static void cordon(Admin admin, BootstrapOption bootstrap, int nodeId, boolean on) {
        AlterConfigOp change =
                new AlterConfigOp(
                        new ConfigEntry(Cordon.SETTING, on ? Cordon.ALL : ""),
                        on ? AlterConfigOp.OpType.SET : AlterConfigOp.OpType.DELETE);
        Await.answer(
                admin.incrementalAlterConfigs(Map.of(broker(nodeId), List.of(change))).all(),
                bootstrap);
    }

    /**
     * @throws CommandFailure there is no such node
     */
    Node node(int nodeId) {
        Node node = nodes.get(nodeId);
        if (node == null) {
            throw new CommandFailure(
                    "there is no node " + nodeId + "; the nodes are " + nodes.keySet());
        }
        return node;
    }

    boolean isCordoned(int nodeId) {
        return cordoned.contains(nodeId);
    }

    /** Where replicas can be put. */
    List<ReplicaPlan.Node> planned() {
        return nodes.values().stream()
                .map(
                        node ->
                                new ReplicaPlan.Node(
                                        node.id(),
                                        Optional.ofNullable(node.rack()).orElse(""),
                                        !node.isFenced() && !cordoned.contains(node.id())))
                .toList();
    }

    /** Replicas of each partition as they will be when what is under way has ended. */
    Map<TopicPartition, List<Integer>> replicas() {
        Map<TopicPartition, List<Integer>> replicas = new HashMap<>();
        partitions.forEach(
                (partition, info) -> {
                    PartitionReassignment underWay = reassignments.get(partition);
                    Set<Integer> leaving =
                            underWay == null ? Set.of() : Set.copyOf(underWay.removingReplicas());
                    replicas.put(
                            partition,
                            info.replicas().stream()
                                    .map(Node::id)
                                    .filter(id -> !leaving.contains(id))
                                    .toList());
                });
        return replicas;
    }

    /** Whose replicas the node has, be it for not much longer. */
    Set<TopicPartition> heldBy(int nodeId) {
        return partitions.entrySet().stream()
                .filter(
                        each ->
                                each.getValue().replicas().stream()
                                        .anyMatch(node -> node.id() == nodeId))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    Set<TopicPartition> ledBy(int nodeId) {
        return partitions.entrySet().stream()
                .filter(
                        each -> {
                            Node leader = each.getValue().leader();
                            return leader != null && leader.id() == nodeId;
                        })
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** How many partitions each node leads. */
    Map<Integer, Integer> leaders() {
        Map<Integer, Integer> leaders = new HashMap<>();
        for (TopicPartitionInfo info : partitions.values()) {
            if (info.leader() != null) {
                leaders.merge(info.leader().id(), 1, Integer::sum);
            }
        }
        return leaders;
    }

    List<Integer> isr(TopicPartition partition) {
        TopicPartitionInfo info = partitions.get(partition);
        return info == null ? List.of() : info.isr().stream().map(Node::id).toList();
    }

    Set<TopicPartition> reassigning() {
        return reassignments.keySet();
    }

    /** Reassignments that take something off the node. */
    Set<TopicPartition> leaving(int nodeId) {
        return reassignments.entrySet().stream()
                .filter(each -> each.getValue().removingReplicas().contains(nodeId))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }
}
