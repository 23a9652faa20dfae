package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.TaskAssignmentException;
import dev.millrace.streams.internal.Instances;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.assignment.ApplicationState;
import dev.millrace.streams.processor.assignment.AssignmentConfigs;
import dev.millrace.streams.processor.assignment.KafkaStreamsAssignment;
import dev.millrace.streams.processor.assignment.KafkaStreamsAssignment.AssignedTask;
import dev.millrace.streams.processor.assignment.KafkaStreamsState;
import dev.millrace.streams.processor.assignment.ProcessId;
import dev.millrace.streams.processor.assignment.TaskAssignmentUtils;
import dev.millrace.streams.processor.assignment.TaskAssignor;
import dev.millrace.streams.processor.assignment.TaskInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupAssignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * Asks an assignor of the program's own, which knows instances, and shares out what an instance
 * gets between its threads: a task stays with its thread, others go to the one with the fewest.
 */
final class ProgramAssignor {
    private final TaskAssignor assignor;
    private final AssignmentConfigs configs;
    private final TaskInfos infos;
    private TaskAssignor.AssignmentError error = TaskAssignor.AssignmentError.NONE;

    /**
     * Null where {@code task.assignor.class} names none.
     *
     * @throws ConfigException when it names something else
     */
    static @Nullable ProgramAssignor of(
            StreamsConfig config, Collection<SubtopologySpec> subtopologies) {
        @Nullable String className = config.getString(StreamsConfig.TASK_ASSIGNOR_CLASS_CONFIG);
        return className == null ? null : new ProgramAssignor(className, config, subtopologies);
    }

    private ProgramAssignor(
            String className, StreamsConfig config, Collection<SubtopologySpec> subtopologies) {
        this.infos = new TaskInfos(config.applicationId(), subtopologies);
        try {
            assignor = Instances.of(className, TaskAssignor.class);
        } catch (ClassNotFoundException | ClassCastException e) {
            throw new ConfigException(
                    StreamsConfig.TASK_ASSIGNOR_CLASS_CONFIG,
                    className,
                    "it must name a class that implements " + TaskAssignor.class.getName());
        }
        assignor.configure(config.originals());
        configs = AssignmentConfigs.of(config);
    }

    /** The application at one moment. */
    private record Application(
            Map<TaskId, TaskInfo> allTasks,
            Map<String, TaskPlacement.Member> members,
            Map<String, String> racks,
            Map<TaskId, Long> ends,
            AssignmentConfigs assignmentConfigs)
            implements ApplicationState {
        @Override
        public Map<ProcessId, KafkaStreamsState> kafkaStreamsStates(boolean computeTaskLags) {
            Map<TaskId, Long> known = computeTaskLags ? ends : null;
            Map<ProcessId, List<String>> threads = new TreeMap<>();
            members.forEach(
                    (id, member) ->
                            threads.computeIfAbsent(
                                            new ProcessId(member.processId()),
                                            each -> new ArrayList<>())
                                    .add(id));
            Map<ProcessId, KafkaStreamsState> states = new HashMap<>();
            threads.forEach(
                    (process, ids) ->
                            states.put(
                                    process, ProcessState.of(process, ids, members, racks, known)));
            return states;
        }
    }

    /**
     * @param sources of the tasks
     * @param racks of members that have one
     * @param ends sums of the end offsets of changelogs
     * @throws TaskAssignmentException when tasks or instances in the answer are unknown
     */
    Map<String, TaskPlacement.Placed> place(
            Map<TaskId, List<TopicPartition>> sources,
            Cluster cluster,
            Map<String, TaskPlacement.Member> members,
            Map<String, String> racks,
            Map<TaskId, Long> ends,
            GroupSubscription subscription) {
        Application application =
                new Application(infos.of(sources, cluster), members, racks, ends, configs);
        TaskAssignor.TaskAssignment answer = assignor.assign(application);
        error = TaskAssignmentUtils.validateTaskAssignment(application, answer);
        if (error == TaskAssignor.AssignmentError.UNKNOWN_PROCESS_ID
                || error == TaskAssignor.AssignmentError.UNKNOWN_TASK_ID) {
            assignor.onAssignmentComputed(new GroupAssignment(Map.of()), subscription, error);
            throw failed();
        }
        Map<String, TaskPlacement.Placed> placed = new TreeMap<>();
        members.keySet().forEach(id -> placed.put(id, new TaskPlacement.Placed()));
        for (KafkaStreamsAssignment each : answer.assignment()) {
            share(each, members, placed);
        }
        return placed;
    }

    /**
     * @throws TaskAssignmentException when something is wrong with what was placed
     */
    void computed(GroupAssignment assignment, GroupSubscription subscription) {
        assignor.onAssignmentComputed(assignment, subscription, error);
        if (error != TaskAssignor.AssignmentError.NONE) {
            throw failed();
        }
    }

    private TaskAssignmentException failed() {
        return new TaskAssignmentException(
                "Task assignment with "
                        + assignor.getClass().getName()
                        + " returned an error: "
                        + error);
    }

    private static void share(
            KafkaStreamsAssignment assignment,
            Map<String, TaskPlacement.Member> members,
            Map<String, TaskPlacement.Placed> placed) {
        List<String> threads =
                members.keySet().stream()
                        .filter(
                                id ->
                                        member(id, members)
                                                .processId()
                                                .equals(assignment.processId().id()))
                        .toList();
        if (threads.isEmpty()) {
            return;
        }
        Set<TaskId> active = new TreeSet<>();
        Set<TaskId> standby = new TreeSet<>();
        for (AssignedTask task : assignment.tasks().values()) {
            (task.type() == AssignedTask.Type.ACTIVE ? active : standby).add(task.id());
        }
        int most = (active.size() + threads.size() - 1) / threads.size();
        for (String thread : threads) {
            TaskPlacement.Placed own = Objects.requireNonNull(placed.get(thread));
            active.removeIf(
                    task ->
                            member(thread, members).running().contains(task)
                                    && own.active().size() < most
                                    && own.active().add(task));
        }
        for (TaskId task : active) {
            fewest(threads, placed).active().add(task);
        }
        for (TaskId task : standby) {
            fewest(threads, placed).standby().add(task);
        }
    }

    private static TaskPlacement.Member member(
            String id, Map<String, TaskPlacement.Member> members) {
        return Objects.requireNonNull(members.get(id), id);
    }

    private static TaskPlacement.Placed fewest(
            List<String> threads, Map<String, TaskPlacement.Placed> placed) {
        return threads.stream()
                .map(thread -> Objects.requireNonNull(placed.get(thread), thread))
                .min(Comparator.comparingInt(TaskPlacement.Placed::size))
                .orElseThrow();
    }
}
