package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** The tasks of a thread belong to another one by now. */
public class TaskMigratedException extends StreamsException {
    private static final long serialVersionUID = 1L;

    private static final String MEANING =
            "; it means all tasks belonging to this thread should be migrated.";

    public TaskMigratedException(String message) {
        super(message + MEANING);
    }

    public TaskMigratedException(String message, @Nullable Throwable cause) {
        super(message + MEANING, cause);
    }
}
