package dev.millrace.streams;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How far the store of a partition is behind its changelog, in offsets. */
public class LagInfo {
    private final long currentOffsetPosition;
    private final long endOffsetPosition;

    LagInfo(long currentOffsetPosition, long endOffsetPosition) {
        this.currentOffsetPosition = currentOffsetPosition;
        this.endOffsetPosition = endOffsetPosition;
    }

    public long currentOffsetPosition() {
        return currentOffsetPosition;
    }

    public long endOffsetPosition() {
        return endOffsetPosition;
    }

    /** Not negative. */
    public long offsetLag() {
        return Math.max(0, endOffsetPosition - currentOffsetPosition);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LagInfo that
                && currentOffsetPosition == that.currentOffsetPosition
                && endOffsetPosition == that.endOffsetPosition;
    }

    @Override
    public int hashCode() {
        return Objects.hash(currentOffsetPosition, endOffsetPosition);
    }

    @Override
    public String toString() {
        return "LagInfo {currentOffsetPosition="
                + currentOffsetPosition
                + ", endOffsetPosition="
                + endOffsetPosition
                + ", offsetLag="
                + offsetLag()
                + '}';
    }
}
