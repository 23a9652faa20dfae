package dev.millrace.streams.errors;

/** The partition of the store is not here. */
public class InvalidStateStorePartitionException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public InvalidStateStorePartitionException(String message) {
        super(message);
    }
}
