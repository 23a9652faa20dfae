package dev.millrace.sql;

import org.jspecify.annotations.Nullable;

/** Takes the rows of one answer, on the thread of the query. */
@FunctionalInterface
public interface RowSink {
    /**
     * Takes one row; blocks while the receiver is full, which is the query's back-pressure.
     *
     * @param row one value per column: Boolean, Long, Double, BigDecimal, String, byte[], List,
     *     Map, {@link dev.millrace.sql.row.Row} or null
     * @return false when the receiver wants no more
     */
    boolean row(RowOp op, @Nullable Object[] row) throws InterruptedException;

    /** No more rows for the moment: pass on what was gathered. */
    default void flush() throws InterruptedException {}
}
