package dev.millrace.connect;

import dev.millrace.connect.record.Converters;
import dev.millrace.connect.record.DeadLetters;
import dev.millrace.connect.record.ErrorPolicy;
import dev.millrace.connect.record.SkippedRecord;
import dev.millrace.connect.record.Stage;
import dev.millrace.connect.record.TransformChain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads topics as a member of the group {@code connect-NAME} and puts the records to a sink task.
 *
 * <pre>
 * poll - convert, transform - put ok        - the batch's offsets become current
 *                             put retriable - pause everything, put the same batch again
 * interval, revoked, stopped: preCommit(current) - commit what it allows
 * </pre>
 */
final class SinkWorkerTask extends WorkerTask {
    private static final Logger log = LoggerFactory.getLogger(SinkWorkerTask.class);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final long REDELIVER_MS = 500;

    /** What the task is made of; closed when it ends. */
    record Parts(
            SinkTask task,
            Map<String, String> settings,
            List<String> topics,
            String topicsRegex,
            Converters converters,
            TransformChain<SinkRecord> transforms,
            ErrorPolicy errors,
            @Nullable DeadLetters deadLetters,
            Consumer<byte[], byte[]> consumer,
            TaskMetrics metrics,
            long commitIntervalMs) {}

    private final Parts parts;
    private final Consumer<byte[], byte[]> consumer;
    private final SinkContext context;

    // Below: the task's thread only.
    private final List<SinkRecord> batch = new ArrayList<>();
    private final Map<TopicPartition, OffsetAndMetadata> batchOffsets = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> current = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
    private @Nullable RuntimeException rebalanceFailure;
    private boolean started;
    private boolean redelivering;
    private boolean pausedByUser;
    private long lastCommitNs = System.nanoTime();

    SinkWorkerTask(TaskId id, Parts parts, ClassLoader loader, CountDownLatch stopping) {
        super(id, loader, stopping);
        this.parts = parts;
        this.consumer = parts.consumer;
        this.context =
                new SinkContext(
                        consumer,
                        parts.settings,
                        parts.metrics,
                        parts.errors.reports() ? reporter() : null);
    }

    @Override
    protected void execute() {
        try {
            if (parts.topics.isEmpty()) {
                consumer.subscribe(Pattern.compile(parts.topicsRegex), new Rebalances());
            } else {
                consumer.subscribe(parts.topics, new Rebalances());
            }
            parts.task.initialize(context);
            parts.task.start(parts.settings);
            started = true;
            while (!isStopping()) {
                iterate();
            }
        } finally {
            try {
                if (started) {
                    closePartitions(
                            consumer.assignment()); // also what a failing task has put is kept
                }
            } finally {
                end();
            }
        }
    }

    private void iterate() {
        obeyPause();
        long sinceCommitMs = (System.nanoTime() - lastCommitNs) / 1_000_000;
        if (context.takeCommitRequest() || sinceCommitMs >= parts.commitIntervalMs) {
            commit(false, current.keySet());
            sinceCommitMs = 0;
        }
        context.takeRewinds().forEach(this::rewind);
        long waitMs = Math.max(1, parts.commitIntervalMs - sinceCommitMs);
        if (redelivering) {
            waitMs = Math.min(waitMs, context.takeTimeout().orElse(REDELIVER_MS));
        }
        try {
            for (ConsumerRecord<byte[], byte[]> raw : consumer.poll(Duration.ofMillis(waitMs))) {
                convert(raw);
            }
        } catch (WakeupException e) {
            log.trace("{}: woken up", id);
            return;
        }
        if (rebalanceFailure != null) {
            throw rebalanceFailure;
        }
        put();
    }

    private void obeyPause() {
        if (shouldPause() != pausedByUser) {
            pausedByUser = shouldPause();
            if (pausedByUser) {
                consumer.pause(consumer.assignment());
                context.requestCommit();
            } else if (!redelivering) {
                resume();
            }
        }
        became(pausedByUser ? Status.State.PAUSED : Status.State.RUNNING);
    }

    private void resume() {
        List<TopicPartition> wanted = new ArrayList<>(consumer.assignment());
        wanted.removeAll(context.pausedPartitions());
        consumer.resume(wanted);
    }

    private void rewind(TopicPartition partition, long offset) {
        if (consumer.assignment().contains(partition)) {
            consumer.seek(partition, offset);
            current.put(partition, new OffsetAndMetadata(offset));
            committed.put(partition, new OffsetAndMetadata(offset));
        }
    }

    private void convert(ConsumerRecord<byte[], byte[]> raw) {
        batchOffsets.put(
                new TopicPartition(raw.topic(), raw.partition()),
                new OffsetAndMetadata(raw.offset() + 1, raw.leaderEpoch(), ""));
        try {
            SinkRecord record =
                    parts.transforms.apply(
                            parts.errors, parts.converters.toConnect(parts.errors, raw), raw);
            if (record != null) {
                batch.add(new RawSinkRecord(record, raw));
            }
        } catch (SkippedRecord e) {
            log.debug(
                    "{}: {}-{}@{} was skipped", id, raw.topic(), raw.partition(), raw.offset(), e);
        }
    }

