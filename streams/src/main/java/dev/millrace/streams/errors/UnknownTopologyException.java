package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** There is no topology of that name. */
public class UnknownTopologyException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public UnknownTopologyException(String message, String topology) {
        super(message(message, topology));
    }

    public UnknownTopologyException(String message, @Nullable Throwable cause, String topology) {
        super(message(message, topology), cause);
    }

    private static String message(String message, String topology) {
        return message + " due to being unable to locate a Topology named " + topology;
    }
}
