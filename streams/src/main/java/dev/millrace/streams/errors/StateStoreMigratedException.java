package dev.millrace.streams.errors;

/** The store went elsewhere; ask where it is now. */
public class StateStoreMigratedException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StateStoreMigratedException(String message) {
        super(message);
    }
}
