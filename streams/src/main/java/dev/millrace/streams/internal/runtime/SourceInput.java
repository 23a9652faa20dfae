package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.task.Progress;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.query.Position;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings records from the consumer to the tasks of one thread, as many as they can hold, and knows
 * how far they were processed. Used by the thread only.
 */
final class SourceInput {
    private static final Logger LOG = LoggerFactory.getLogger(SourceInput.class);
    private static final Duration STABLE_TIMEOUT = Duration.ofMillis(500);

    /** Where a source begins that has no committed offset. */
    @FunctionalInterface
    interface ResetPolicies {
        /** {@code earliest}, {@code latest}, or null: as the consumer is configured. */
        @Nullable String of(String topic);
    }

    private final Consumer<byte[], byte[]> consumer;
    private final TaskSet tasks;
    private static final String BY_DURATION = "by_duration:";

    private final ResetPolicies policies;
    private final String defaultPolicy;
    private final StreamsMetrics.OfThread metrics;
    private final long maxTaskIdleMs;
    private final int maxBuffered;

    private final Set<TopicPartition> paused = new HashSet<>();

    /** Partitions with records since the last commit. */
    private final Set<TopicPartition> consumed = new HashSet<>();

    private final Map<TaskId, Long> idleSinceMs = new HashMap<>();

    /** Committed offsets at which tasks began. */
    private final Map<TopicPartition, Long> began = new HashMap<>();

    /** What was committed with them. */
    private final Map<TopicPartition, Progress> progress = new HashMap<>();

    SourceInput(
            Consumer<byte[], byte[]> consumer,
            TaskSet tasks,
            ResetPolicies policies,
            StreamsConfig config,
            StreamsMetrics.OfThread metrics) {
        this.metrics = metrics;
        this.consumer = consumer;
        this.tasks = tasks;
        this.policies = policies;
        Object configured =
                config.mainConsumerConfigs().get(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG);
        this.defaultPolicy = configured == null ? "earliest" : configured.toString();
        this.maxTaskIdleMs = config.getLong(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG);
        this.maxBuffered = config.getInt(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG);
    }

    /** Whether records came. */
    boolean poll(Duration timeout) {
        ConsumerRecords<byte[], byte[]> records;
        long startNs = System.nanoTime();
        try {
            records = consumer.poll(timeout);
        } catch (InvalidOffsetException e) {
            reset(e.partitions());
            return true; // their records are next
        }
        for (TopicPartition partition : records.partitions()) {
            Task task = tasks.require(partition);
            task.addRecords(partition, records.records(partition));
            consumed.add(partition);
            if (task.buffered(partition) > maxBuffered) {
                consumer.pause(List.of(partition));
                paused.add(partition);
            }
        }
        metrics.polled(startNs, records.count());
        return !records.isEmpty();
    }

    /** Fetches again for those that have room. */
    void resume() {
        paused.removeIf(
                partition -> {
                    Task task = tasks.of(partition);
                    boolean resumed =
                            task != null
                                    && tasks.isRunning(task)
                                    && task.buffered(partition) <= maxBuffered;
                    if (resumed) {
                        consumer.resume(List.of(partition));
                    }
                    return resumed;
                });
    }

