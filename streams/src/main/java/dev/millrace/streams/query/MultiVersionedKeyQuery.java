package dev.millrace.streams.query;

import dev.millrace.streams.state.VersionedRecordIterator;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All versions of a key that held at some time within bounds (KIP-968). */
public final class MultiVersionedKeyQuery<K, V> implements Query<VersionedRecordIterator<V>> {
    private final K key;
    private final @Nullable Instant fromTime;
    private final @Nullable Instant toTime;
    private final ResultOrder order;

    private MultiVersionedKeyQuery(
            K key, @Nullable Instant fromTime, @Nullable Instant toTime, ResultOrder order) {
        this.key = key;
        this.fromTime = fromTime;
        this.toTime = toTime;
        this.order = order;
    }

    public static <K, V> MultiVersionedKeyQuery<K, V> withKey(K key) {
        return new MultiVersionedKeyQuery<>(
                Objects.requireNonNull(key, "key cannot be null."), null, null, ResultOrder.ANY);
    }

    /** Also versions that began before and hold until after it; null: no bound. */
    public MultiVersionedKeyQuery<K, V> fromTime(@Nullable Instant fromTime) {
        return new MultiVersionedKeyQuery<>(key, fromTime, toTime, order);
    }

    /** Inclusive; null: no bound. */
    public MultiVersionedKeyQuery<K, V> toTime(@Nullable Instant toTime) {
        return new MultiVersionedKeyQuery<>(key, fromTime, toTime, order);
    }

    public MultiVersionedKeyQuery<K, V> withDescendingTimestamps() {
        return new MultiVersionedKeyQuery<>(key, fromTime, toTime, ResultOrder.DESCENDING);
    }

    public MultiVersionedKeyQuery<K, V> withAscendingTimestamps() {
        return new MultiVersionedKeyQuery<>(key, fromTime, toTime, ResultOrder.ASCENDING);
    }

    public K key() {
        return key;
    }

    public Optional<Instant> fromTime() {
        return Optional.ofNullable(fromTime);
    }

    public Optional<Instant> toTime() {
        return Optional.ofNullable(toTime);
    }

    public ResultOrder resultOrder() {
        return order;
    }
}
