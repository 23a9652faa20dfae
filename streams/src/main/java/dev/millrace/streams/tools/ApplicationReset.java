package dev.millrace.streams.tools;

import dev.millrace.streams.errors.StreamsException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/**
 * Takes an application back to a point of its input, as kafka-streams-application-reset does: moves
 * the committed offsets of its input topics and deletes its internal topics. What instances have on
 * their disks is for {@code KafkaStreams.cleanUp()}: a reset without it gives wrong results.
 */
public final class ApplicationReset {
    private static final long TIMEOUT_MS = 60_000;
    private static final Pattern INTERNAL =
            Pattern.compile(
                    ".*(?:-changelog|-repartition"
                            + "|-subscription-registration-topic|-subscription-response-topic"
                            + "|.-KTABLE-FK-JOIN-SUBSCRIPTION-(?:REGISTRATION|RESPONSE)-\\d+-topic)");

    /** Where input topics are read from afterwards. Offsets out of reach become the nearest one. */
    public sealed interface Target {
        record Earliest() implements Target {}

        record Latest() implements Target {}

        record Offset(long offset) implements Target {}

        /** The first record from then on, milliseconds since the epoch; the end without any. */
        record Time(long timestampMs) implements Target {}

        /** From what is committed, or from the end where nothing is. */
        record Shift(long offsets) implements Target {}

        /** Partitions that are not named stay where they are. */
        record Offsets(Map<TopicPartition, Long> offsets) implements Target {}
    }

    /**
     * What to do.
     *
     * @param internalTopics to delete; none: all that the application may have made
     * @param dryRun only say it
     * @param force remove members that are still in the group
     */
    public record Plan(
            String applicationId,
            Collection<String> inputTopics,
            Target target,
            Collection<String> internalTopics,
            boolean dryRun,
            boolean force) {}

    private final Admin admin;
    private final Consumer<String> out;

    /**
     * @param out gets a line for everything that is done
     */
    public ApplicationReset(Admin admin, Consumer<String> out) {
        this.admin = admin;
        this.out = out;
    }

    /**
     * @return whether all topics of the plan were there
     * @throws IllegalStateException while the application has members
     * @throws IllegalArgumentException when a topic of the plan is no internal one
     * @throws StreamsException when the cluster refuses
     */
    public boolean run(Plan plan) {
        removeMembers(plan);
        Set<String> topics = new TreeSet<>(answer(admin.listTopics().names(), "list the topics"));
        if (plan.dryRun) {
            out.accept(
                    "----Dry run displays the actions which will be performed when running Streams Reset Tool----");
        }
        boolean found = resetInput(plan, topics);
        deleteInternal(plan, topics);
        return found;
    }

    private void removeMembers(Plan plan) {
        String group = plan.applicationId;
        int members;
        try {
            members =
                    answer(
                                    Objects.requireNonNull(
                                            admin.describeConsumerGroups(List.of(group))
                                                    .describedGroups()
                                                    .get(group)),
                                    "describe the group")
                            .members()
                            .size();
        } catch (GroupIdNotFoundException e) {
            return; // it never ran, or long ago
        }
        if (members == 0) {
            return;
        }
        if (!plan.force) {
            throw new IllegalStateException(
                    "Consumer group '"
                            + group
                            + "' is still active and has "
                            + members
                            + " members. Make sure to stop all running application instances before running the"
                            + " reset tool. You can use option '--force' to remove active members from the group.");
        }
        out.accept("Force deleting all active members in the group: " + group);
        if (!plan.dryRun) {
            answer(
                    admin.removeMembersFromConsumerGroup(
                                    group, new RemoveMembersFromConsumerGroupOptions())
                            .all(),
                    "remove the members of the group");
        }
    }

