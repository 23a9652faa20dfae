package dev.millrace.streams.processor.assignment;

import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.assignment.KafkaStreamsAssignment.AssignedTask;
import dev.millrace.streams.processor.assignment.TaskAssignor.AssignmentError;
import dev.millrace.streams.processor.assignment.TaskAssignor.TaskAssignment;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** For assignors: standbys, racks, and what is wrong with an assignment. */
public final class TaskAssignmentUtils {
    private static final Logger LOG = LoggerFactory.getLogger(TaskAssignmentUtils.class);

    private TaskAssignmentUtils() {}

    /** Whether a standby may move from one instance to another. */
    @FunctionalInterface
    public interface MoveStandbyTaskPredicate {
        boolean canMoveStandbyTask(
                KafkaStreamsState source,
                KafkaStreamsState destination,
                TaskId task,
                Map<ProcessId, KafkaStreamsAssignment> kafkaStreamsAssignments);
    }

    /** Which tasks to weigh, and what a partition of another rack and a move cost. */
    public static final class RackAwareOptimizationParams {
        final ApplicationState applicationState;
        final Optional<Integer> trafficCost;
        final Optional<Integer> nonOverlapCost;
        final Optional<SortedSet<TaskId>> tasks;

        private RackAwareOptimizationParams(
                ApplicationState applicationState,
                Optional<Integer> trafficCost,
                Optional<Integer> nonOverlapCost,
                Optional<SortedSet<TaskId>> tasks) {
            this.applicationState = applicationState;
            this.trafficCost = trafficCost;
            this.nonOverlapCost = nonOverlapCost;
            this.tasks = tasks;
        }

        /** All tasks, with the application's costs. */
        public static RackAwareOptimizationParams of(ApplicationState applicationState) {
            return new RackAwareOptimizationParams(
                    applicationState, Optional.empty(), Optional.empty(), Optional.empty());
        }

        public RackAwareOptimizationParams forStatefulTasks() {
            return forTasksThat(TaskInfo::isStateful);
        }

        public RackAwareOptimizationParams forStatelessTasks() {
            return forTasksThat(task -> !task.isStateful());
        }

        private RackAwareOptimizationParams forTasksThat(Predicate<TaskInfo> wanted) {
            return forTasks(
                    applicationState.allTasks().values().stream()
                            .filter(wanted)
                            .map(TaskInfo::id)
                            .collect(Collectors.toCollection(TreeSet::new)));
        }

        public RackAwareOptimizationParams forTasks(SortedSet<TaskId> tasksToOptimize) {
            return new RackAwareOptimizationParams(
                    applicationState, trafficCost, nonOverlapCost, Optional.of(tasksToOptimize));
        }

        public RackAwareOptimizationParams withTrafficCostOverride(int trafficCostOverride) {
            return new RackAwareOptimizationParams(
                    applicationState, Optional.of(trafficCostOverride), nonOverlapCost, tasks);
        }

        public RackAwareOptimizationParams withNonOverlapCostOverride(int nonOverlapCostOverride) {
            return new RackAwareOptimizationParams(
                    applicationState, trafficCost, Optional.of(nonOverlapCostOverride), tasks);
        }
    }

    /** The first thing that is wrong with an assignment. Called for every one that is used. */
    public static AssignmentError validateTaskAssignment(
            ApplicationState applicationState, TaskAssignment taskAssignment) {
        Map<TaskId, TaskInfo> known = applicationState.allTasks();
        Map<TaskId, ProcessId> active = new HashMap<>();
        Set<TaskId> standby = new HashSet<>();
        Set<ProcessId> processes = new HashSet<>();
        for (KafkaStreamsAssignment each : taskAssignment.assignment()) {
            processes.add(each.processId());
            for (AssignedTask task : each.tasks().values()) {
                if (!known.containsKey(task.id())) {
                    LOG.error("{} is given to {}, and unknown", task.id(), each.processId());
                    return AssignmentError.UNKNOWN_TASK_ID;
                }
                if (task.type() == AssignedTask.Type.STANDBY) {
                    standby.add(task.id());
                    continue;
                }
                ProcessId other = active.put(task.id(), each.processId());
                if (other != null) {
                    LOG.error(
                            "{} is given to {} and to {}, both times to run it",
                            task.id(),
                            other,
                            each.processId());
                    return AssignmentError.ACTIVE_TASK_ASSIGNED_MULTIPLE_TIMES;
                }
            }
        }
        for (TaskInfo task : known.values()) {
            if (!task.isStateful() && standby.contains(task.id())) {
                LOG.error("{} has no state, and got a standby", task.id());
                return AssignmentError.INVALID_STANDBY_TASK;
            }
        }
        Set<ProcessId> present = applicationState.kafkaStreamsStates(false).keySet();
        if (!processes.containsAll(present)) {
            LOG.error("Not all of {} are mentioned, only {}", present, processes);
            return AssignmentError.MISSING_PROCESS_ID;
        }
        if (!present.containsAll(processes)) {
            LOG.error("There are only {}, not all of {}", present, processes);
            return AssignmentError.UNKNOWN_PROCESS_ID;
        }
        return AssignmentError.NONE;
    }

