package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The instance was not started yet. */
public class StreamsNotStartedException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StreamsNotStartedException(String message) {
        super(message);
    }

    public StreamsNotStartedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
