package dev.millrace.streams.errors;

import dev.millrace.streams.processor.TaskId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Processing cannot go on as it is. */
public class StreamsException extends org.apache.kafka.common.KafkaException {
    private static final long serialVersionUID = 1L;

    private @Nullable TaskId taskId;

    public StreamsException(String message) {
        super(message);
    }

    public StreamsException(String message, @Nullable TaskId taskId) {
        super(message);
        this.taskId = taskId;
    }

    public StreamsException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public StreamsException(String message, @Nullable Throwable cause, @Nullable TaskId taskId) {
        super(message, cause);
        this.taskId = taskId;
    }

    public StreamsException(@Nullable Throwable cause) {
        super(cause);
    }

    public StreamsException(@Nullable Throwable cause, @Nullable TaskId taskId) {
        super(cause);
        this.taskId = taskId;
    }

    /** Where it happened; empty outside of tasks. */
    public Optional<TaskId> taskId() {
        return Optional.ofNullable(taskId);
    }

    public void setTaskId(@Nullable TaskId taskId) {
        this.taskId = taskId;
    }
}
