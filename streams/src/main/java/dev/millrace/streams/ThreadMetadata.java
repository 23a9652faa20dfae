package dev.millrace.streams;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A stream thread at one moment. */
public interface ThreadMetadata {
    String threadState();

    String threadName();

    Set<TaskMetadata> activeTasks();

    Set<TaskMetadata> standbyTasks();

    String consumerClientId();

    String restoreConsumerClientId();

    Set<String> producerClientIds();

    String adminClientId();

    /** By what they say. */
    @Override
    boolean equals(@Nullable Object other);

    @Override
    int hashCode();
}
