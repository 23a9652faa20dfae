package dev.millrace.sql.expr;

import org.jspecify.annotations.Nullable;

/**
 * A compiled scalar expression. What cannot be computed (a division by zero, text that is no
 * number, a number out of range) is null, so that one odd record does not end a query.
 */
@FunctionalInterface
public interface Expression {
    /**
     * @param row the values of the input's columns
     */
    @Nullable Object eval(@Nullable Object[] row);

    /** SQL's WHERE: unknown is not true. */
    default boolean isTrue(@Nullable Object[] row) {
        return Boolean.TRUE.equals(eval(row));
    }
}
