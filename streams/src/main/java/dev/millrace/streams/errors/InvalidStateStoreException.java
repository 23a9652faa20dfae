package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The store is not there, or not now. */
public class InvalidStateStoreException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public InvalidStateStoreException(String message) {
        super(message);
    }

    public InvalidStateStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public InvalidStateStoreException(@Nullable Throwable cause) {
        super(cause);
    }
}
