package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.processor.TaskId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of one thread, from assignment to close:
 *
 * <pre>
 * assigned -> waiting -> restoring -> running -> closed
 * </pre>
 *
 * A task waits while another thread of this process still has it open, and restores while its
 * stores lag behind their changelogs. Used by the thread only.
 */
final class TaskSet {
    private static final Logger LOG = LoggerFactory.getLogger(TaskSet.class);

    private final BiFunction<TaskId, List<TopicPartition>, Task> factory;
    private final StateDirectory stateDirectory;
    private final ProducerCollector collector;
    private final Restorer restorer;
    private final Checkpoints checkpoints;

    private final Map<TaskId, Task> running = new TreeMap<>();
    private final Map<TaskId, Task> restoring = new TreeMap<>();
    private final Map<TaskId, List<TopicPartition>> waiting = new TreeMap<>();
    private final Map<TopicPartition, Task> taskOf = new HashMap<>();

    TaskSet(
            BiFunction<TaskId, List<TopicPartition>, Task> factory,
            StateDirectory stateDirectory,
            ProducerCollector collector,
            Restorer restorer,
            Checkpoints checkpoints) {
        this.factory = factory;
        this.stateDirectory = stateDirectory;
        this.collector = collector;
        this.restorer = restorer;
        this.checkpoints = checkpoints;
    }

    /** In the order of their ids; those that take records. */
    Collection<Task> running() {
        return running.values();
    }

    boolean isRunning(Task task) {
        return running.containsKey(task.id());
    }

    /** The open task that reads the partition. */
    @Nullable Task of(TopicPartition partition) {
        return taskOf.get(partition);
    }

    /** Whether another thread has to close an assigned task first. */
    boolean isWaiting() {
        return !waiting.isEmpty();
    }

    /** Whether every assigned task takes records. */
    boolean allRun() {
        return restoring.isEmpty() && waiting.isEmpty();
    }

    boolean hasRecords() {
        for (Task task : running.values()) {
            if (task.hasRecords()) {
                return true;
            }
        }
        return false;
    }

    /** Closes what is not assigned any more, keeps the rest open; {@link #openWaiting} the new. */
    void assign(Map<TaskId, List<TopicPartition>> assigned) {
        for (Task task : open()) {
            List<TopicPartition> again = assigned.get(task.id());
            if (again == null || !task.partitions().equals(Set.copyOf(again))) {
                close(task, true);
            }
        }
        waiting.clear();
        assigned.forEach(
                (id, partitions) -> {
                    if (!running.containsKey(id) && !restoring.containsKey(id)) {
                        waiting.put(id, partitions);
                    }
                });
    }

    /** Opens those waiting tasks that no other thread has. */
    void openWaiting() {
        if (waiting.isEmpty()) {
            return;
        }
        List<Task> opened = new ArrayList<>();
        waiting.entrySet()
                .removeIf(
                        entry -> {
                            boolean free = stateDirectory.own(entry.getKey());
                            if (free) {
                                Task task = factory.apply(entry.getKey(), entry.getValue());
                                entry.getValue().forEach(each -> taskOf.put(each, task));
                                restoring.put(task.id(), task);
                                opened.add(task);
                            }
                            return free;
                        });
        if (!opened.isEmpty()) {
            restorer.begin(opened).forEach(this::restored);
        }
    }

    /** Reads changelogs on; at once when nothing is to be restored. */
    void restore(Duration timeout) {
        restorer.poll(timeout).forEach(this::restored);
    }

    boolean isRestoring() {
        return !restorer.isIdle();
    }

    private void restored(Task task) {
        restoring.remove(task.id());
        task.start();
        running.put(task.id(), task);
    }

    private void close(Task task, boolean clean) {
        restorer.forget(task);
        if (clean && isRunning(task)) {
            checkpoints.write(task);
        }
        task.partitions().forEach(taskOf::remove);
        task.changelogs()
                .keySet()
                .forEach(
                        topic ->
                                collector.forget(new TopicPartition(topic, task.id().partition())));
        running.remove(task.id());
        restoring.remove(task.id());
        task.close();
        stateDirectory.release(task.id());
    }

    private List<Task> open() {
        List<Task> all = new ArrayList<>(running.values());
        all.addAll(restoring.values());
        return all;
    }

    /**
     * @param clean everything was committed, and the checkpoints are to say so
     */
    void closeAll(boolean clean) {
        for (Task task : open()) {
            try {
                close(task, clean);
            } catch (RuntimeException e) {
                LOG.error("Cannot close task {}", task.id(), e);
            }
        }
        waiting.clear();
    }

    /** The open task that reads the partition. */
    Task require(TopicPartition partition) {
        Task task = taskOf.get(partition);
        if (task == null) {
            throw new StreamsException("Records of " + partition + " belong to no task here");
        }
        return task;
    }
}
