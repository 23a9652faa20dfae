package dev.millrace.streams.test;

import java.time.Instant;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** A record that goes into or comes out of a {@link dev.millrace.streams.TopologyTestDriver}. */
public class TestRecord<K, V> {
    private final K key;
    private final V value;
    private final Headers headers;
    private final @Nullable Instant recordTime;

    @SuppressWarnings(
            "NullAway") // keys and values may be null; the getters are not annotated for ease of
    // use
    public TestRecord(
            @Nullable K key,
            @Nullable V value,
            @Nullable Headers headers,
            @Nullable Instant recordTime) {
        this.key = key;
        this.value = value;
        this.headers = new RecordHeaders(headers == null ? new RecordHeaders() : headers);
        this.recordTime = recordTime;
    }

    /**
     * @param timestampMs milliseconds since the epoch, not negative
     */
    public TestRecord(
            @Nullable K key,
            @Nullable V value,
            @Nullable Headers headers,
            @Nullable Long timestampMs) {
        this(key, value, headers, timestampMs == null ? null : instant(timestampMs));
    }

    public TestRecord(@Nullable K key, @Nullable V value, Instant recordTime) {
        this(key, value, null, recordTime);
    }

    public TestRecord(@Nullable K key, @Nullable V value, Headers headers) {
        this(key, value, headers, (Instant) null);
    }

    public TestRecord(@Nullable K key, @Nullable V value) {
        this(key, value, null, (Instant) null);
    }

    public TestRecord(@Nullable V value) {
        this(null, value, null, (Instant) null);
    }

    public TestRecord(ConsumerRecord<K, V> record) {
        this(
                record.key(),
                record.value(),
                record.headers(),
                Instant.ofEpochMilli(record.timestamp()));
    }

    public TestRecord(ProducerRecord<K, V> record) {
        this(record.key(), record.value(), record.headers(), record.timestamp());
    }

    private static Instant instant(long timestampMs) {
        if (timestampMs < 0) {
            throw new IllegalArgumentException(
                    "Invalid timestamp: " + timestampMs + ". It should not be negative.");
        }
        return Instant.ofEpochMilli(timestampMs);
    }

    public Headers headers() {
        return headers;
    }

    public K key() {
        return key;
    }

    public V value() {
        return value;
    }

    /** Milliseconds since the epoch, null when the driver is to give one. */
    public @Nullable Long timestamp() {
        return recordTime == null ? null : recordTime.toEpochMilli();
    }

    public Headers getHeaders() {
        return headers;
    }

    public K getKey() {
        return key;
    }

    public V getValue() {
        return value;
    }

    public @Nullable Instant getRecordTime() {
        return recordTime;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TestRecord<?, ?> that
                && Objects.equals(key, that.key)
                && Objects.equals(value, that.value)
                && Objects.equals(headers, that.headers)
                && Objects.equals(recordTime, that.recordTime);
    }

    @Override
    public int hashCode() {
        return Objects.hash(key, value, headers, recordTime);
    }

    @Override
    public String toString() {
        return "TestRecord[key="
                + key
                + ", value="
                + value
                + ", headers="
                + headers
                + ", recordTime="
                + recordTime
                + ']';
    }
}
