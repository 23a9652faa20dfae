package dev.millrace.sql.expr;

import org.jspecify.annotations.Nullable;

/** A column of the input as it is; a class of its own, so that a plan can see what is passed on. */
public record ColumnRef(int index) implements Expression {
    @Override
    public @Nullable Object eval(@Nullable Object[] row) {
        return row[index];
    }
}
