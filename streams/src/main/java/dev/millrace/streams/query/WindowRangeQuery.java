package dev.millrace.streams.query;

import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.state.KeyValueIterator;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The sessions of a key, or the windows of all keys that start within bounds. */
public class WindowRangeQuery<K, V> implements Query<KeyValueIterator<Windowed<K>, V>> {
    private final @Nullable K key;
    private final @Nullable Instant timeFrom;
    private final @Nullable Instant timeTo;

    private WindowRangeQuery(
            @Nullable K key, @Nullable Instant timeFrom, @Nullable Instant timeTo) {
        this.key = key;
        this.timeFrom = timeFrom;
        this.timeTo = timeTo;
    }

    /** For stores of sessions. */
    public static <K, V> WindowRangeQuery<K, V> withKey(K key) {
        return new WindowRangeQuery<>(
                Objects.requireNonNull(key, "the key should not be null"), null, null);
    }

    /** For stores of windows; the bounds are inclusive. */
    public static <K, V> WindowRangeQuery<K, V> withWindowStartRange(
            Instant timeFrom, Instant timeTo) {
        return new WindowRangeQuery<>(
                null, Objects.requireNonNull(timeFrom), Objects.requireNonNull(timeTo));
    }

    public Optional<K> getKey() {
        return Optional.ofNullable(key);
    }

    public Optional<Instant> getTimeFrom() {
        return Optional.ofNullable(timeFrom);
    }

    public Optional<Instant> getTimeTo() {
        return Optional.ofNullable(timeTo);
    }

    @Override
    public String toString() {
        return "WindowRangeQuery{key="
                + getKey()
                + ", timeFrom="
                + getTimeFrom()
                + ", timeTo="
                + getTimeTo()
                + '}';
    }
}