    private boolean resetInput(Plan plan, Set<String> topics) {
        if (plan.inputTopics.isEmpty()) {
            out.accept("No input or intermediate topics specified. Skipping seek.");
            return true;
        }
        out.accept("Reset-offsets for input topics " + plan.inputTopics);
        Set<String> present = new TreeSet<>(plan.inputTopics);
        present.retainAll(topics);
        boolean all = present.size() == Set.copyOf(plan.inputTopics).size();
        if (!all) {
            out.accept("Following input topics are not found, skipping them");
            plan.inputTopics.stream()
                    .filter(topic -> !present.contains(topic))
                    .forEach(topic -> out.accept("Topic: " + topic));
        }
        if (present.isEmpty()) {
            return false;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>(order());
        offsets(plan, partitions(present))
                .forEach((partition, to) -> offsets.put(partition, new OffsetAndMetadata(to)));
        out.accept(
                "Following input topics offsets will be reset to (for consumer group "
                        + plan.applicationId
                        + ")");
        offsets.forEach(
                (partition, to) ->
                        out.accept(
                                "Topic: "
                                        + partition.topic()
                                        + " Partition: "
                                        + partition.partition()
                                        + " Offset: "
                                        + to.offset()));
        if (!plan.dryRun && !offsets.isEmpty()) {
            answer(
                    admin.alterConsumerGroupOffsets(plan.applicationId, offsets).all(),
                    "move the offsets of the group");
        }
        out.accept("Done.");
        return all;
    }

    private static Comparator<TopicPartition> order() {
        return Comparator.comparing(TopicPartition::topic)
                .thenComparingInt(TopicPartition::partition);
    }

    private List<TopicPartition> partitions(Set<String> topics) {
        List<TopicPartition> partitions = new ArrayList<>();
        answer(admin.describeTopics(topics).allTopicNames(), "describe " + topics)
                .forEach(
                        (name, topic) ->
                                topic.partitions()
                                        .forEach(
                                                each ->
                                                        partitions.add(
                                                                new TopicPartition(
                                                                        name, each.partition()))));
        return partitions;
    }

    private Map<TopicPartition, Long> offsets(Plan plan, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> first = offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> last = offsets(partitions, OffsetSpec.latest());
        Target target = plan.target;
        if (target instanceof Target.Earliest) {
            return first;
        }
        if (target instanceof Target.Latest) {
            return last;
        }
        Map<TopicPartition, Long> wanted = new HashMap<>();
        if (target instanceof Target.Offset to) {
            partitions.forEach(each -> wanted.put(each, to.offset));
        } else if (target instanceof Target.Time time) {
            offsets(partitions, OffsetSpec.forTimestamp(time.timestampMs))
                    .forEach(
                            (each, found) -> wanted.put(each, found < 0 ? end(last, each) : found));
        } else if (target instanceof Target.Shift shift) {
            Map<TopicPartition, OffsetAndMetadata> committed =
                    answer(
                            admin.listConsumerGroupOffsets(plan.applicationId)
                                    .partitionsToOffsetAndMetadata(),
                            "list the offsets of the group");
            for (TopicPartition each : partitions) {
                OffsetAndMetadata from = committed.get(each);
                wanted.put(each, (from == null ? end(last, each) : from.offset()) + shift.offsets);
            }
        } else if (target instanceof Target.Offsets given) {
            wanted.putAll(given.offsets);
            wanted.keySet().retainAll(partitions);
        } else {
            throw new IllegalArgumentException("Unknown target " + target);
        }
        wanted.replaceAll(
                (each, to) ->
                        Math.max(first.getOrDefault(each, 0L), Math.min(end(last, each), to)));
        return wanted;
    }

    private static long end(Map<TopicPartition, Long> last, TopicPartition partition) {
        return last.getOrDefault(partition, 0L);
    }

    private Map<TopicPartition, Long> offsets(List<TopicPartition> partitions, OffsetSpec spec) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(each -> asked.put(each, spec));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> each :
                answer(admin.listOffsets(asked).all(), "list offsets").entrySet()) {
            offsets.put(each.getKey(), each.getValue().offset());
        }
        return offsets;
    }

    private void deleteInternal(Plan plan, Set<String> topics) {
        List<String> inferred =
                topics.stream()
                        .filter(topic -> topic.startsWith(plan.applicationId + "-"))
                        .filter(topic -> INTERNAL.matcher(topic).matches())
                        .filter(topic -> !plan.inputTopics.contains(topic))
                        .toList();
        Collection<String> deleted = inferred;
        if (plan.internalTopics.isEmpty()) {
            out.accept("Deleting inferred internal topics " + inferred);
        } else {
            if (!Set.copyOf(inferred).containsAll(plan.internalTopics)) {
                throw new IllegalArgumentException(
                        "Invalid topic specified in the --internal-topics option. Ensure that the topics"
                                + " specified are all internal topics: there are "
                                + inferred);
            }
            deleted = plan.internalTopics;
            out.accept("Deleting specified internal topics " + deleted);
        }
        if (!plan.dryRun && !deleted.isEmpty()) {
            answer(admin.deleteTopics(deleted).all(), "delete internal topics");
        }
        out.accept("Done.");
    }

    private static <T> T answer(KafkaFuture<T> future, String what) {
        try {
            return future.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException absent) {
                throw absent;
            }
            throw new StreamsException("Cannot " + what + ": " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new StreamsException("Cannot " + what + ": the cluster does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StreamsException("Interrupted, with the reset half done: run it again", e);
        }
    }
}
