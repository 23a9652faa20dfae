package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** A text is no task id: {@code 0_1}, or {@code name__0_1}. */
public class TaskIdFormatException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public TaskIdFormatException(@Nullable String text) {
        super(message(text));
    }

    public TaskIdFormatException(@Nullable String text, @Nullable Throwable cause) {
        super(message(text), cause);
    }

    public TaskIdFormatException(@Nullable Throwable cause) {
        super(cause);
    }

    private static String message(@Nullable String text) {
        return "Task id cannot be parsed correctly" + (text == null ? "" : " from " + text);
    }
}
