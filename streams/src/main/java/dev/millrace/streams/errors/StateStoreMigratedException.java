package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The store went elsewhere; ask where it is now. */
public class StateStoreMigratedException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StateStoreMigratedException(String message) {
        super(message);
    }

    public StateStoreMigratedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
