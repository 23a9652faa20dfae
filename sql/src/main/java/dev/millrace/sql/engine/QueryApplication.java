package dev.millrace.sql.engine;

import org.jspecify.annotations.Nullable;

/** One running Streams application. */
interface QueryApplication extends AutoCloseable {
    String state();

    /** What ended it, or null. */
    @Nullable String error();

    /** Stops it; its state stays for the next start. */
    @Override
    void close();

    /** Removes the local state of a stopped application. */
    void cleanUp();
}
