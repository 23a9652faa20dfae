package dev.millrace.streams.state;

import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** A value, the timestamp and the headers of the record of its last update (KIP-1271). */
public final class ValueTimestampHeaders<V> {
    private final @Nullable V value;
    private final long timestamp;
    private final Headers headers;

    private ValueTimestampHeaders(@Nullable V value, long timestamp, @Nullable Headers headers) {
        this.value = value;
        this.timestamp = timestamp;
        this.headers = headers == null ? new RecordHeaders() : headers;
    }

    /** Null for a null value: an absent row has no headers. */
    public static <V> @Nullable ValueTimestampHeaders<V> make(
            @Nullable V value, long timestamp, @Nullable Headers headers) {
        return value == null ? null : new ValueTimestampHeaders<>(value, timestamp, headers);
    }

    public static <V> ValueTimestampHeaders<V> makeAllowNullable(
            @Nullable V value, long timestamp, @Nullable Headers headers) {
        return new ValueTimestampHeaders<>(value, timestamp, headers);
    }

    public static <V> @Nullable V getValueOrNull(
            @Nullable ValueTimestampHeaders<V> valueTimestampHeaders) {
        return valueTimestampHeaders == null ? null : valueTimestampHeaders.value;
    }

    @SuppressWarnings("NullAway") // null only where makeAllowNullable was asked for it
    public V value() {
        return value;
    }

    /** Milliseconds since the epoch. */
    public long timestamp() {
        return timestamp;
    }

    public Headers headers() {
        return headers;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ValueTimestampHeaders<?> that
                && Objects.equals(value, that.value)
                && timestamp == that.timestamp
                && headers.equals(that.headers);
    }

    @Override
    public int hashCode() {
        return Objects.hash(value, timestamp, headers);
    }

    @Override
    public String toString() {
        return "ValueTimestampHeaders{value="
                + value
                + ", timestamp="
                + timestamp
                + ", headers="
                + headers
                + "}";
    }
}
