package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.processor.StandbyUpdateListener;
import dev.millrace.streams.processor.TaskId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the stores of tasks from their changelogs: those of an active task up to the ends that they
 * have when it begins, for its former owner has stopped writing by then; those of a standby task as
 * long as it is one. Persistent stores begin at their checkpoint; one without, or with one that the
 * changelog does not reach, begins empty.
 *
 * <p>The end is the last record there is, committed or not. A reader of committed records passes it
 * only when every transaction below it has ended: also one whose offsets are committed already, and
 * whose changelog records are not yet marked so.
 */
final class Restorer {
    private static final Logger LOG = LoggerFactory.getLogger(Restorer.class);

    /** First and last offset of changelogs. */
    record Bounds(Map<TopicPartition, Long> first, Map<TopicPartition, Long> last) {}

    /** One changelog partition on its way into a store. */
    private static final class Reading {
        final Task task;
        final String store;
        final long start;

        /** Negative: a standby, which has no end. */
        final long end;

        long restored;

        Reading(Task task, String store, long start, long end) {
            this.task = task;
            this.store = store;
            this.start = start;
            this.end = end;
        }

        boolean isStandby() {
            return end < 0;
        }
    }

    private final Consumer<byte[], byte[]> consumer;
    private final StateDirectory stateDirectory;
    private final Function<Collection<TopicPartition>, Bounds> bounds;
    private final RestoreEvents events;
    private final boolean exactlyOnce;
    private final Map<TopicPartition, Reading> readings = new HashMap<>();
    private final Map<TopicPartition, Long> held = new HashMap<>();

    /**
     * @param bounds asks the cluster; uncommitted records count
     */
    Restorer(
            Consumer<byte[], byte[]> consumer,
            StateDirectory stateDirectory,
            Function<Collection<TopicPartition>, Bounds> bounds,
            RestoreEvents events,
            boolean exactlyOnce) {
        this.consumer = consumer;
        this.stateDirectory = stateDirectory;
        this.bounds = bounds;
        this.events = events;
        this.exactlyOnce = exactlyOnce;
    }

    /**
     * Opens the stores of tasks that are to run; those of a standby are open already.
     *
     * @return those that are complete already; the others will be, after some {@link #poll}s
     */
    List<Task> begin(Collection<Task> tasks, Set<Task> standbys) {
        Bounds found = boundsOf(tasks);
        List<Task> complete = new ArrayList<>();
        for (Task task : tasks) {
            Map<TopicPartition, Long> starts =
                    standbys.contains(task) ? promote(task) : open(task, found);
            List<TopicPartition> behind = new ArrayList<>();
            starts.forEach(
                    (partition, start) -> {
                        long end = offset(found.last, partition);
                        held.put(partition, Math.max(start, 0));
                        if (start < end) {
                            behind.add(partition);
                            String store = storeOf(task, partition);
                            readings.put(partition, new Reading(task, store, start, end));
                            events.restores().onRestoreStart(partition, store, start, end);
                        }
                    });
            if (behind.isEmpty()) {
                complete.add(task);
            } else {
                LOG.info("Task {} restores {}", task.id(), behind);
            }
        }
        reassign();
        return complete;
    }

    /** Opens the stores of standby tasks, and follows their changelogs. */
    void follow(Collection<Task> tasks) {
        Bounds found = boundsOf(tasks);
        for (Task task : tasks) {
            open(task, found)
                    .forEach(
                            (partition, start) -> {
                                held.put(partition, start);
                                String store = storeOf(task, partition);
                                readings.put(partition, new Reading(task, store, start, -1));
                                events.standbys().onUpdateStart(partition, store, start);
                            });
        }
        reassign();
    }

    private Bounds boundsOf(Collection<Task> tasks) {
        List<TopicPartition> changelogs = new ArrayList<>();
        tasks.forEach(task -> changelogs.addAll(changelogsOf(task)));
        return changelogs.isEmpty() ? new Bounds(Map.of(), Map.of()) : bounds.apply(changelogs);
    }

    /** Reads what {@link #readings} says, new partitions from where they start. */
    private void reassign() {
        Set<TopicPartition> before = Set.copyOf(consumer.assignment());
        if (!before.equals(readings.keySet())) {
            consumer.assign(new ArrayList<>(readings.keySet()));
            readings.forEach(
                    (partition, reading) -> {
                        if (!before.contains(partition)) {
                            consumer.seek(partition, reading.start);
                        }
                    });
        }
    }

    private static List<TopicPartition> changelogsOf(Task task) {
        return task.changelogs().keySet().stream()
                .map(topic -> new TopicPartition(topic, task.id().partition()))
                .toList();
    }

