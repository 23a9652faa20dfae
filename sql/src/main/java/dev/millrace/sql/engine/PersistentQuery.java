package dev.millrace.sql.engine;

import dev.millrace.sql.exec.CompiledTopology;
import org.jspecify.annotations.Nullable;

/**
 * A query that runs until it is terminated. One that could not be started keeps its place with the
 * reason, so that it can be seen and terminated.
 *
 * @param definition with its query id
 * @param compiled null if the definition could not be planned any more
 * @param application null if it does not run
 * @param failure why it does not run, or null
 */
record PersistentQuery(
        Definition definition,
        @Nullable CompiledTopology compiled,
        @Nullable QueryApplication application,
        @Nullable String failure) {

    String id() {
        String id = definition.queryId();
        if (id == null) {
            throw new IllegalStateException("no query id in " + definition.statement());
        }
        return id;
    }

    /** RUNNING, REBALANCING, ... as Kafka Streams names them; FAILED if it was never started. */
    String state() {
        return application == null ? "FAILED" : application.state();
    }

    @Nullable String error() {
        return application == null ? failure : application.error();
    }
}
