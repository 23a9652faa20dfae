package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** A state store cannot be opened, read or written. */
public class ProcessorStateException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public ProcessorStateException(String message) {
        super(message);
    }

    public ProcessorStateException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public ProcessorStateException(@Nullable Throwable cause) {
        super(cause);
    }
}
