package dev.millrace.node;

import org.jspecify.annotations.Nullable;

/** The node could not start; the message is one line that says why and what to do. */
public final class NodeStartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NodeStartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
