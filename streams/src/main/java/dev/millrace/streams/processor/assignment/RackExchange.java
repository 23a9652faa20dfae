package dev.millrace.streams.processor.assignment;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.assignment.KafkaStreamsAssignment.AssignedTask;
import dev.millrace.streams.processor.assignment.TaskAssignmentUtils.MoveStandbyTaskPredicate;
import dev.millrace.streams.processor.assignment.TaskAssignmentUtils.RackAwareOptimizationParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Exchanges tasks of two instances as long as that lowers the cost: partitions of other racks times
 * what such a partition costs, and what a move costs. A local optimum, found in a bounded number of
 * rounds.
 */
final class RackExchange {
    private static final int MAX_ROUNDS = 20;

    private final ApplicationState application;
    private final RackAwareOptimizationParams params;
    private final AssignedTask.Type type;
    private final MoveStandbyTaskPredicate movable;
    private final Map<ProcessId, KafkaStreamsState> states;
    private final long trafficCost;
    private final long moveCost;

    RackExchange(
            RackAwareOptimizationParams params,
            AssignedTask.Type type,
            MoveStandbyTaskPredicate movable) {
        this.params = params;
        this.type = type;
        this.movable = movable;
        this.application = params.applicationState;
        this.states = new TreeMap<>(application.kafkaStreamsStates(false));
        AssignmentConfigs configs = application.assignmentConfigs();
        this.trafficCost = params.trafficCost.orElse(configs.rackAwareTrafficCost().orElse(1));
        this.moveCost = params.nonOverlapCost.orElse(configs.rackAwareNonOverlapCost().orElse(1));
    }

    void run(Map<ProcessId, KafkaStreamsAssignment> assignments) {
        for (ProcessId id : states.keySet()) {
            assignments.computeIfAbsent(id, each -> KafkaStreamsAssignment.of(each, Set.of()));
        }
        if (!possible()) {
            return;
        }
        List<ProcessId> ids = new ArrayList<>(states.keySet());
        boolean better = true;
        for (int round = 0; better && round < MAX_ROUNDS; round++) {
            better = false;
            for (int i = 0; i < ids.size(); i++) {
                for (int j = i + 1; j < ids.size(); j++) {
                    better |= exchange(ids.get(i), ids.get(j), assignments);
                }
            }
        }
    }

    private boolean possible() {
        String strategy = application.assignmentConfigs().rackAwareAssignmentStrategy();
        return !strategy.equals(StreamsConfig.RACK_AWARE_ASSIGNMENT_STRATEGY_NONE)
                && states.values().stream().allMatch(each -> each.rackId().isPresent())
                && application.allTasks().values().stream()
                        .flatMap(task -> task.topicPartitions().stream())
                        .filter(this::counts)
                        .allMatch(partition -> partition.rackIds().isPresent());
    }

    /** A standby reads changelogs only. */
    private boolean counts(TaskTopicPartition partition) {
        return type == AssignedTask.Type.ACTIVE || partition.isChangelog();
    }

    private boolean exchange(
            ProcessId a, ProcessId b, Map<ProcessId, KafkaStreamsAssignment> assignments) {
        boolean better = false;
        KafkaStreamsAssignment ofA = Objects.requireNonNull(assignments.get(a));
        KafkaStreamsAssignment ofB = Objects.requireNonNull(assignments.get(b));
        for (TaskId first : tasks(ofA)) {
            for (TaskId second : tasks(ofB)) {
                long now = cost(first, a) + cost(second, b);
                long then = cost(first, b) + cost(second, a);
                boolean allowed =
                        !ofB.tasks().containsKey(first)
                                && !ofA.tasks().containsKey(second)
                                && movable.canMoveStandbyTask(
                                        state(a), state(b), first, assignments)
                                && movable.canMoveStandbyTask(
                                        state(b), state(a), second, assignments);
                if (then < now && allowed) {
                    move(first, ofA, ofB);
                    move(second, ofB, ofA);
                    better = true;
                    break;
                }
            }
        }
        return better;
    }

    private void move(TaskId task, KafkaStreamsAssignment from, KafkaStreamsAssignment to) {
        AssignedTask moved = new AssignedTask(task, type);
        from.removeTask(moved);
        to.assignTask(moved);
    }

    private Set<TaskId> tasks(KafkaStreamsAssignment assignment) {
        Set<TaskId> tasks = new TreeSet<>();
        for (AssignedTask each : assignment.tasks().values()) {
            boolean wanted = params.tasks.isEmpty() || params.tasks.get().contains(each.id());
            if (each.type() == type && wanted) {
                tasks.add(each.id());
            }
        }
        return tasks;
    }

    private KafkaStreamsState state(ProcessId id) {
        return Objects.requireNonNull(states.get(id));
    }

    private long cost(TaskId task, ProcessId process) {
        KafkaStreamsState state = state(process);
        TaskInfo info = Objects.requireNonNull(application.allTasks().get(task));
        long remote =
                info.topicPartitions().stream()
                        .filter(this::counts)
                        .filter(
                                each ->
                                        !each.rackIds()
                                                .orElse(Set.of())
                                                .contains(state.rackId().orElse("")))
                        .count();
        Set<TaskId> before =
                type == AssignedTask.Type.ACTIVE
                        ? state.previousActiveTasks()
                        : state.previousStandbyTasks();
        return remote * trafficCost + (before.contains(task) ? 0 : moveCost);
    }
}
