package dev.millrace.streams.state;

import org.jspecify.annotations.Nullable;

/**
 * A value and the timestamp of its last update.
 *
 * @param timestamp milliseconds since the epoch
 */
public record ValueAndTimestamp<V>(V value, long timestamp) {
    /** Null for a null value: an absent row has no timestamp. */
    public static <V> @Nullable ValueAndTimestamp<V> make(@Nullable V value, long timestamp) {
        return value == null ? null : new ValueAndTimestamp<>(value, timestamp);
    }

    @SuppressWarnings("NullAway") // what the caller asks for
    public static <V> ValueAndTimestamp<V> makeAllowNullable(@Nullable V value, long timestamp) {
        return new ValueAndTimestamp<>(value, timestamp);
    }

    public static <V> @Nullable V getValueOrNull(@Nullable ValueAndTimestamp<V> valueAndTimestamp) {
        return valueAndTimestamp == null ? null : valueAndTimestamp.value();
    }
}
