package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.DefaultProductionExceptionHandler;
import dev.millrace.streams.errors.ErrorHandlerContext;
import dev.millrace.streams.errors.ProductionExceptionHandler;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.RecordCollector;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The output of one thread: a producer, the first error it met, and how far changelogs are written.
 *
 * <p>With exactly-once, a transaction begins with the first record after a commit, and holds what
 * all tasks of the thread write: output, repartition topics and changelogs, and their source
 * offsets. What goes wrong with it is a {@link TransactionLostException}, unless trying again
 * cannot help.
 */
final class ProducerCollector implements RecordCollector {
    private static final Logger LOG = LoggerFactory.getLogger(ProducerCollector.class);

    private final Supplier<Producer<byte[], byte[]>> renewal;
    private final boolean transactional;
    private final ProductionExceptionHandler handler;
    private final boolean asksForOrigins;
    private volatile Producer<byte[], byte[]> producer;
    private Session session = new Session();
    private boolean pending;
    private boolean inTransaction;

    // The changelog of the last record is mostly that of the next one.
    private @Nullable String lastTopic;
    private int lastPartition;
    private @Nullable Written lastWritten;

    /** What was sent since the last roll back: a late answer to what was undone means nothing. */
    private static final class Session {
        final Map<TopicPartition, Written> changelogs = new HashMap<>();
        volatile @Nullable Exception failure;
        final Callback plain =
                (metadata, exception) -> {
                    if (exception != null) {
                        failed(exception);
                    }
                };

        synchronized void failed(Exception exception) {
            if (failure == null) {
                failure = exception;
            }
        }
    }

    /** One callback per changelog partition, not per record. */
    private static final class Written implements Callback {
        private final Session session;
        private volatile long nextOffset = -1;

        Written(Session session) {
            this.session = session;
        }

