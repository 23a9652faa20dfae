package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The partition of the store is not here. */
public class InvalidStateStorePartitionException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public InvalidStateStorePartitionException(String message) {
        super(message);
    }

    public InvalidStateStorePartitionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
