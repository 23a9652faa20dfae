package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** A source topic does not exist. */
public class MissingSourceTopicException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public MissingSourceTopicException(String message) {
        super(message);
    }

    public MissingSourceTopicException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
