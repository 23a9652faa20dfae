package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.RecordCollector;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The output of one thread: a producer, the first error it met, and how far changelogs are written.
 */
final class ProducerCollector implements RecordCollector {
    private final Producer<byte[], byte[]> producer;
    private final Map<TopicPartition, Written> changelogs = new HashMap<>();
    private final Callback plain =
            (metadata, exception) -> {
                if (exception != null) {
                    failed(exception);
                }
            };
    private volatile @Nullable Exception failure;
    private boolean pending;

    // The changelog of the last record is mostly that of the next one.
    private @Nullable String lastTopic;
    private int lastPartition;
    private @Nullable Written lastWritten;

    /** One callback per changelog partition, not per record. */
    private final class Written implements Callback {
        private volatile long nextOffset = -1;

        @Override
        public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
            if (exception != null) {
                failed(exception);
            } else if (metadata != null) {
                nextOffset = metadata.offset() + 1;
            }
        }
    }

    ProducerCollector(Producer<byte[], byte[]> producer) {
        this.producer = producer;
    }

    private synchronized void failed(Exception exception) {
        if (failure == null) {
            failure = exception;
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
        if (failure != null) {
            throwFailure();
        }
        boolean noHeaders = headers == null || headers.toArray().length == 0;
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                        topic,
                        partition,
                        timestamp,
                        Erased.castNullable(key),
                        Erased.castNullable(value),
                        noHeaders ? null : headers);
        pending = true;
        producer.send(record, partition == null ? plain : written(topic, partition));
    }

    private Callback written(String topic, int partition) {
        Written written = lastWritten;
        if (written == null || partition != lastPartition || !topic.equals(lastTopic)) {
            written =
                    changelogs.computeIfAbsent(
                            new TopicPartition(topic, partition), p -> new Written());
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

    private void throwFailure() {
        Exception seen = failure;
        if (seen != null) {
            throw new StreamsException("Error encountered sending records: " + seen, seen);
        }
    }

    /** First offset of the partition not written by this thread; null when it wrote none. */
    @Nullable Long nextOffset(TopicPartition changelog) {
        Written written = changelogs.get(changelog);
        return written == null || written.nextOffset < 0 ? null : written.nextOffset;
    }

    /** Another thread may write the changelog from now on. */
    void forget(TopicPartition changelog) {
        changelogs.remove(changelog);
        lastWritten = null;
    }
}
