package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The instance has no tasks yet; try again. */
public class StreamsRebalancingException extends InvalidStateStoreException {
    private static final long serialVersionUID = 1L;

    public StreamsRebalancingException(String message) {
        super(message);
    }

    public StreamsRebalancingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
