package dev.millrace.streams.errors;

/** The instance has no tasks yet; try again. */
public class StreamsRebalancingException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StreamsRebalancingException(String message) {
        super(message);
    }
}
