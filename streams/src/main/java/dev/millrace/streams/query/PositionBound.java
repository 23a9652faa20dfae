package dev.millrace.streams.query;

import org.jspecify.annotations.Nullable;

/** What a store must have seen at least. */
public class PositionBound {
    private final Position position;

    private PositionBound(Position position) {
        this.position = position.copy();
    }

    public static PositionBound unbounded() {
        return new PositionBound(Position.emptyPosition());
    }

    public static PositionBound at(Position position) {
        return new PositionBound(position);
    }

    public boolean isUnbounded() {
        return position.isEmpty();
    }

    public Position position() {
        return position;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PositionBound that && position.equals(that.position);
    }

    /** It changes: as a key it would be lost. */
    @Override
    public int hashCode() {
        throw new UnsupportedOperationException(
                "This mutable object is not suitable as a hash key");
    }

    @Override
    public String toString() {
        return "PositionBound{position=" + position + '}';
    }
}
