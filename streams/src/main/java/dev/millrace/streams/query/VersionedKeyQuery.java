package dev.millrace.streams.query;

import dev.millrace.streams.state.VersionedRecord;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The version of a key that holds, or held at a time (KIP-960). */
public final class VersionedKeyQuery<K, V> implements Query<VersionedRecord<V>> {
    private final K key;
    private final @Nullable Instant asOfTimestamp;

    private VersionedKeyQuery(K key, @Nullable Instant asOfTimestamp) {
        this.key = key;
        this.asOfTimestamp = asOfTimestamp;
    }

    /** The newest version. */
    public static <K, V> VersionedKeyQuery<K, V> withKey(K key) {
        return new VersionedKeyQuery<>(Objects.requireNonNull(key, "key cannot be null."), null);
    }

    /** The version that held at a time, as far as the store keeps history. */
    public VersionedKeyQuery<K, V> asOf(Instant asOfTimestamp) {
        return new VersionedKeyQuery<>(
                key, Objects.requireNonNull(asOfTimestamp, "asOf timestamp cannot be null."));
    }

    public K key() {
        return key;
    }

    public Optional<Instant> asOfTimestamp() {
        return Optional.ofNullable(asOfTimestamp);
    }
}
