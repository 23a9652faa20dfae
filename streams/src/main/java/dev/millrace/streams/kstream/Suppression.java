package dev.millrace.streams.kstream;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Suppressed} describes.
 *
 * @param waitMs of stream time after the first update of a key; {@link #UNTIL_WINDOW_CLOSES}
 */
public record Suppression<K>(@Nullable String name, Suppressed.BufferConfig<?> buffer, long waitMs)
        implements Suppressed<K> {
    public static final long UNTIL_WINDOW_CLOSES = -1;

    public Suppression {
        Objects.requireNonNull(buffer, "bufferConfig");
        if (name != null) {
            Named.validate(name);
        }
    }

    public boolean untilWindowCloses() {
        return waitMs == UNTIL_WINDOW_CLOSES;
    }

    public SuppressionBuffer limits() {
        return SuppressionBuffer.of(buffer);
    }

    @Override
    public Suppressed<K> withName(String name) {
        return new Suppression<>(name, buffer, waitMs);
    }
}
