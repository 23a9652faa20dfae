package dev.millrace.streams.processor.api;

import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** A record between processors. Immutable but for its headers. */
@SuppressWarnings("JavaLangClash") // Kafka Streams' name
public final class Record<K, V> {
    private final K key;
    private final V value;
    private final long timestamp;
    private final Headers headers;

    public Record(@Nullable K key, @Nullable V value, long timestamp) {
        this(key, value, timestamp, null);
    }

    /**
     * @param timestamp milliseconds since the epoch, not negative
     */
    @SuppressWarnings(
            "NullAway") // keys and values may be null; the getters are not annotated for ease of
    // use
    public Record(@Nullable K key, @Nullable V value, long timestamp, @Nullable Headers headers) {
        if (timestamp < 0) {
            throw new dev.millrace.streams.errors.StreamsException(
                    "Malformed Record: timestamp may not be negative, is " + timestamp);
        }
        this.key = key;
        this.value = value;
        this.timestamp = timestamp;
        this.headers = headers == null ? new RecordHeaders() : headers;
    }

    public K key() {
        return key;
    }

    public V value() {
        return value;
    }

    public long timestamp() {
        return timestamp;
    }

    public Headers headers() {
        return headers;
    }

    public <NewK> Record<NewK, V> withKey(@Nullable NewK key) {
        return new Record<>(key, value, timestamp, headers);
    }

    public <NewV> Record<K, NewV> withValue(@Nullable NewV value) {
        return new Record<>(key, value, timestamp, headers);
    }

    public Record<K, V> withTimestamp(long timestamp) {
        return new Record<>(key, value, timestamp, headers);
    }

    public Record<K, V> withHeaders(Headers headers) {
        return new Record<>(key, value, timestamp, headers);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Record<?, ?> that
                && timestamp == that.timestamp
                && java.util.Objects.equals(key, that.key)
                && java.util.Objects.equals(value, that.value)
                && headers.equals(that.headers);
    }

    @Override
    public int hashCode() {
        return java.util.Objects.hash(key, value, timestamp);
    }

    @Override
    public String toString() {
        return "Record{key="
                + key
                + ", value="
                + value
                + ", timestamp="
                + timestamp
                + ", headers="
                + headers
                + '}';
    }
}
