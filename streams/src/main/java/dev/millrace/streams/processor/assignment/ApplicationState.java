package dev.millrace.streams.processor.assignment;

import dev.millrace.streams.processor.TaskId;
import java.util.Map;

/** What there is to be placed, and where. */
public interface ApplicationState {
    /**
     * @param computeTaskLags whether lags are needed: the brokers are then asked for the ends of
     *     changelogs
     */
    Map<ProcessId, KafkaStreamsState> kafkaStreamsStates(boolean computeTaskLags);

    AssignmentConfigs assignmentConfigs();

    Map<TaskId, TaskInfo> allTasks();
}
