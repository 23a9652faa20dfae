package dev.millrace.streams.errors;

/** The instance ends, or has ended. */
public class StateStoreNotAvailableException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StateStoreNotAvailableException(String message) {
        super(message);
    }
}