    /** The first position of partitions without one, as their source or the configuration says. */
    private void reset(Set<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            String policy = policies.of(partition.topic());
            String effective = policy != null ? policy : defaultPolicy;
            switch (effective) {
                case "earliest" -> consumer.seekToBeginning(List.of(partition));
                case "latest" -> consumer.seekToEnd(List.of(partition));
                default -> {
                    if (effective.startsWith(BY_DURATION)) {
                        seekBack(partition, effective.substring(BY_DURATION.length()));
                        continue;
                    }
                    throw new StreamsException(
                            "No valid committed offset found for input "
                                    + partition
                                    + ", and auto.offset.reset is "
                                    + effective
                                    + ". Use earliest or latest to choose where to begin.");
                }
            }
        }
    }

    /** To the first record that is no older than a duration; to the end without one. */
    private void seekBack(TopicPartition partition, String duration) {
        long fromMs = System.currentTimeMillis() - Duration.parse(duration).toMillis();
        OffsetAndTimestamp found =
                consumer.offsetsForTimes(Map.of(partition, fromMs)).get(partition);
        if (found == null) {
            consumer.seekToEnd(List.of(partition));
        } else {
            consumer.seek(partition, found.offset());
        }
    }

    /**
     * Whether the task's next record is surely the one with the smallest timestamp, or waited for
     * long enough.
     */
    boolean isReady(Task task) {
        if (maxTaskIdleMs < 0 || task.partitions().size() == 1 || !task.hasRecords()) {
            return true;
        }
        List<TopicPartition> empty = task.emptyPartitions();
        for (TopicPartition partition : empty) {
            OptionalLong lag = consumer.currentLag(partition);
            if (lag.isEmpty() || lag.getAsLong() > 0) {
                idleSinceMs.remove(task.id());
                return false; // the broker has, or may have, more: fetch it first
            }
        }
        if (empty.isEmpty() || maxTaskIdleMs == 0) {
            idleSinceMs.remove(task.id());
            return true;
        }
        long now = System.currentTimeMillis();
        return now - idleSinceMs.computeIfAbsent(task.id(), id -> now) >= maxTaskIdleMs;
    }

    /** Where to go on after a crash: of the partitions that moved since the last commit. */
    Map<TopicPartition, OffsetAndMetadata> processed() {
        // What is handed over moves no position, and processors all the same.
        Set<TopicPartition> moved = new HashSet<>(consumed);
        for (Task task : tasks.running()) {
            if (task.hasProgressed() && Collections.disjoint(consumed, task.partitions())) {
                moved.addAll(task.partitions());
            }
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : moved) {
            Task task = tasks.of(partition);
            if (task != null) {
                offsets.put(partition, position(task, partition));
            }
        }
        return offsets;
    }

    /** What {@link #processed()} said is safe. */
    void committed() {
        tasks.running().forEach(Task::progressCommitted);
        consumed.removeIf(
                partition -> {
                    Task task = tasks.of(partition);
                    return task == null || task.firstUnprocessed(partition) == null;
                });
    }

    /** A position to commit with a transaction that read nothing; empty without any partition. */
    Map<TopicPartition, OffsetAndMetadata> anyPosition() {
        for (Task task : tasks.running()) {
            for (TopicPartition partition : task.partitions()) {
                return Map.of(partition, position(task, partition));
            }
        }
        return Map.of();
    }

    /** First offset that its task has not processed; null while there is no position. */
    @Nullable Long processedUntil(TopicPartition partition) {
        Task task = tasks.of(partition);
        Long unprocessed = task == null ? null : task.firstUnprocessed(partition);
        if (task == null || unprocessed != null) {
            return unprocessed;
        }
        try {
            return consumer.position(partition, Duration.ZERO);
        } catch (TimeoutException | InvalidOffsetException e) {
            return null; // the next poll settles it
        }
    }

    private OffsetAndMetadata position(Task task, TopicPartition partition) {
        Long unprocessed = task.firstUnprocessed(partition);
        return new OffsetAndMetadata(
                unprocessed != null ? unprocessed : consumer.position(partition),
                task.progress(partition).encode());
    }

    /** The last records that were processed before the tasks of these partitions began here. */
    Position began(Collection<TopicPartition> partitions) {
        Position position = Position.emptyPosition();
        for (TopicPartition partition : partitions) {
            Long first = began.get(partition);
            if (first != null && first > 0) {
                position.withComponent(partition.topic(), partition.partition(), first - 1);
            }
        }
        return position;
    }

    /**
     * Goes to the committed positions, of partitions that have any; the others begin as their
     * source or the configuration says.
     *
     * @return false while a transaction that may move them is under way
     */
    boolean rewind(Collection<TopicPartition> partitions) {
        try {
            consumer.committed(Set.copyOf(partitions), STABLE_TIMEOUT)
                    .forEach(
                            (partition, offset) -> {
                                if (offset != null) {
                                    consumer.seek(partition, offset);
                                    began.put(partition, offset.offset());
                                    progress.put(partition, Progress.decode(offset.metadata()));
                                } else {
                                    progress.remove(partition);
                                    reset(Set.of(partition));
                                }
                            });
            return true;
        } catch (TimeoutException e) {
            LOG.info("Waits for the transaction that has offsets of {}", partitions);
            return false;
        }
    }

    /** What was committed with the position at which {@link #rewind} begins a partition. */
    Progress progress(TopicPartition partition) {
        return progress.getOrDefault(partition, Progress.NONE);
    }

    /** What is buffered of partitions that are taken away is fetched again, here or elsewhere. */
    void revoked(Collection<TopicPartition> partitions) {
        consumed.removeAll(partitions);
        paused.removeAll(partitions);
        began.keySet().removeAll(partitions);
        progress.keySet().removeAll(partitions);
        idleSinceMs.clear();
    }

    /** Records come only for tasks that can take them. */
    void assigned(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Task task = tasks.of(partition);
            if (task == null || !tasks.isRunning(task)) {
                paused.add(partition);
            }
        }
        consumer.pause(paused);
    }
}
