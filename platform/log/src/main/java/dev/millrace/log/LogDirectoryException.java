package dev.millrace.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A log directory cannot be used: not writable, locked by another process, or of another node or
 * cluster. The message says which, and what to do; it is meant to be shown as it is.
 */
public final class LogDirectoryException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean diskAtFault;

    public LogDirectoryException(String message) {
        super(message);
        diskAtFault = false;
    }

    public LogDirectoryException(String message, Throwable cause) {
        super(message, cause);
        diskAtFault = false;
    }

    private LogDirectoryException(IOException cause, String message) {
        super(message, cause);
        diskAtFault = true;
    }

    /** Its disk, or its permissions, do not let us. */
    static LogDirectoryException unusable(Path path, IOException cause) {
        return new LogDirectoryException(
                cause,
                "log directory "
                        + path
                        + " cannot be written ("
                        + cause.getClass().getSimpleName()
                        + ": "
                        + cause.getMessage()
                        + "); make it writable, or choose another log.dirs");
    }

    /**
     * Whether a node with other log directories can go on without this one; a wrong configuration
     * is put right first.
     */
    public boolean diskAtFault() {
        return diskAtFault;
    }
}
