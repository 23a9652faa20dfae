package dev.millrace.streams.query;

import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.ValueAndTimestamp;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Values of a range of keys and their timestamps. */
public final class TimestampedRangeQuery<K, V>
        implements Query<KeyValueIterator<K, ValueAndTimestamp<V>>> {
    private final @Nullable K lower;
    private final @Nullable K upper;
    private final ResultOrder order;

    private TimestampedRangeQuery(@Nullable K lower, @Nullable K upper, ResultOrder order) {
        this.lower = lower;
        this.upper = upper;
        this.order = order;
    }

    /**
     * @param lower first key, null for the very first
     * @param upper last key, inclusive, null for the very last
     */
    public static <K, V> TimestampedRangeQuery<K, V> withRange(
            @Nullable K lower, @Nullable K upper) {
        return new TimestampedRangeQuery<>(lower, upper, ResultOrder.ANY);
    }

    public static <K, V> TimestampedRangeQuery<K, V> withUpperBound(K upper) {
        return new TimestampedRangeQuery<>(null, upper, ResultOrder.ANY);
    }

    public static <K, V> TimestampedRangeQuery<K, V> withLowerBound(K lower) {
        return new TimestampedRangeQuery<>(lower, null, ResultOrder.ANY);
    }

    public static <K, V> TimestampedRangeQuery<K, V> withNoBounds() {
        return new TimestampedRangeQuery<>(null, null, ResultOrder.ANY);
    }

    public TimestampedRangeQuery<K, V> withDescendingKeys() {
        return new TimestampedRangeQuery<>(lower, upper, ResultOrder.DESCENDING);
    }

    public TimestampedRangeQuery<K, V> withAscendingKeys() {
        return new TimestampedRangeQuery<>(lower, upper, ResultOrder.ASCENDING);
    }

    public ResultOrder resultOrder() {
        return order;
    }

    public Optional<K> lowerBound() {
        return Optional.ofNullable(lower);
    }

    public Optional<K> upperBound() {
        return Optional.ofNullable(upper);
    }
}
