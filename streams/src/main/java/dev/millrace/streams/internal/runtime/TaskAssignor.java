package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.TaskId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Assigns whole tasks: partition n of every source topic of a sub-topology goes to one member. Runs
 * in the consumer of the group's leader; public for the consumer to create it.
 *
 * <pre>
 * user data of a subscription:
 *  version 1, 1 byte | process id, 16 bytes | running tasks | stored tasks
 * tasks:  count, 4 bytes | (sub-topology, 4 bytes | partition, 4 bytes)...
 * </pre>
 *
 * The leader takes a member of another version for one that has nothing.
 */
public final class TaskAssignor implements ConsumerPartitionAssignor, Configurable {
    /** Consumer setting that holds the {@link Context}. */
    static final String CONTEXT_CONFIG = "millrace.streams.assignor.context";

    private static final byte VERSION = 1;
    private static final int SMALLEST_USER_DATA = 1 + 16 + 4 + 4;

    /** What the assignor knows of its thread and program. */
    record Context(
            List<SubtopologySpec> subtopologies,
            UUID processId,
            Supplier<Set<TaskId>> runningTasks,
            Supplier<Set<TaskId>> storedTasks) {}

    private @Nullable Context context;

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
    public ByteBuffer subscriptionUserData(Set<String> topics) {
        Context known = context();
        return encode(
                new TaskPlacement.Member(
                        known.processId, known.runningTasks.get(), known.storedTasks.get()));
    }

    static ByteBuffer encode(TaskPlacement.Member member) {
        int tasks = member.running().size() + member.stored().size();
        ByteBuffer out = ByteBuffer.allocate(SMALLEST_USER_DATA + 8 * tasks);
        out.put(VERSION);
        out.putLong(member.processId().getMostSignificantBits());
        out.putLong(member.processId().getLeastSignificantBits());
        for (Set<TaskId> each : List.of(member.running(), member.stored())) {
            out.putInt(each.size());
            each.forEach(task -> out.putInt(task.subtopology()).putInt(task.partition()));
        }
        return out.flip();
    }

    static TaskPlacement.Member decode(@Nullable ByteBuffer userData) {
        if (userData == null
                || userData.remaining() < SMALLEST_USER_DATA
                || userData.get(userData.position()) != VERSION) {
            return new TaskPlacement.Member(new UUID(0, 0), Set.of(), Set.of());
        }
        ByteBuffer in = userData.duplicate();
        in.get();
        UUID processId = new UUID(in.getLong(), in.getLong());
        return new TaskPlacement.Member(processId, readTasks(in), readTasks(in));
    }

    private static Set<TaskId> readTasks(ByteBuffer in) {
        Set<TaskId> tasks = new TreeSet<>();
        for (int count = in.getInt(); count > 0; count--) {
            tasks.add(new TaskId(in.getInt(), in.getInt()));
        }
        return tasks;
    }

    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
        Map<TaskId, List<TopicPartition>> tasks = tasks(metadata);
        Map<String, TaskPlacement.Member> members = new HashMap<>();
        subscriptions
                .groupSubscription()
                .forEach((id, subscription) -> members.put(id, decode(subscription.userData())));
        Map<String, Assignment> result = new HashMap<>();
        TaskPlacement.place(tasks.keySet(), members)
                .forEach(
                        (member, placed) -> {
                            List<TopicPartition> partitions = new ArrayList<>();
                            placed.forEach(
                                    task -> partitions.addAll(tasks.getOrDefault(task, List.of())));
                            result.put(member, new Assignment(partitions));
                        });
        return new GroupAssignment(result);
    }

    private Map<TaskId, List<TopicPartition>> tasks(Cluster metadata) {
        Map<TaskId, List<TopicPartition>> tasks = new HashMap<>();
        for (SubtopologySpec subtopology : context().subtopologies) {
            for (String topic : subtopology.sourceTopics()) {
                Integer count = metadata.partitionCountForTopic(topic);
                for (int partition = 0; count != null && partition < count; partition++) {
                    tasks.computeIfAbsent(
                                    new TaskId(subtopology.id(), partition), t -> new ArrayList<>())
                            .add(new TopicPartition(topic, partition));
                }
            }
        }
        return tasks;
    }
}