    /** Everything stays where it is. */
    public static Map<ProcessId, KafkaStreamsAssignment> identityAssignment(
            ApplicationState applicationState) {
        Map<ProcessId, KafkaStreamsAssignment> all = new HashMap<>();
        applicationState
                .kafkaStreamsStates(false)
                .forEach(
                        (id, state) -> {
                            Set<AssignedTask> tasks = new HashSet<>();
                            for (TaskId task : state.previousActiveTasks()) {
                                tasks.add(new AssignedTask(task, AssignedTask.Type.ACTIVE));
                            }
                            for (TaskId task : state.previousStandbyTasks()) {
                                tasks.add(new AssignedTask(task, AssignedTask.Type.STANDBY));
                            }
                            all.put(id, KafkaStreamsAssignment.of(id, tasks));
                        });
        return all;
    }

    /**
     * Adds {@code num.standby.replicas} of each task with state: with {@code
     * rack.aware.assignment.tags} where tags differ most from those of the task's other places,
     * then where it is least loaded.
     */
    public static void defaultStandbyTaskAssignment(
            ApplicationState applicationState,
            Map<ProcessId, KafkaStreamsAssignment> kafkaStreamsAssignments) {
        Map<ProcessId, KafkaStreamsState> states = applicationState.kafkaStreamsStates(false);
        List<String> tags = applicationState.assignmentConfigs().rackAwareAssignmentTags();
        int replicas = applicationState.assignmentConfigs().numStandbyReplicas();
        for (TaskInfo task : new TreeMap<>(applicationState.allTasks()).values()) {
            for (int i = 0; task.isStateful() && i < replicas; i++) {
                Set<String> taken = tagsOf(task.id(), tags, states, kafkaStreamsAssignments);
                Optional<KafkaStreamsAssignment> best =
                        kafkaStreamsAssignments.values().stream()
                                .filter(each -> !each.tasks().containsKey(task.id()))
                                .filter(each -> states.containsKey(each.processId()))
                                .min(
                                        Comparator.comparingLong(
                                                        (KafkaStreamsAssignment each) ->
                                                                shared(
                                                                        state(states, each),
                                                                        tags,
                                                                        taken))
                                                .thenComparingDouble(
                                                        each -> load(each, state(states, each)))
                                                .thenComparing(KafkaStreamsAssignment::processId));
                if (best.isEmpty()) {
                    LOG.warn(
                            "{} gets {} of {} standbys: there are no more instances",
                            task.id(),
                            i,
                            replicas);
                    break;
                }
                best.get().assignTask(new AssignedTask(task.id(), AssignedTask.Type.STANDBY));
            }
        }
    }

    private static KafkaStreamsState state(
            Map<ProcessId, KafkaStreamsState> states, KafkaStreamsAssignment assignment) {
        return java.util.Objects.requireNonNull(states.get(assignment.processId()));
    }

    private static double load(KafkaStreamsAssignment assignment, KafkaStreamsState state) {
        return (double) assignment.tasks().size() / Math.max(1, state.numProcessingThreads());
    }

    private static Set<String> tagsOf(
            TaskId task,
            List<String> tags,
            Map<ProcessId, KafkaStreamsState> states,
            Map<ProcessId, KafkaStreamsAssignment> assignments) {
        Set<String> taken = new HashSet<>();
        for (KafkaStreamsAssignment each : assignments.values()) {
            if (each.tasks().containsKey(task) && states.containsKey(each.processId())) {
                Map<String, String> given = state(states, each).clientTags();
                tags.forEach(tag -> taken.add(tag + "=" + given.get(tag)));
            }
        }
        return taken;
    }

    private static long shared(KafkaStreamsState state, List<String> tags, Set<String> taken) {
        return tags.stream()
                .filter(tag -> taken.contains(tag + "=" + state.clientTags().get(tag)))
                .count();
    }

    /**
     * Exchanges active tasks between instances while that brings them nearer to their partitions;
     * nothing happens without {@code rack.aware.assignment.strategy} and racks. Every instance
     * keeps as many tasks as it has.
     */
    public static void optimizeRackAwareActiveTasks(
            RackAwareOptimizationParams optimizationParams,
            Map<ProcessId, KafkaStreamsAssignment> kafkaStreamsAssignments) {
        new RackExchange(
                        optimizationParams, AssignedTask.Type.ACTIVE, (from, to, task, all) -> true)
                .run(kafkaStreamsAssignments);
    }

    /** The same for standbys, which also keep as many different tags as they have. */
    public static void optimizeRackAwareStandbyTasks(
            RackAwareOptimizationParams optimizationParams,
            Map<ProcessId, KafkaStreamsAssignment> kafkaStreamsAssignments) {
        List<String> tags =
                optimizationParams.applicationState.assignmentConfigs().rackAwareAssignmentTags();
        new RackExchange(
                        optimizationParams,
                        AssignedTask.Type.STANDBY,
                        (from, to, task, all) ->
                                tags.stream()
                                        .allMatch(
                                                tag ->
                                                        java.util.Objects.equals(
                                                                from.clientTags().get(tag),
                                                                to.clientTags().get(tag))))
                .run(kafkaStreamsAssignments);
    }
}
