package dev.millrace.streams.errors;

/** Decides what happens after an exception that no other handler took. */
@FunctionalInterface
public interface StreamsUncaughtExceptionHandler {
    StreamThreadExceptionResponse handle(Throwable exception);

    /** What happens next. */
    enum StreamThreadExceptionResponse {
        /** A new thread takes over from the last commit. */
        REPLACE_THREAD,
        /** This instance ends, the others take over. */
        SHUTDOWN_CLIENT,
        /** All instances end. */
        SHUTDOWN_APPLICATION
    }
}
