package dev.millrace.streams.state;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A value and the span of time in which it holds. */
public final class VersionedRecord<V> {
    private final V value;
    private final long timestamp;
    private final @Nullable Long validTo;

    /** A value that holds until further notice. */
    public VersionedRecord(V value, long timestamp) {
        this.value = Objects.requireNonNull(value, "value cannot be null.");
        this.timestamp = timestamp;
        this.validTo = null;
    }

    /**
     * @param timestamp inclusive, milliseconds since the epoch
     * @param validTo exclusive
     */
    public VersionedRecord(V value, long timestamp, long validTo) {
        this.value = Objects.requireNonNull(value, "value cannot be null.");
        this.timestamp = timestamp;
        this.validTo = validTo;
    }

    public V value() {
        return value;
    }

    public long timestamp() {
        return timestamp;
    }

    /** Empty for the newest version. */
    public Optional<Long> validTo() {
        return Optional.ofNullable(validTo);
    }

    @Override
    public String toString() {
        return "<" + value + "," + timestamp + "," + validTo() + ">";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof VersionedRecord<?> that
                && timestamp == that.timestamp
                && Objects.equals(validTo, that.validTo)
                && Objects.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(value, timestamp, validTo);
    }
}
