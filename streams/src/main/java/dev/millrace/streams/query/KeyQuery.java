package dev.millrace.streams.query;

import java.util.Objects;

/** The value of a key. */
public final class KeyQuery<K, V> implements Query<V> {
    private final K key;
    private final boolean skipCache;

    private KeyQuery(K key, boolean skipCache) {
        this.key = Objects.requireNonNull(key, "the key should not be null");
        this.skipCache = skipCache;
    }

    public static <K, V> KeyQuery<K, V> withKey(K key) {
        return new KeyQuery<>(key, false);
    }

    /** As the store below has it, without what the cache holds back. */
    public KeyQuery<K, V> skipCache() {
        return new KeyQuery<>(key, true);
    }

    public K getKey() {
        return key;
    }

    public boolean isSkipCache() {
        return skipCache;
    }
}
