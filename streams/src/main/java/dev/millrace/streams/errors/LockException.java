package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** A state directory belongs to another process. */
public class LockException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public LockException(String message) {
        super(message);
    }

    public LockException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public LockException(@Nullable Throwable cause) {
        super(cause);
    }
}
