package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The topology has no such store, or the instance none of that kind. */
public class UnknownStateStoreException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public UnknownStateStoreException(String message) {
        super(message);
    }

    public UnknownStateStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
