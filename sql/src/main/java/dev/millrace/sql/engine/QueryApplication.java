package dev.millrace.sql.engine;

import org.jspecify.annotations.Nullable;

/** One running Streams application. */
interface QueryApplication extends AutoCloseable {
    String state();

    /** What ended it, or null. */
    @Nullable String error();

    /** Stops it; its state, and its place in the group, stay for the next start. */
    @Override
    void close();

    /** Stops it for good: it leaves its group and removes its local state. */
    void remove();
}
