package dev.millrace.streams.errors;

/** The instance has ended, or is about to. */
public class StreamsStoppedException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StreamsStoppedException(String message) {
        super(message);
    }
}
