package dev.millrace.sql;

import dev.millrace.sql.catalog.SqlType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one statement answers. */
public sealed interface SqlAnswer {
    /** A column of an answer. */
    record Column(String name, SqlType type) {}

    /** A statement without rows: what was done. */
    record Message(String text) implements SqlAnswer {}

    /** A small answer, complete: SHOW, DESCRIBE, EXPLAIN. */
    record Rows(List<Column> columns, List<@Nullable Object[]> rows, @Nullable String message)
            implements SqlAnswer {}

    /**
     * A SELECT, not yet running.
     *
     * @param push whether it goes on until it is cancelled (EMIT CHANGES)
     */
    record Query(List<Column> columns, boolean push, AdHocQuery run) implements SqlAnswer {}

    /** A SELECT that can be run once. */
    interface AdHocQuery {
        /**
         * Runs to the end on the calling thread.
         *
         * @return how many rows were delivered
         * @throws SqlException when the cluster fails or a limit is passed
         */
        long run(RowSink sink);

        /** Ends the run soon, from any thread; rows may still arrive until {@link #run} returns. */
        void cancel();
    }
}
