package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The instance ends, or has ended. */
public class StateStoreNotAvailableException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StateStoreNotAvailableException(String message) {
        super(message);
    }

    public StateStoreNotAvailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
