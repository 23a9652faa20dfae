package dev.millrace.streams.processor.api;

import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** A record whose key is not to be changed. Immutable but for its headers. */
public final class FixedKeyRecord<K, V> {
    private final Record<K, V> record;

    FixedKeyRecord(Record<K, V> record) {
        this.record = record;
    }

    public K key() {
        return record.key();
    }

    public V value() {
        return record.value();
    }

    /** Milliseconds since the epoch. */
    public long timestamp() {
        return record.timestamp();
    }

    public Headers headers() {
        return record.headers();
    }

    public <NewV> FixedKeyRecord<K, NewV> withValue(@Nullable NewV value) {
        return new FixedKeyRecord<>(record.withValue(value));
    }

    public FixedKeyRecord<K, V> withTimestamp(long timestamp) {
        return new FixedKeyRecord<>(record.withTimestamp(timestamp));
    }

    public FixedKeyRecord<K, V> withHeaders(Headers headers) {
        return new FixedKeyRecord<>(record.withHeaders(headers));
    }

    @Override
    public String toString() {
        return "FixedKey" + record;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FixedKeyRecord<?, ?> that && record.equals(that.record);
    }

    @Override
    public int hashCode() {
        return Objects.hash(record);
    }
}
