package dev.millrace.streams.errors;

/** The topology has no such store, or the instance none of that kind. */
public class UnknownStateStoreException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public UnknownStateStoreException(String message) {
        super(message);
    }
}
