package dev.millrace.sql.exec;

import dev.millrace.sql.row.Row;
import org.jspecify.annotations.Nullable;

/** Takes the changes of a relation, one after the other on one thread. */
interface Changes {
    /**
     * One change: an insert has no row before, a delete none after.
     *
     * @throws Enough when nothing more is wanted
     */
    void change(@Nullable Row before, @Nullable Row after) throws InterruptedException;

    /**
     * All input up to some point has come: hand on what was held back.
     *
     * @param end whether it was the last of all input
     */
    void flush(boolean end) throws InterruptedException;

    /** Thrown through the operators, without a stack, when the receiver has what it wanted. */
    final class Enough extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Enough() {
            super(null, null, false, false);
        }
    }
}
