package dev.millrace.log;

import java.io.IOException;

/**
 * A log directory cannot be used: not writable, locked by another process, or of another node or
 * cluster. The message says which, and what to do; it is meant to be shown as it is.
 */
public final class LogDirectoryException extends IOException {
    private static final long serialVersionUID = 1L;

    public LogDirectoryException(String message) {
        super(message);
    }

    public LogDirectoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
