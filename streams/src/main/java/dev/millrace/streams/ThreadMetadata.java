package dev.millrace.streams;

import java.util.Set;

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
}