    private void put() {
        try {
            parts.task.put(new ArrayList<>(batch)); // a copy: tasks may keep what they are given
        } catch (RetriableException e) {
            log.warn("{}: put failed, the batch is put again", id, e);
            if (!redelivering) {
                redelivering = true;
                consumer.pause(consumer.assignment());
            }
            return;
        } catch (RuntimeException e) {
            throw new ConnectException("put failed: " + e, e);
        }
        current.putAll(batchOffsets);
        batchOffsets.clear();
        batch.clear();
        if (redelivering) {
            redelivering = false;
            if (!pausedByUser) {
                resume();
            }
        }
    }

    /**
     * @param last the partitions are given up afterwards: wait for the commit
     */
    private void commit(boolean last, Collection<TopicPartition> partitions) {
        lastCommitNs = System.nanoTime();
        Map<TopicPartition, OffsetAndMetadata> offered = new HashMap<>(current);
        offered.keySet().retainAll(partitions);
        if (offered.isEmpty()) {
            return;
        }
        parts.errors.flush(); // a lost dead letter fails the task rather than being committed over
        Map<TopicPartition, OffsetAndMetadata> allowed;
        try {
            allowed = new HashMap<>(parts.task.preCommit(new HashMap<>(offered)));
        } catch (RuntimeException e) {
            log.error(
                    "{}: offsets not committed{}",
                    id,
                    last ? "" : ", reading again from the last",
                    e);
            if (!last) {
                committed.forEach(
                        (partition, offset) -> {
                            if (offered.containsKey(partition)) {
                                rewind(partition, offset.offset());
                            }
                        });
            }
            return;
        }
        allowed.entrySet()
                .removeIf(entry -> !committable(entry.getKey(), entry.getValue(), offered));
        if (allowed.isEmpty()) {
            return;
        }
        if (last) {
            commitAndWait(allowed);
        } else {
            consumer.commitAsync(
                    allowed,
                    (offsets, e) -> {
                        if (e == null) {
                            committed.putAll(offsets);
                        } else {
                            log.warn("{}: offsets not committed, trying again later", id, e);
                        }
                    });
        }
    }

    private boolean committable(
            TopicPartition partition,
            OffsetAndMetadata offset,
            Map<TopicPartition, OffsetAndMetadata> offered) {
        OffsetAndMetadata limit = offered.get(partition);
        if (limit == null || offset.offset() > limit.offset()) {
            log.warn("{}: the task allowed {} of {}, but {} was put", id, offset, partition, limit);
            return false;
        }
        OffsetAndMetadata before = committed.get(partition);
        return before == null || before.offset() != offset.offset();
    }

    private void commitAndWait(Map<TopicPartition, OffsetAndMetadata> offsets) {
        for (int attempt = 0; ; attempt++) {
            try {
                consumer.commitSync(offsets, CLOSE);
                committed.putAll(offsets);
                return;
            } catch (WakeupException e) {
                if (attempt > 0) { // one wake-up may have been meant for a poll
                    throw e;
                }
            } catch (KafkaException e) {
                log.warn("{}: offsets not committed, records will be put again", id, e);
                return;
            }
        }
    }

    private void closePartitions(Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        commit(true, List.copyOf(partitions));
        release(partitions);
    }

    private void release(Collection<TopicPartition> partitions) {
        parts.task.close(partitions);
        List<TopicPartition> gone = List.copyOf(partitions);
        current.keySet().removeAll(gone);
        committed.keySet().removeAll(gone);
        batchOffsets.keySet().removeAll(gone);
        batch.removeIf(
                record ->
                        record instanceof RawSinkRecord own
                                && gone.contains(
                                        new TopicPartition(
                                                own.raw().topic(), own.raw().partition())));
    }

    private void end() {
        try {
            if (started) {
                started = false;
                parts.task.stop();
            }
        } finally {
            consumer.close(CloseOptions.timeout(CLOSE));
            if (parts.deadLetters != null) {
                parts.deadLetters.close();
            }
            parts.transforms.close();
            parts.converters.close();
            parts.metrics.close();
        }
    }

    @Override
    protected void wakeup() {
        consumer.wakeup();
    }

    @Override
    protected void abandon() {
        consumer.wakeup();
    }

    private ErrantRecordReporter reporter() {
        return new ErrantRecordReporter() {
            @Override
            public Future<Void> report(SinkRecord record, Throwable error) {
                ConsumerRecord<byte[], byte[]> raw =
                        record instanceof RawSinkRecord own ? own.raw() : null;
                log.debug(
                        "{}: tolerated",
                        id,
                        parts.errors.failed(
                                Stage.TASK_PUT, parts.task.getClass(), record, raw, error));
                return CompletableFuture.completedFuture(null); // commits wait for dead letters
            }
        };
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            if (partitions.isEmpty()) {
                return;
            }
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata at = new OffsetAndMetadata(consumer.position(partition));
                current.put(partition, at);
                committed.put(partition, at);
            }
            if (pausedByUser || redelivering) {
                consumer.pause(partitions);
            }
            guarded(() -> parts.task.open(partitions));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (started) {
                guarded(() -> closePartitions(partitions));
            }
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            if (started) {
                guarded(() -> release(partitions));
            }
        }

        /** The consumer would swallow it; the task must fail of it. */
        private void guarded(Runnable callback) {
            try {
                callback.run();
            } catch (RuntimeException e) {
                rebalanceFailure = e;
            }
        }
    }
}
