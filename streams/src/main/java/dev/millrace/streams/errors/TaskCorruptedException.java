package dev.millrace.streams.errors;

import dev.millrace.streams.processor.TaskId;
import java.util.Set;
import org.apache.kafka.clients.consumer.InvalidOffsetException;

/** The local state of tasks is not what their changelogs say: it is restored anew. */
public class TaskCorruptedException extends StreamsException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // sets in use are serialisable
    private final Set<TaskId> corruptedTasks;

    public TaskCorruptedException(Set<TaskId> corruptedTasks) {
        super(message(corruptedTasks));
        this.corruptedTasks = corruptedTasks;
    }

    public TaskCorruptedException(Set<TaskId> corruptedTasks, InvalidOffsetException cause) {
        super(message(corruptedTasks), cause);
        this.corruptedTasks = corruptedTasks;
    }

    public TaskCorruptedException(Set<TaskId> corruptedTasks, ProcessorStateException cause) {
        super(message(corruptedTasks), cause);
        this.corruptedTasks = corruptedTasks;
    }

    private static String message(Set<TaskId> tasks) {
        return "Tasks " + tasks + " are corrupted and hence need to be re-initialized";
    }

    public Set<TaskId> corruptedTasks() {
        return corruptedTasks;
    }
}