    /** Where to begin in the changelogs. */
    private Map<TopicPartition, Long> open(Task task, Bounds found) {
        Map<TopicPartition, Long> checkpoint =
                new CheckpointFile(stateDirectory.task(task.id()), exactlyOnce).take();
        Set<TopicPartition> valid = new HashSet<>();
        for (TopicPartition partition : changelogsOf(task)) {
            long stored = checkpoint.getOrDefault(partition, -1L);
            if (stored >= offset(found.first, partition)
                    && stored <= offset(found.last, partition)) {
                valid.add(partition);
            } else {
                stateDirectory.deleteStore(task.id(), storeOf(task, partition));
            }
        }
        task.openStores();
        Map<TopicPartition, Long> starts = new HashMap<>();
        for (TopicPartition partition : changelogsOf(task)) {
            boolean fromCheckpoint =
                    valid.contains(partition) && task.persistent(storeOf(task, partition));
            starts.put(partition, offset(fromCheckpoint ? checkpoint : found.first, partition));
        }
        return starts;
    }

    private Map<TopicPartition, Long> promote(Task task) {
        Map<TopicPartition, Long> starts = new HashMap<>();
        for (TopicPartition partition : changelogsOf(task)) {
            long position = offset(held, partition);
            starts.put(partition, position);
            Reading standby = readings.remove(partition);
            if (standby != null) {
                events.standbys()
                        .onUpdateSuspended(
                                partition,
                                standby.store,
                                position,
                                currentEnd(partition, position),
                                StandbyUpdateListener.SuspendReason.PROMOTED);
            }
        }
        return starts;
    }

    private static String storeOf(Task task, TopicPartition changelog) {
        return Objects.requireNonNull(task.changelogs().get(changelog.topic())).name();
    }

    private static long offset(Map<TopicPartition, Long> offsets, TopicPartition partition) {
        return offsets.getOrDefault(partition, 0L);
    }

    /** Whether a task waits for its stores. */
    boolean isRestoring() {
        return readings.values().stream().anyMatch(reading -> !reading.isStandby());
    }

    /** Whether there are changelogs to read at all. */
    boolean isIdle() {
        return readings.isEmpty();
    }

    /** What a {@link #poll} did. */
    record Progress(boolean moved, Set<Task> complete) {}

    /** Reads on. */
    Progress poll(Duration timeout) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(timeout);
        for (TopicPartition partition : records.partitions()) {
            Reading reading = readings.get(partition);
            if (reading != null) {
                restore(partition, reading, records.records(partition));
            }
        }
        Set<Task> complete = new HashSet<>();
        for (TopicPartition partition : List.copyOf(readings.keySet())) {
            Reading reading = Objects.requireNonNull(readings.get(partition));
            long position = consumer.position(partition);
            held.put(partition, position);
            if (!reading.isStandby() && position >= reading.end) {
                readings.remove(partition);
                complete.add(reading.task);
                events.restores().onRestoreEnd(partition, reading.store, reading.restored);
            }
        }
        if (!complete.isEmpty()) {
            reassign();
            readings.values().forEach(reading -> complete.remove(reading.task));
        }
        return new Progress(!records.isEmpty(), complete);
    }

    private void restore(
            TopicPartition partition,
            Reading reading,
            List<ConsumerRecord<byte[], byte[]>> records) {
        reading.task.restore(partition.topic(), records);
        reading.restored += records.size();
        long last = records.get(records.size() - 1).offset();
        if (reading.isStandby()) {
            events.standbys()
                    .onBatchLoaded(
                            partition,
                            reading.store,
                            reading.task.id(),
                            last,
                            records.size(),
                            currentEnd(partition, -1));
        } else {
            events.restores().onBatchRestored(partition, reading.store, last, records.size());
        }
    }

    private long currentEnd(TopicPartition partition, long unknown) {
        if (!consumer.assignment().contains(partition)) {
            return unknown;
        }
        OptionalLong lag = consumer.currentLag(partition);
        return lag.isPresent() ? consumer.position(partition) + lag.getAsLong() : unknown;
    }

    /** Records that the stores of a standby task have yet to read; empty when nobody knows yet. */
    OptionalLong lag(Task standby) {
        long sum = 0;
        for (TopicPartition partition : changelogsOf(standby)) {
            if (!consumer.assignment().contains(partition)) {
                return OptionalLong.empty();
            }
            OptionalLong lag = consumer.currentLag(partition);
            if (lag.isEmpty()) {
                return lag;
            }
            sum += lag.getAsLong();
        }
        return OptionalLong.of(sum);
    }

    /** First offset of a changelog that its store was not filled with; null for one not begun. */
    @Nullable Long heldUntil(TopicPartition changelog) {
        return held.get(changelog);
    }

    void forget(Task task) {
        for (TopicPartition partition : changelogsOf(task)) {
            Reading reading = readings.get(partition);
            if (reading != null && reading.task == task) {
                readings.remove(partition);
                long position = offset(held, partition);
                if (reading.isStandby()) {
                    events.standbys()
                            .onUpdateSuspended(
                                    partition,
                                    reading.store,
                                    position,
                                    currentEnd(partition, position),
                                    StandbyUpdateListener.SuspendReason.MIGRATED);
                } else {
                    events.restores()
                            .onRestoreSuspended(partition, reading.store, reading.restored);
                }
            }
            held.remove(partition);
        }
        reassign();
    }

    /** Ids of the tasks with changelogs that are read now. */
    Set<TaskId> reading() {
        Set<TaskId> ids = new HashSet<>();
        readings.values().forEach(reading -> ids.add(reading.task.id()));
        return ids;
    }
}
