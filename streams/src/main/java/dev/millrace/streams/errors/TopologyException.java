package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The program does not describe a valid topology. */
public class TopologyException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public TopologyException(String message) {
        super("Invalid topology: " + message);
    }

    public TopologyException(String message, @Nullable Throwable cause) {
        super("Invalid topology: " + message, cause);
    }

    public TopologyException(@Nullable Throwable cause) {
        super(cause);
    }
}