        @Override
        public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
            if (exception != null) {
                session.failed(exception);
            } else if (metadata != null) {
                nextOffset = metadata.offset() + 1;
            }
        }
    }

    /**
     * @param renewal a new producer instead of the present one, ready to begin a transaction
     * @param handler asked about records that the cluster does not take
     */
    ProducerCollector(
            Producer<byte[], byte[]> producer,
            Supplier<Producer<byte[], byte[]>> renewal,
            boolean transactional,
            ProductionExceptionHandler handler,
            boolean deadLetters) {
        this.producer = producer;
        this.renewal = renewal;
        this.transactional = transactional;
        this.handler = handler;
        this.asksForOrigins =
                deadLetters || handler.getClass() != DefaultProductionExceptionHandler.class;
    }

    /** The default handler says the same about all records, and needs to know nothing of them. */
    @Override
    public boolean asksForOrigins() {
        return asksForOrigins;
    }

    @Override
    public void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long timestamp,
            @Nullable Headers headers,
            ErrorHandlerContext origin) {
        ProducerRecord<byte[], byte[]> record =
                record(topic, partition, key, value, timestamp, headers);
        Session sentIn = session;
        send(
                record,
                (metadata, exception) -> {
                    if (exception != null) {
                        ask(sentIn, origin, record, exception);
                    }
                });
    }

    /** On the producer's thread. */
    private void ask(
            Session sentIn,
            ErrorHandlerContext origin,
            ProducerRecord<byte[], byte[]> record,
            Exception exception) {
        try {
            ProductionExceptionHandler.Response response =
                    handler.handleError(origin, record, exception);
            for (ProducerRecord<byte[], byte[]> letter : response.deadLetterQueueRecords()) {
                producer.send(letter, sentIn.plain);
            }
            if (response.result() != ProductionExceptionHandler.Result.RESUME) {
                sentIn.failed(exception);
            }
        } catch (RuntimeException e) {
            sentIn.failed(e);
        }
    }

    @Override
    public void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long timestamp,
            @Nullable Headers headers) {
        send(
                record(topic, partition, key, value, timestamp, headers),
                partition == null ? session.plain : written(topic, partition));
    }

    private static ProducerRecord<byte[], byte[]> record(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long timestamp,
            @Nullable Headers headers) {
        boolean noHeaders = headers == null || headers.toArray().length == 0;
        return new ProducerRecord<>(
                topic,
                partition,
                timestamp,
                Erased.castNullable(key),
                Erased.castNullable(value),
                noHeaders ? null : headers);
    }

    private void send(ProducerRecord<byte[], byte[]> record, Callback callback) {
        throwFailure();
        pending = true;
        try {
            beginTransaction();
            producer.send(record, callback);
        } catch (KafkaException e) {
            throw failure("Error encountered trying to send record to topic " + record.topic(), e);
        }
    }

    private void beginTransaction() {
        if (transactional && !inTransaction) {
            producer.beginTransaction();
            inTransaction = true;
        }
    }

    private Callback written(String topic, int partition) {
        Written written = lastWritten;
        if (written == null || partition != lastPartition || !topic.equals(lastTopic)) {
            written =
                    session.changelogs.computeIfAbsent(
                            new TopicPartition(topic, partition), p -> new Written(session));
            lastWritten = written;
            lastTopic = topic;
            lastPartition = partition;
        }
        return written;
    }

    @Override
    public int partitionsFor(String topic) {
        return producer.partitionsFor(topic).size();
    }

    /** Returns when everything sent is acknowledged. */
    void flush() {
        producer.flush();
        pending = false;
        throwFailure();
    }

    /** Whether something was sent since the last flush: it may linger in a batch. */
    boolean isPending() {
        return pending;
    }

    boolean isInTransaction() {
        return inTransaction;
    }

    /**
     * Commits what was sent since the last time, with the sources' positions.
     *
     * @param offsets at least one: the group coordinator compares the generation with its own, so
     *     that nobody commits for partitions that were given to another
     */
    void commitTransaction(
            Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
        try {
            beginTransaction();
            producer.sendOffsetsToTransaction(offsets, group);
            producer.commitTransaction();
        } catch (KafkaException e) {
            Exception seen = session.failure;
            throw failure("Cannot commit the transaction", seen != null ? seen : e);
        }
        inTransaction = false;
        pending = false;
        throwFailure();
    }

    /** Aborts what was sent since the last commit, with a new producer if this one is done for. */
    void rollBack() {
        try {
            if (inTransaction) {
                producer.abortTransaction();
            }
        } catch (KafkaException | IllegalStateException e) {
            LOG.info("A new producer, since the old one cannot abort: {}", e.toString());
            producer = renewal.get();
        }
        inTransaction = false;
        pending = false;
        session = new Session();
        lastWritten = null;
    }

    private void throwFailure() {
        Exception seen = session.failure;
        if (seen != null) {
            throw failure("Error encountered sending records: " + seen, seen);
        }
    }

    private StreamsException failure(String message, Exception cause) {
        return transactional && mayWorkAgain(cause)
                ? new TransactionLostException(message, cause)
                : new StreamsException(message, cause);
    }

    private static boolean mayWorkAgain(Exception exception) {
        for (Throwable each = exception; each != null; each = each.getCause()) {
            if (each instanceof AuthenticationException
                    || each instanceof AuthorizationException
                    || each instanceof InvalidTopicException
                    || each instanceof RecordTooLargeException
                    || each instanceof SerializationException
                    || each instanceof UnsupportedVersionException) {
                return false;
            }
        }
        return true;
    }

    /** First offset of the partition not written by this thread; null when it wrote none. */
    @Nullable Long nextOffset(TopicPartition changelog) {
        Written written = session.changelogs.get(changelog);
        return written == null || written.nextOffset < 0 ? null : written.nextOffset;
    }

    /** Another thread may write the changelog from now on. */
    void forget(TopicPartition changelog) {
        session.changelogs.remove(changelog);
        lastWritten = null;
    }
}
