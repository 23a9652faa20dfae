package dev.millrace.streams.query;

import dev.millrace.streams.state.ValueAndTimestamp;
import java.util.Objects;

/** The value of a key and its timestamp. */
public final class TimestampedKeyQuery<K, V> implements Query<ValueAndTimestamp<V>> {
    private final K key;
    private final boolean skipCache;

    private TimestampedKeyQuery(K key, boolean skipCache) {
        this.key = Objects.requireNonNull(key, "the key should not be null");
        this.skipCache = skipCache;
    }

    public static <K, V> TimestampedKeyQuery<K, V> withKey(K key) {
        return new TimestampedKeyQuery<>(key, false);
    }

    /** As the store below has it, without what the cache holds back. */
    public TimestampedKeyQuery<K, V> skipCache() {
        return new TimestampedKeyQuery<>(key, true);
    }

    public K key() {
        return key;
    }

    public boolean isSkipCache() {
        return skipCache;
    }
}
