package dev.millrace.streams.processor.assignment.assignors;

import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.assignment.ApplicationState;
import dev.millrace.streams.processor.assignment.KafkaStreamsAssignment;
import dev.millrace.streams.processor.assignment.KafkaStreamsAssignment.AssignedTask;
import dev.millrace.streams.processor.assignment.KafkaStreamsState;
import dev.millrace.streams.processor.assignment.ProcessId;
import dev.millrace.streams.processor.assignment.TaskAssignmentUtils;
import dev.millrace.streams.processor.assignment.TaskAssignmentUtils.RackAwareOptimizationParams;
import dev.millrace.streams.processor.assignment.TaskAssignor;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;

/**
 * Tasks stay where they were, else go where their state is, else where there is the least to do: an
 * instance gets as many as its share of all threads, rounded up.
 */
public class StickyTaskAssignor implements TaskAssignor {
    public static final int DEFAULT_STICKY_TRAFFIC_COST = 1;
    public static final int DEFAULT_STICKY_NON_OVERLAP_COST = 10;

    private final boolean mustPreserveActiveTaskAssignment;

    public StickyTaskAssignor() {
        this(false);
    }

    /**
     * @param mustPreserveActiveTaskAssignment whether tasks stay also where there are too many; the
     *     group then rebalances again at once
     */
    public StickyTaskAssignor(boolean mustPreserveActiveTaskAssignment) {
        this.mustPreserveActiveTaskAssignment = mustPreserveActiveTaskAssignment;
    }

    @Override
    public TaskAssignment assign(ApplicationState applicationState) {
        Map<ProcessId, KafkaStreamsState> states =
                new TreeMap<>(applicationState.kafkaStreamsStates(false));
        Map<ProcessId, KafkaStreamsAssignment> all = new TreeMap<>();
        states.keySet().forEach(id -> all.put(id, KafkaStreamsAssignment.of(id, Set.of())));
        Set<TaskId> open = new TreeSet<>(applicationState.allTasks().keySet());
        int threads =
                Math.max(
                        1,
                        states.values().stream()
                                .mapToInt(KafkaStreamsState::numProcessingThreads)
                                .sum());
        double perThread = (double) open.size() / threads;
        BiPredicate<KafkaStreamsState, TaskId> ran =
                (state, task) -> state.previousActiveTasks().contains(task);
        give(open, states, all, ran, mustPreserveActiveTaskAssignment ? open.size() : perThread);
        give(
                open,
                states,
                all,
                (state, task) -> state.previousStandbyTasks().contains(task),
                perThread);
        give(open, states, all, (state, task) -> true, Double.MAX_VALUE);
        RackAwareOptimizationParams params =
                RackAwareOptimizationParams.of(applicationState)
                        .withTrafficCostOverride(
                                applicationState
                                        .assignmentConfigs()
                                        .rackAwareTrafficCost()
                                        .orElse(DEFAULT_STICKY_TRAFFIC_COST))
                        .withNonOverlapCostOverride(
                                applicationState
                                        .assignmentConfigs()
                                        .rackAwareNonOverlapCost()
                                        .orElse(DEFAULT_STICKY_NON_OVERLAP_COST));
        if (!mustPreserveActiveTaskAssignment) {
            TaskAssignmentUtils.optimizeRackAwareActiveTasks(params.forStatefulTasks(), all);
            TaskAssignmentUtils.optimizeRackAwareActiveTasks(params.forStatelessTasks(), all);
        }
        TaskAssignmentUtils.defaultStandbyTaskAssignment(applicationState, all);
        if (mustPreserveActiveTaskAssignment) {
            all.replaceAll((id, each) -> each.withFollowupRebalance(Instant.EPOCH));
        } else {
            TaskAssignmentUtils.optimizeRackAwareStandbyTasks(params, all);
        }
        return new TaskAssignment(all.values());
    }

    private static void give(
            Set<TaskId> open,
            Map<ProcessId, KafkaStreamsState> states,
            Map<ProcessId, KafkaStreamsAssignment> all,
            BiPredicate<KafkaStreamsState, TaskId> wanted,
            double mostPerThread) {
        open.removeIf(
                task -> {
                    KafkaStreamsState best =
                            states.values().stream()
                                    .filter(each -> wanted.test(each, task))
                                    .filter(each -> load(each, all) < mostPerThread)
                                    .min(
                                            Comparator.comparingDouble(
                                                            (KafkaStreamsState each) ->
                                                                    load(each, all))
                                                    .thenComparing(KafkaStreamsState::processId))
                                    .orElse(null);
                    if (best == null) {
                        return false;
                    }
                    of(best, all).assignTask(new AssignedTask(task, AssignedTask.Type.ACTIVE));
                    return true;
                });
    }

    private static KafkaStreamsAssignment of(
            KafkaStreamsState state, Map<ProcessId, KafkaStreamsAssignment> all) {
        return java.util.Objects.requireNonNull(all.get(state.processId()));
    }

    /** Tasks for each of its threads. */
    private static double load(
            KafkaStreamsState state, Map<ProcessId, KafkaStreamsAssignment> all) {
        return (double) of(state, all).tasks().size() / Math.max(1, state.numProcessingThreads());
    }
}
