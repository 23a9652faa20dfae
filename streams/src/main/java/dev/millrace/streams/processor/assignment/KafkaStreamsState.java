package dev.millrace.streams.processor.assignment;

import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.state.HostInfo;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/**
 * An instance as it described itself when the group rebalanced. Lags are in records of changelogs.
 */
public interface KafkaStreamsState {
    ProcessId processId();

    int numProcessingThreads();

    /** One for each thread: its member id in the group. */
    SortedSet<String> consumerClientIds();

    SortedSet<TaskId> previousActiveTasks();

    /** Tasks whose state it has and that it does not run. */
    SortedSet<TaskId> previousStandbyTasks();

    /**
     * How much it has to read before it can run the task.
     *
     * @throws UnsupportedOperationException when lags were not asked for
     * @throws IllegalStateException for a task without a changelog
     */
    long lagFor(TaskId task);

    /** Tasks that the thread ran or whose state its instance has, the smallest lag first. */
    SortedSet<TaskId> prevTasksByLag(String consumerClientId);

    /**
     * @throws UnsupportedOperationException when lags were not asked for
     */
    Map<TaskId, Long> statefulTasksToLagSums();

    /** {@code application.server}. */
    Optional<HostInfo> hostInfo();

    /** What its {@code client.tag.} settings say. */
    Map<String, String> clientTags();

    /** {@code client.rack} of its consumers. */
    Optional<String> rackId();
}
