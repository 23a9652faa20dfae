package dev.millrace.streams.query;

import dev.millrace.streams.state.WindowStoreIterator;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** The windows of a key that start within bounds, inclusive. */
public class WindowKeyQuery<K, V> implements Query<WindowStoreIterator<V>> {
    private final K key;
    private final Instant timeFrom;
    private final Instant timeTo;

    private WindowKeyQuery(K key, Instant timeFrom, Instant timeTo) {
        this.key = Objects.requireNonNull(key, "the key should not be null");
        this.timeFrom = timeFrom;
        this.timeTo = timeTo;
    }

    public static <K, V> WindowKeyQuery<K, V> withKeyAndWindowStartRange(
            K key, Instant timeFrom, Instant timeTo) {
        return new WindowKeyQuery<>(key, timeFrom, timeTo);
    }

    public K getKey() {
        return key;
    }

    public Optional<Instant> getTimeFrom() {
        return Optional.of(timeFrom);
    }

    public Optional<Instant> getTimeTo() {
        return Optional.of(timeTo);
    }

    @Override
    public String toString() {
        return "WindowKeyQuery{key="
                + key
                + ", timeFrom="
                + getTimeFrom()
                + ", timeTo="
                + getTimeTo()
                + '}';
    }
}
