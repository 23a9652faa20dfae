package dev.millrace.streams;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where reading a source topic begins when the group has no committed offset. */
public final class AutoOffsetReset {
    private static final AutoOffsetReset EARLIEST = new AutoOffsetReset("earliest", null);
    private static final AutoOffsetReset LATEST = new AutoOffsetReset("latest", null);
    private static final AutoOffsetReset NONE = new AutoOffsetReset("none", null);

    private final String policy;
    private final @Nullable Duration back;

    private AutoOffsetReset(String policy, @Nullable Duration back) {
        this.policy = policy;
        this.back = back;
    }

    public static AutoOffsetReset earliest() {
        return EARLIEST;
    }

    public static AutoOffsetReset latest() {
        return LATEST;
    }

    public static AutoOffsetReset none() {
        return NONE;
    }

    /**
     * At the first record that is no older than this; at the end when there is none (KIP-1106).
     *
     * @throws IllegalArgumentException for a negative one
     */
    public static AutoOffsetReset byDuration(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("Duration cannot be negative");
        }
        return new AutoOffsetReset("by_duration:" + duration, duration);
    }

    /** How far back, where that is what was asked for. */
    public Optional<Duration> duration() {
        return Optional.ofNullable(back);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AutoOffsetReset that && policy.equals(that.policy);
    }

    @Override
    public int hashCode() {
        return Objects.hash(policy);
    }

    @Override
    public String toString() {
        return policy;
    }
}
