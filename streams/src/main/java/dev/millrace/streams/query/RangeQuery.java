package dev.millrace.streams.query;

import dev.millrace.streams.state.KeyValueIterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Values of a range of keys. */
public final class RangeQuery<K, V> implements Query<KeyValueIterator<K, V>> {
    private final @Nullable K lower;
    private final @Nullable K upper;
    private final ResultOrder order;

    private RangeQuery(@Nullable K lower, @Nullable K upper, ResultOrder order) {
        this.lower = lower;
        this.upper = upper;
        this.order = order;
    }

    /**
     * @param lower first key, null for the very first
     * @param upper last key, inclusive, null for the very last
     */
    public static <K, V> RangeQuery<K, V> withRange(@Nullable K lower, @Nullable K upper) {
        return new RangeQuery<>(lower, upper, ResultOrder.ANY);
    }

    public static <K, V> RangeQuery<K, V> withUpperBound(K upper) {
        return new RangeQuery<>(null, upper, ResultOrder.ANY);
    }

    public static <K, V> RangeQuery<K, V> withLowerBound(K lower) {
        return new RangeQuery<>(lower, null, ResultOrder.ANY);
    }

    public static <K, V> RangeQuery<K, V> withNoBounds() {
        return new RangeQuery<>(null, null, ResultOrder.ANY);
    }

    public RangeQuery<K, V> withDescendingKeys() {
        return new RangeQuery<>(lower, upper, ResultOrder.DESCENDING);
    }

    public RangeQuery<K, V> withAscendingKeys() {
        return new RangeQuery<>(lower, upper, ResultOrder.ASCENDING);
    }

    public ResultOrder resultOrder() {
        return order;
    }

    public Optional<K> getLowerBound() {
        return Optional.ofNullable(lower);
    }

    public Optional<K> getUpperBound() {
        return Optional.ofNullable(upper);
    }
}
