package dev.millrace.sql.row;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One row: a value per column. Equal by its values, so that it can be a key. Whoever made the array
 * gives it away; only the operator that made a row may still write to it.
 */
public final class Row {
    public static final Row EMPTY = new Row(new Object[0]);

    private final @Nullable Object[] values;

    public Row(@Nullable Object[] values) {
        this.values = values;
    }

    public static Row of(@Nullable Object... values) {
        return new Row(values);
    }

    /** The array itself. */
    public @Nullable Object[] values() {
        return values;
    }

    public @Nullable Object get(int index) {
        return values[index];
    }

    public int size() {
        return values.length;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Row that && Arrays.deepEquals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(values);
    }

    @Override
    public String toString() {
        return Arrays.deepToString(values);
    }
}
