package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The instance has ended, or is about to. */
public class StreamsStoppedException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StreamsStoppedException(String message) {
        super(message);
    }

    public StreamsStoppedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
