package dev.millrace.console;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster says about itself and its topics. Blocks for at most {@link
 * KafkaClients#TIMEOUT} per question: worker threads only; any number of them.
 */
final class ClusterReader implements AutoCloseable {
    private final String bootstrapServers;
    private final KafkaClients clients;
    private @Nullable Admin admin; // guarded by this

    ClusterReader(KafkaClients clients, String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.clients = clients;
    }

    /** Numbers of one topic at one moment. */
    record TopicSummary(
            String name,
            String topicId,
            boolean internal,
            int partitions,
            int replicationFactor,
            int underReplicated,
            long records,
            long endOffsets) {}

    JsonObject cluster() {
        DescribeClusterResult result = admin().describeCluster();
        Collection<Node> nodes = await(result.nodes());
        Node controller = await(result.controller());
        JsonArray list = new JsonArray();
        nodes.stream()
                .sorted(Comparator.comparingInt(Node::id))
                .forEach(
                        node ->
                                list.add(
                                        new JsonObject()
                                                .put("id", node.id())
                                                .put("host", node.host())
                                                .put("port", node.port())
                                                .put("rack", node.rack())
                                                .put(
                                                        "controller",
                                                        controller != null
                                                                && controller.id() == node.id())));
        return new JsonObject()
                .put("clusterId", await(result.clusterId()))
                .put("bootstrapServers", bootstrapServers)
                .put("nodes", list);
    }

    List<TopicSummary> topics() {
        Collection<String> names =
                await(admin().listTopics(new ListTopicsOptions().listInternal(true)).names());
        Map<String, TopicDescription> descriptions = describe(names);
        Offsets offsets = offsets(descriptions);
        List<TopicSummary> summaries = new ArrayList<>(descriptions.size());
        for (TopicDescription topic : descriptions.values()) {
            long records = 0;
            long endOffsets = 0;
            int replicationFactor = 0;
            int underReplicated = 0;
            for (TopicPartitionInfo partition : topic.partitions()) {
                TopicPartition tp = new TopicPartition(topic.name(), partition.partition());
                long end = offsets.ends().getOrDefault(tp, 0L);
                endOffsets += end;
                records += Math.max(0, end - offsets.beginnings().getOrDefault(tp, end));
                replicationFactor = Math.max(replicationFactor, partition.replicas().size());
                underReplicated += partition.isr().size() < partition.replicas().size() ? 1 : 0;
            }
            summaries.add(
                    new TopicSummary(
                            topic.name(),
                            String.valueOf(topic.topicId()),
                            isInternal(topic),
                            topic.partitions().size(),
                            replicationFactor,
                            underReplicated,
                            records,
                            endOffsets));
        }
        summaries.sort(Comparator.comparing(TopicSummary::name));
        return summaries;
    }

    /**
     * Bytes on disk of one copy of each topic, by topic.
     *
     * @throws UnsupportedVersionException if the cluster does not answer DescribeLogDirs
     */
    Map<String, Long> bytesByTopic() {
        List<Integer> brokers =
                await(admin().describeCluster().nodes()).stream().map(Node::id).toList();
        Map<TopicPartition, Long> largestReplica = new HashMap<>();
        for (Map<String, LogDirDescription> dirs :
                await(admin().describeLogDirs(brokers).allDescriptions()).values()) {
            for (LogDirDescription dir : dirs.values()) {
                dir.replicaInfos()
                        .forEach(
                                (tp, replica) ->
                                        largestReplica.merge(tp, replica.size(), Math::max));
            }
        }
        Map<String, Long> byTopic = new HashMap<>();
        largestReplica.forEach((tp, size) -> byTopic.merge(tp.topic(), size, Long::sum));
        return byTopic;
    }

    JsonObject topic(String name) {
        TopicDescription topic = describeOne(name);
        Map<String, TopicDescription> one = Map.of(name, topic);
        Offsets offsets = offsets(one);
        JsonArray partitions = new JsonArray();
        long records = 0;
        for (TopicPartitionInfo partition : topic.partitions()) {
            TopicPartition tp = new TopicPartition(name, partition.partition());
            Long beginning = offsets.beginnings().get(tp);
            Long end = offsets.ends().get(tp);
            if (beginning != null && end != null) {
                records += Math.max(0, end - beginning);
            }
            Node leader = partition.leader();
            partitions.add(
                    new JsonObject()
                            .put("partition", partition.partition())
                            .put("leader", leader == null || leader.isEmpty() ? null : leader.id())
                            .put("replicas", ids(partition.replicas()))
                            .put("isr", ids(partition.isr()))
                            .put("beginningOffset", beginning)
                            .put("endOffset", end));
        }
        return new JsonObject()
                .put("name", name)
                .put("topicId", String.valueOf(topic.topicId()))
                .put("internal", isInternal(topic))
                .put("records", records)
                .put("partitions", partitions)
                .put("configs", configs(name));
    }

    /** Checks that a topic exists, and refuses with 404 if not. */
    TopicDescription describeOne(String name) {
        try {
            return await(
                    Objects.requireNonNull(
                            admin().describeTopics(List.of(name)).topicNameValues().get(name)));
        } catch (RuntimeException failure) {
            if (failure.getCause() instanceof UnknownTopicOrPartitionException) {
                throw ApiException.noSuchTopic(name);
            }
            throw failure;
        }
    }

    private Map<String, TopicDescription> describe(Collection<String> names) {
        Map<String, TopicDescription> found = new TreeMap<>();
        admin().describeTopics(names)
                .topicNameValues()
                .forEach(
                        (name, description) -> {
                            try {
                                found.put(name, await(description));
                            } catch (RuntimeException failure) {
                                // Deleted since it was listed: then it is not there to be shown.
                                if (!(failure.getCause()
                                        instanceof UnknownTopicOrPartitionException)) {
                                    throw failure;
                                }
                            }
                        });
        return found;
    }

    /** Of all partitions that have a leader; the others are absent. */
    private record Offsets(Map<TopicPartition, Long> beginnings, Map<TopicPartition, Long> ends) {}

    private Offsets offsets(Map<String, TopicDescription> topics) {
        Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (TopicDescription topic : topics.values()) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                Node leader = partition.leader();
                if (leader != null && !leader.isEmpty()) {
                    TopicPartition tp = new TopicPartition(topic.name(), partition.partition());
                    earliest.put(tp, OffsetSpec.earliest());
                    latest.put(tp, OffsetSpec.latest());
                }
            }
        }
        // Both are under way before either is waited for.
        ListOffsetsResult beginnings = admin().listOffsets(earliest);
        ListOffsetsResult ends = admin().listOffsets(latest);
        return new Offsets(offsets(earliest.keySet(), beginnings), offsets(latest.keySet(), ends));
    }

    private static Map<TopicPartition, Long> offsets(
            Set<TopicPartition> partitions, ListOffsetsResult result) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition tp : partitions) {
            try {
                offsets.put(tp, await(result.partitionResult(tp)).offset());
            } catch (RuntimeException failure) {
                if (!(failure.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw failure;
                }
            }
        }
        return offsets;
    }

    private @Nullable JsonArray configs(String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            JsonArray configs = new JsonArray();
            await(
                            Objects.requireNonNull(
                                    admin().describeConfigs(List.of(resource))
                                            .values()
                                            .get(resource)))
                    .entries()
                    .stream()
                    .sorted(Comparator.comparing(ConfigEntry::name))
                    .forEach(
                            entry ->
                                    configs.add(
                                            new JsonObject()
                                                    .put("name", entry.name())
                                                    .put(
                                                            "value",
                                                            entry.isSensitive()
                                                                    ? null
                                                                    : entry.value())
                                                    .put("source", entry.source().toString())
                                                    .put("default", entry.isDefault())));
            return configs;
        } catch (RuntimeException failure) {
            if (failure.getCause() instanceof UnsupportedVersionException) {
                return null;
            }
            throw failure;
        }
    }

    private static JsonArray ids(List<Node> nodes) {
        JsonArray ids = new JsonArray();
        nodes.forEach(node -> ids.add(node.id()));
        return ids;
    }

    /** Made at the first question: a node that nobody looks at has no such client. */
    synchronized Admin admin() {
        if (admin == null) {
            admin = clients.admin();
        }
        return admin;
    }

    /** The value, or a failure whose cause is Kafka's own exception. */
    static <T> T await(KafkaFuture<T> answer) {
        try {
            return answer.get(2 * KafkaClients.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            throw new java.util.concurrent.CompletionException(failure.getCause());
        } catch (TimeoutException late) {
            throw new java.util.concurrent.CompletionException(late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new java.util.concurrent.CompletionException(interrupted);
        }
    }

    @Override
    public synchronized void close() {
        if (admin != null) {
            admin.close(java.time.Duration.ofSeconds(1));
        }
    }

    /** Also what applications keep for themselves: by its name, as no flag tells it. */
    private static boolean isInternal(TopicDescription topic) {
        String name = topic.name();
        return topic.isInternal()
                || name.startsWith("_")
                || name.endsWith("-changelog")
                || name.endsWith("-repartition");
    }
}
