package dev.millrace.streams.processor.assignment;

import dev.millrace.streams.processor.TaskId;
import java.util.Set;

/** A task that is to be placed. */
public interface TaskInfo {
    TaskId id();

    /** Whether it has a store with a changelog. */
    boolean isStateful();

    Set<String> stateStoreNames();

    Set<TaskTopicPartition> topicPartitions();
}
