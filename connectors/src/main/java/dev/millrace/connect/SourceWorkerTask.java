package dev.millrace.connect;

import dev.millrace.connect.offset.ConnectorOffsets;
import dev.millrace.connect.offset.SubmittedRecords;
import dev.millrace.connect.offset.SubmittedRecords.Submitted;
import dev.millrace.connect.record.Converters;
import dev.millrace.connect.record.ErrorPolicy;
import dev.millrace.connect.record.SkippedRecord;
import dev.millrace.connect.record.Stage;
import dev.millrace.connect.record.TransformChain;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls a source task, writes its records, and commits the offsets of those that are written: each
 * record is written at least once.
 */
final class SourceWorkerTask extends WorkerTask {
    private static final Logger log = LoggerFactory.getLogger(SourceWorkerTask.class);
    private static final long RETRY_MS = 100;
    private static final Duration CLOSE = Duration.ofSeconds(30);

    /** What the task is made of; closed when it ends. */
    record Parts(
            SourceTask task,
            Map<String, String> settings,
            Converters converters,
            TransformChain<SourceRecord> transforms,
            ErrorPolicy errors,
            Producer<byte[], byte[]> producer,
            Optional<TopicCreator> topics,
            ConnectorOffsets offsets,
            TaskMetrics metrics,
            long flushTimeoutMs) {}

    private final Parts parts;
    private final SubmittedRecords submitted = new SubmittedRecords();
    private final AtomicReference<@Nullable Throwable> sendFailure = new AtomicReference<>();
    private final Map<Map<String, ?>, @Nullable Map<String, ?>> unsaved =
            new HashMap<>(); // guarded by itself
    private volatile boolean started;
    private volatile boolean abandoned;

    SourceWorkerTask(TaskId id, Parts parts, ClassLoader loader, CountDownLatch stopping) {
        super(id, loader, stopping);
        this.parts = parts;
    }

    @Override
    protected void execute() throws Exception {
        try {
            parts.task.initialize(new Context());
            parts.task.start(parts.settings);
            started = true;
            while (!isStopping()) {
                failIfSendFailed();
                if (shouldPause()) {
                    became(Status.State.PAUSED);
                    stopping.await(RETRY_MS, TimeUnit.MILLISECONDS);
                    continue;
                }
                became(Status.State.RUNNING);
                List<SourceRecord> records = poll();
                if (records != null) {
                    send(records);
                }
            }
        } finally {
            end();
        }
    }

    private @Nullable List<SourceRecord> poll() throws InterruptedException {
        try {
            return parts.task.poll();
        } catch (RetriableException | org.apache.kafka.common.errors.RetriableException e) {
            log.warn("{}: poll failed, it is tried again", id, e);
            stopping.await(RETRY_MS, TimeUnit.MILLISECONDS);
            return null;
        }
    }

    private void send(List<SourceRecord> records) throws InterruptedException {
        for (SourceRecord record : records) {
            failIfSendFailed();
            ProducerRecord<byte[], byte[]> bytes = null;
            try {
                SourceRecord transformed = parts.transforms.apply(parts.errors, record, null);
                if (transformed != null) {
                    bytes = parts.converters.toBytes(parts.errors, transformed);
                }
            } catch (SkippedRecord e) {
                log.debug("{}: a record was skipped", id, e);
            }
            if (bytes == null) {
                submitted.ack(submit(record)); // its offset counts, though nothing is written
                parts.task.commitRecord(record, null);
            } else if (!sendOne(record, bytes)) {
                return;
            }
        }
    }

    private Submitted submit(SourceRecord record) {
        return submitted.submit(record.sourcePartition(), record.sourceOffset());
    }

    /**
     * @return false if the task is to stop before the producer took the record
     */
    private boolean sendOne(SourceRecord record, ProducerRecord<byte[], byte[]> bytes)
            throws InterruptedException {
        while (!isStopping()) {
            Submitted entry = submit(record);
            try {
                if (parts.topics.isPresent()) {
                    parts.topics.get().ensure(bytes.topic());
                }
                parts.producer.send(bytes, (metadata, e) -> sent(record, entry, metadata, e));
                return true;
            } catch (RetriableException | org.apache.kafka.common.errors.RetriableException e) {
                submitted.withdraw(entry);
                log.warn("{}: the producer did not take a record, it is tried again", id, e);
                stopping.await(RETRY_MS, TimeUnit.MILLISECONDS);
            }
        }
        return false;
    }

    /** On the producer's thread. */
    private void sent(
            SourceRecord record,
            Submitted entry,
            @Nullable RecordMetadata metadata,
            @Nullable Exception failure) {
        try {
            if (failure == null) {
                parts.task.commitRecord(record, metadata);
            } else if (abandoned) {
                return;
            } else {
                log.debug(
                        "{}: tolerated",
                        id,
                        parts.errors.failed(
                                Stage.KAFKA_PRODUCE,
                                SourceWorkerTask.class,
                                record,
                                null,
                                failure));
            }
            submitted.ack(entry);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            sendFailure.compareAndSet(null, e);
            wakeup();
        }
    }

    private void failIfSendFailed() {
        Throwable failure = sendFailure.get();
        if (failure != null) {
            throw new ConnectException("a record could not be written: " + failure, failure);
        }
    }

    /**
     * Saves the offsets of what is written; also on the committer's thread, for tasks that block.
     */
    void commitOffsets() throws InterruptedException {
        if (!started) {
            return;
        }
        synchronized (unsaved) {
            unsaved.putAll(submitted.takeCommittable());
            if (!unsaved.isEmpty()) {
                parts.offsets.save(unsaved);
                unsaved.clear();
            }
        }
        parts.task.commit();
    }

    private void end() throws InterruptedException {
        try {
            if (started && !abandoned) {
                if (!submitted.awaitAll(sendFailure.get() == null ? parts.flushTimeoutMs : 0)) {
                    log.warn("{}: some records were not acknowledged, they will be sent again", id);
                }
                commitOffsets();
            }
        } finally {
            boolean wasStarted = started;
            started = false;
            if (wasStarted) {
                parts.task.stop();
            }
            parts.producer.close(abandoned ? Duration.ZERO : CLOSE);
            parts.topics.ifPresent(TopicCreator::close);
            parts.transforms.close();
            parts.converters.close();
            parts.metrics.close();
        }
    }

    @Override
    protected void wakeup() {
        // The task's own poll returns by itself; every wait of ours is short or on the latch.
    }

    @Override
    protected void abandon() {
        abandoned = true;
        parts.producer.close(Duration.ZERO); // a send may wait for metadata forever
    }

    private final class Context implements SourceTaskContext {
        @Override
        public Map<String, String> configs() {
            return parts.settings;
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return parts.offsets;
        }

        @Override
        public PluginMetrics pluginMetrics() {
            return parts.metrics;
        }
    }
}
