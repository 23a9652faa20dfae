package dev.millrace.sql.engine;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The definitions topic: one partition, compacted. A statement appends; what it changes happens
 * when the record comes back, on this log's own thread, the same on every node and after a restart.
 *
 * <p>A record that cannot be understood is reported and passed by; it never stops the log.
 */
final class DefinitionLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DefinitionLog.class);
    private static final Duration POLL = Duration.ofMillis(500);

    /** Definitions are rare, and come at once whatever is waited for: no need to ask often. */
    private static final Duration POLL_WHEN_RESTORED = Duration.ofSeconds(20);

    private static final int FETCH_WAIT_MS = 5_000;
    private static final Duration CLOSE_WITHIN = Duration.ofMillis(500);
    private static final long RETRY_MS = 500;
    static final long APPLY_TIMEOUT_MS = 30_000;

    /** Takes the definitions in the order of the log, on the log's thread. */
    interface Applier {
        /**
         * @param key as {@link Definition#key}
         * @param definition null when dropped
         */
        void apply(String key, @Nullable Definition definition);

        /** Everything that was there at the start has been applied. */
        void restored();
    }

    private final Topics topics;
    private final String topic;
    private final short replication;
    private final Applier applier;
    private final Thread thread;
    private final Object progress = new Object();
    private long appliedOffset = -1; // guarded by progress
    private boolean restored; // guarded by progress
    private volatile boolean closed;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private @Nullable KafkaProducer<byte[], byte[]> producer; // guarded by this

    /**
     * @param replication replicas of the topic
     */
    DefinitionLog(Topics topics, String topic, short replication, Applier applier) {
        this.topics = topics;
        this.topic = topic;
        this.replication = replication;
        this.applier = applier;
        this.thread = new Thread(this::follow, "sql-definitions");
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Waits until the definitions of the start are applied. */
    void awaitRestored() {
        awaitProgress(() -> restored, "the SQL engine is still reading its definitions");
    }

    /** The offset after the last applied record; grows with every definition. */
    long nextOffset() {
        synchronized (progress) {
            return appliedOffset + 1;
        }
    }

    /** Appends and waits until the record has been applied here. */
    void append(String key, @Nullable Definition definition) {
        if (!made()) {
            throw new SqlException(
                    SqlException.Kind.FAILED,
                    "%s, which holds definitions, is made once there are %d brokers; start the others"
                            .formatted(topic, replication),
                    0,
                    0);
        }
        RecordMetadata metadata;
        try {
            metadata =
                    producer()
                            .send(
                                    new ProducerRecord<>(
                                            topic,
                                            0,
                                            key.getBytes(StandardCharsets.UTF_8),
                                            definition == null ? null : definition.toBytes()))
                            .get(APPLY_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
            throw new SqlException(
                    SqlException.Kind.FAILED,
                    "the definition could not be stored in "
                            + topic
                            + ": "
                            + (cause == null ? e.getMessage() : cause.getMessage()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SqlException(SqlException.Kind.FAILED, "interrupted", e);
        }
        long offset = metadata.offset();
        awaitProgress(
                () -> appliedOffset >= offset, "the definition is stored but not yet applied");
    }

    private void awaitProgress(java.util.function.BooleanSupplier reached, String otherwise) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(APPLY_TIMEOUT_MS);
        synchronized (progress) {
            while (!reached.getAsBoolean()) {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
                if (leftMs <= 0 || closed) {
                    throw new SqlException(
                            SqlException.Kind.FAILED,
                            otherwise + "; try again in a moment",
                            new TimeoutException());
                }
                try {
                    progress.wait(leftMs);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new SqlException(SqlException.Kind.FAILED, "interrupted", e);
                }
            }
        }
    }

    private synchronized KafkaProducer<byte[], byte[]> producer() {
        if (closed) {
            throw SqlException.invalid("the SQL engine is closed");
        }
        KafkaProducer<byte[], byte[]> open = producer;
        if (open == null) {
            open =
                    new KafkaProducer<>(
                            Map.of(
                                    ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                                    topics.bootstrapServers(),
                                    ProducerConfig.CLIENT_ID_CONFIG,
                                    "millrace-sql-definitions",
                                    ProducerConfig.ACKS_CONFIG,
                                    "all",
                                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                                    20_000,
                                    ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                                    10_000),
                            new ByteArraySerializer(),
                            new ByteArraySerializer());
            producer = open;
        }
        return open;
    }

    private void follow() {
        while (!closed) {
            try {
                if (made()) {
                    read();
                } else {
                    caughtUp();
                    pause();
                }
            } catch (WakeupException | InterruptException e) {
                LOG.debug("the definitions log was woken");
            } catch (RuntimeException e) {
                if (!closed) {
                    LOG.warn("reading {} failed, trying again: {}", topic, e.getMessage());
                    pause();
                }
            }
        }
    }

    /**
     * Whether the topic is there. While a cluster of several has too few brokers for its replicas
     * it is not made, and nothing is defined.
     */
    private boolean made() {
        try {
            topics.create(
                    topic,
                    1,
                    Optional.of(replication),
                    Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.1"));
            return true;
        } catch (SqlException e) {
            if (e.getCause() instanceof InvalidReplicationFactorException) {
                LOG.debug("{} waits for {} brokers", topic, replication);
                return topics.partitions(topic) > 0;
            }
            throw e;
        }
    }

    private void caughtUp() {
        if (!isRestored()) {
            applier.restored();
            synchronized (progress) {
                restored = true;
                progress.notifyAll();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(RETRY_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    private void read() {
        Map<String, Object> config = new HashMap<>();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, topics.bootstrapServers());
        config.put(ConsumerConfig.CLIENT_ID_CONFIG, "millrace-sql-definitions");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
        TopicPartition partition = new TopicPartition(topic, 0);
        KafkaConsumer<byte[], byte[]> reading =
                new KafkaConsumer<>(
                        config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        try {
            consumer = reading;
            reading.assign(List.of(partition));
            long end = reading.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            reading.seek(partition, Math.max(0, nextOffset()));
            if (nextOffset() == 0) {
                reading.seekToBeginning(List.of(partition));
            }
            while (!closed) {
                if (reading.position(partition) >= end) {
                    caughtUp();
                }
                Duration patience = isRestored() ? POLL_WHEN_RESTORED : POLL;
                for (ConsumerRecord<byte[], byte[]> record : reading.poll(patience)) {
                    apply(record);
                }
            }
        } finally {
            consumer = null;
            // Its last words would wait behind the fetch that is under way.
            reading.close(CloseOptions.timeout(CLOSE_WITHIN));
        }
    }

    private boolean isRestored() {
        synchronized (progress) {
            return restored;
        }
    }

    private void apply(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() != null) {
            String key = new String(record.key(), StandardCharsets.UTF_8);
            try {
                applier.apply(
                        key, record.value() == null ? null : Definition.fromBytes(record.value()));
            } catch (IOException | RuntimeException e) {
                LOG.error(
                        "the definition of {} at offset {} is passed by", key, record.offset(), e);
            }
        }
        synchronized (progress) {
            appliedOffset = record.offset();
            progress.notifyAll();
        }
    }

    @Override
    public void close() {
        closed = true;
        KafkaConsumer<byte[], byte[]> reading = consumer;
        if (reading != null) {
            reading.wakeup();
        }
        synchronized (progress) {
            progress.notifyAll();
        }
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            if (producer != null) {
                producer.close(Duration.ofSeconds(2));
            }
        }
    }
}
