package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The tasks of the application cannot be shared out. */
public class TaskAssignmentException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public TaskAssignmentException(String message) {
        super(message);
    }

    public TaskAssignmentException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public TaskAssignmentException(@Nullable Throwable cause) {
        super(cause);
    }
}
