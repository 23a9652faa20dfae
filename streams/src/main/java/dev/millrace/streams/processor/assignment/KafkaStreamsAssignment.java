package dev.millrace.streams.processor.assignment;

import dev.millrace.streams.processor.TaskId;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What one instance gets. */
public class KafkaStreamsAssignment {
    private final ProcessId processId;
    private final Map<TaskId, AssignedTask> tasks;
    private final Optional<Instant> followupRebalanceDeadline;

    private KafkaStreamsAssignment(
            ProcessId processId,
            Map<TaskId, AssignedTask> tasks,
            Optional<Instant> followupRebalanceDeadline) {
        this.processId = processId;
        this.tasks = tasks;
        this.followupRebalanceDeadline = followupRebalanceDeadline;
    }

    public static KafkaStreamsAssignment of(ProcessId processId, Set<AssignedTask> assignment) {
        Map<TaskId, AssignedTask> tasks = new HashMap<>();
        for (AssignedTask task : assignment) {
            if (tasks.put(task.id(), task) != null) {
                throw new IllegalStateException(
                        "Task " + task.id() + " is given to " + processId + " twice");
            }
        }
        return new KafkaStreamsAssignment(processId, tasks, Optional.empty());
    }

    /** The same, and the group rebalances again at a time. */
    public KafkaStreamsAssignment withFollowupRebalance(Instant rebalanceDeadline) {
        return new KafkaStreamsAssignment(
                processId, new HashMap<>(tasks), Optional.of(rebalanceDeadline));
    }

    public ProcessId processId() {
        return processId;
    }

    public Map<TaskId, AssignedTask> tasks() {
        return Collections.unmodifiableMap(tasks);
    }

    public void assignTask(AssignedTask newTask) {
        tasks.put(newTask.id(), newTask);
    }

    public void removeTask(AssignedTask removedTask) {
        tasks.remove(removedTask.id());
    }

    public Optional<Instant> followupRebalanceDeadline() {
        return followupRebalanceDeadline;
    }

    @Override
    public String toString() {
        return "KafkaStreamsAssignment{"
                + processId
                + ", "
                + tasks.values()
                + ", "
                + followupRebalanceDeadline
                + "}";
    }

    /** A task to be run, or to be followed. */
    public static class AssignedTask {
        private final TaskId id;
        private final Type taskType;

        public AssignedTask(TaskId id, Type taskType) {
            this.id = id;
            this.taskType = taskType;
        }

        /** What is to be done with it. */
        public enum Type {
            ACTIVE,
            STANDBY
        }

        public TaskId id() {
            return id;
        }

        public Type type() {
            return taskType;
        }

        @Override
        public boolean equals(@org.jspecify.annotations.Nullable Object other) {
            return other instanceof AssignedTask that
                    && id.equals(that.id)
                    && taskType == that.taskType;
        }

        @Override
        public int hashCode() {
            return 31 * id.hashCode() + taskType.hashCode();
        }

        @Override
        public String toString() {
            return "AssignedTask{" + taskType + ", " + id + "}";
        }
    }
}
