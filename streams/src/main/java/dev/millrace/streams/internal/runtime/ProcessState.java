package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.assignment.KafkaStreamsState;
import dev.millrace.streams.processor.assignment.ProcessId;
import dev.millrace.streams.state.HostInfo;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An instance as its threads described it.
 *
 * @param lags null: not asked for
 */
record ProcessState(
        ProcessId processId,
        SortedSet<String> consumerClientIds,
        SortedSet<TaskId> previousActiveTasks,
        SortedSet<TaskId> previousStandbyTasks,
        @Nullable Map<TaskId, Long> lags,
        Optional<HostInfo> hostInfo,
        Map<String, String> clientTags,
        Optional<String> rackId,
        Map<String, SortedSet<TaskId>> tasksOfThreads)
        implements KafkaStreamsState {
    /**
     * @param ends sums of the end offsets of changelogs; null: not asked for
     */
    static ProcessState of(
            ProcessId process,
            Collection<String> threads,
            Map<String, TaskPlacement.Member> members,
            Map<String, String> racks,
            @Nullable Map<TaskId, Long> ends) {
        SortedSet<TaskId> running = new TreeSet<>();
        Map<TaskId, Long> stored = new HashMap<>();
        Map<String, String> tags = new HashMap<>();
        Map<String, SortedSet<TaskId>> tasksOfThreads = new HashMap<>();
        String endpoint = "";
        String rack = null;
        for (String thread : threads) {
            TaskPlacement.Member member = Objects.requireNonNull(members.get(thread), thread);
            running.addAll(member.running());
            stored.putAll(member.stored());
            tags.putAll(member.tags());
            endpoint = endpoint.isEmpty() ? member.endpoint() : endpoint;
            rack = rack == null ? racks.get(thread) : rack;
            SortedSet<TaskId> own = new TreeSet<>(member.running());
            own.addAll(member.stored().keySet());
            tasksOfThreads.put(thread, own);
        }
        SortedSet<TaskId> standby = new TreeSet<>(stored.keySet());
        standby.removeAll(running);
        Map<TaskId, Long> lags = null;
        if (ends != null) {
            lags = new HashMap<>();
            for (Map.Entry<TaskId, Long> end : ends.entrySet()) {
                boolean runs = running.contains(end.getKey());
                long held = runs ? end.getValue() : stored.getOrDefault(end.getKey(), 0L);
                lags.put(end.getKey(), Math.max(0, end.getValue() - held));
            }
        }
        return new ProcessState(
                process,
                new TreeSet<>(threads),
                running,
                standby,
                lags,
                endpoint.isEmpty()
                        ? Optional.empty()
                        : Optional.ofNullable(HostInfo.buildFromEndpoint(endpoint)),
                tags,
                Optional.ofNullable(rack),
                tasksOfThreads);
    }

    @Override
    public int numProcessingThreads() {
        return consumerClientIds.size();
    }

    @Override
    public Map<TaskId, Long> statefulTasksToLagSums() {
        if (lags == null) {
            throw new UnsupportedOperationException(
                    "Lag computation was not requested for KafkaStreams with process ID "
                            + processId);
        }
        return Map.copyOf(lags);
    }

    @Override
    public long lagFor(TaskId task) {
        Long lag = statefulTasksToLagSums().get(task);
        if (lag == null) {
            throw new IllegalStateException(
                    "Tried to lookup lag for unknown or stateless task " + task);
        }
        return lag;
    }

    @Override
    public SortedSet<TaskId> prevTasksByLag(String consumerClientId) {
        Map<TaskId, Long> known = statefulTasksToLagSums();
        SortedSet<TaskId> sorted =
                new TreeSet<>(
                        Comparator.comparingLong((TaskId task) -> known.getOrDefault(task, 0L))
                                .thenComparing(Comparator.naturalOrder()));
        sorted.addAll(tasksOfThreads.getOrDefault(consumerClientId, new TreeSet<>()));
        return sorted;
    }
}
