package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.processor.TaskId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Assigns whole tasks: partition n of every source topic of a sub-topology goes to one member. Runs
 * in the consumer of the group's leader; public for the consumer to create it.
 *
 * <p>Cooperative (KIP-429): members go on with their tasks while the group rebalances. A task that
 * moves is first taken from one member, and given to the other in the rebalance that follows.
 */
public final class TaskAssignor implements ConsumerPartitionAssignor, Configurable {
    /** Consumer setting that holds the {@link Context}. */
    static final String CONTEXT_CONFIG = "millrace.streams.assignor.context";

    /** The thread that the assignor works for; called on it. */
    interface Owner {
        /**
         * The group rebalances; what this member has to say about itself.
         *
         * @param topics that it subscribes: with a pattern, those that match now
         */
        TaskPlacement.Member joining(Set<String> topics);

        /**
         * @param understood whether the leader reads the version in which the member spoke; else it
         *     has another one from now on, and says everything again
         */
        void assigned(AssignorData.Assigned assigned, boolean understood);
    }

    /**
     * What the assignor knows of its thread and program.
     *
     * @param partitions of all source topics; on the leader
     * @param ends sums of the changelogs' end offsets of those tasks that have changelogs
     * @param program places tasks; null: they are placed by state and load
     */
    record Context(
            SourceTopics sources,
            UUID processId,
            Owner owner,
            Function<Cluster, Map<String, Integer>> partitions,
            Function<Set<TaskId>, Map<TaskId, Long>> ends,
            TaskPlacement.Settings settings,
            @Nullable ProgramAssignor program) {}

    private @Nullable Context context;
    private int version = AssignorData.LATEST;

    @Override
    public void configure(Map<String, ?> configs) {
        if (configs.get(CONTEXT_CONFIG) instanceof Context given) {
            context = given;
        }
    }

    private Context context() {
        if (context == null) {
            throw new IllegalStateException(
                    "The assignor is for the consumers of KafkaStreams only");
        }
        return context;
    }

    @Override
    public String name() {
        return "millrace-stream";
    }

    @Override
    public List<RebalanceProtocol> supportedProtocols() {
        return List.of(RebalanceProtocol.COOPERATIVE);
    }

    @Override
    public ByteBuffer subscriptionUserData(Set<String> topics) {
        return AssignorData.encode(context().owner.joining(topics), version);
    }

    @Override
    public void onAssignment(Assignment assignment, ConsumerGroupMetadata metadata) {
        int spoken = version;
        version = AssignorData.answerTo(assignment.userData()).orElse(spoken);
        context()
                .owner
                .assigned(AssignorData.decodeAssigned(assignment.userData()), version == spoken);
    }

    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
        Map<TaskId, List<TopicPartition>> tasks = tasks(metadata);
        Map<String, TaskPlacement.Member> members = new TreeMap<>();
        Map<String, Integer> known = new HashMap<>();
        Map<TopicPartition, Set<String>> claims = new HashMap<>();
        Map<String, String> racks = new HashMap<>();
        subscriptions
                .groupSubscription()
                .forEach(
                        (id, subscription) -> {
                            AssignorData.Said said =
                                    AssignorData.decodeMember(subscription.userData());
                            members.put(id, said.member());
                            known.put(id, said.known());
                            subscription.rackId().ifPresent(rack -> racks.put(id, rack));
                            subscription
                                    .ownedPartitions()
                                    .forEach(
                                            each ->
                                                    claims.computeIfAbsent(
                                                                    each, e -> new HashSet<>())
                                                            .add(id));
                        });
        Map<TaskId, Long> ends = context().ends.apply(tasks.keySet());
        ProgramAssignor program = context().program;
        Map<String, TaskPlacement.Placed> placed =
                program == null
                        ? TaskPlacement.place(tasks.keySet(), members, ends, context().settings)
                        : program.place(tasks, metadata, members, racks, ends, subscriptions);
        List<AssignorData.Host> hosts = hosts(members, placed);
        boolean shutdown = members.values().stream().anyMatch(TaskPlacement.Member::shutdown);
        Map<String, Assignment> result = new HashMap<>();
        placed.forEach(
                (member, each) -> {
                    List<TopicPartition> partitions = new ArrayList<>();
                    for (TaskId task : each.active()) {
                        List<TopicPartition> sources = tasks.getOrDefault(task, List.of());
                        if (isFree(sources, member, claims)) {
                            partitions.addAll(sources);
                        } else if (ends.containsKey(task)) {
                            each.standby().add(task); // keeps up until it gets the task itself
                        }
                    }
                    AssignorData.Assigned data =
                            new AssignorData.Assigned(
                                    each.standby(), each.warmup(), hosts, shutdown);
                    int version = known.getOrDefault(member, AssignorData.LATEST);
                    result.put(
                            member, new Assignment(partitions, AssignorData.encode(data, version)));
                });
        GroupAssignment computed = new GroupAssignment(result);
        if (program != null) {
            program.computed(computed, subscriptions);
        }
        return computed;
    }

    /** Whoever has partitions that are to go elsewhere gives them up first, and joins again. */
    private static boolean isFree(
            List<TopicPartition> partitions,
            String member,
            Map<TopicPartition, Set<String>> claims) {
        return partitions.stream()
                .allMatch(each -> Set.of(member).containsAll(claims.getOrDefault(each, Set.of())));
    }

    /** Threads of one instance share its endpoint. */
    private static List<AssignorData.Host> hosts(
            Map<String, TaskPlacement.Member> members, Map<String, TaskPlacement.Placed> placed) {
        Map<String, AssignorData.Host> hosts = new TreeMap<>();
        placed.forEach(
                (id, each) -> {
                    String endpoint = Objects.requireNonNull(members.get(id)).endpoint();
                    if (!endpoint.isEmpty()) {
                        AssignorData.Host host =
                                hosts.computeIfAbsent(
                                        endpoint,
                                        e ->
                                                new AssignorData.Host(
                                                        e, new TreeSet<>(), new TreeSet<>()));
                        host.active().addAll(each.active());
                        host.standby().addAll(each.standby());
                    }
                });
        return List.copyOf(hosts.values());
    }

    private Map<TaskId, List<TopicPartition>> tasks(Cluster metadata) {
        Map<TaskId, List<TopicPartition>> tasks = new HashMap<>();
        context()
                .partitions
                .apply(metadata)
                .forEach(
                        (topic, count) -> {
                            Integer subtopology = context().sources.subtopologyOf(topic);
                            for (int n = 0; subtopology != null && n < count; n++) {
                                tasks.computeIfAbsent(
                                                new TaskId(subtopology, n), t -> new ArrayList<>())
                                        .add(new TopicPartition(topic, n));
                            }
                        });
        return tasks;
    }
}
