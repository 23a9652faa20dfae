package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.internal.topology.StoreSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the stores of new tasks from their changelogs, up to the ends that they have when the task
 * begins: its former owner has stopped writing by then. Persistent stores begin at their
 * checkpoint; one without, or with one that the changelog does not reach, begins empty.
 */
final class Restorer {
    private static final Logger LOG = LoggerFactory.getLogger(Restorer.class);

    private final Consumer<byte[], byte[]> consumer;
    private final StateDirectory stateDirectory;
    private final Map<TopicPartition, Task> taskOf = new HashMap<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<TopicPartition, Long> held = new HashMap<>();

    Restorer(Consumer<byte[], byte[]> consumer, StateDirectory stateDirectory) {
        this.consumer = consumer;
        this.stateDirectory = stateDirectory;
    }

    /** Opens the task's stores; whether there is anything to restore. */
    boolean begin(Task task) {
        Map<TopicPartition, StoreSpec> changelogs = new HashMap<>();
        task.changelogs()
                .forEach(
                        (topic, store) ->
                                changelogs.put(
                                        new TopicPartition(topic, task.id().partition()), store));
        Map<TopicPartition, Long> checkpoint =
                new CheckpointFile(stateDirectory.task(task.id())).read();
        Map<TopicPartition, Long> first = consumer.beginningOffsets(changelogs.keySet());
        Map<TopicPartition, Long> last = consumer.endOffsets(changelogs.keySet());
        Set<TopicPartition> valid = new HashSet<>();
        changelogs.forEach(
                (partition, store) -> {
                    long held = checkpoint.getOrDefault(partition, -1L);
                    if (held >= offset(first, partition) && held <= offset(last, partition)) {
                        valid.add(partition);
                    } else {
                        stateDirectory.deleteStore(task.id(), store.name());
                    }
                });
        task.openStores();
        Map<TopicPartition, Long> starts = new HashMap<>();
        changelogs.forEach(
                (partition, store) -> {
                    boolean fromCheckpoint =
                            valid.contains(partition) && task.persistent(store.name());
                    long start = offset(fromCheckpoint ? checkpoint : first, partition);
                    held.put(partition, offset(last, partition));
                    if (start < offset(last, partition)) {
                        starts.put(partition, start);
                        taskOf.put(partition, task);
                        ends.put(partition, offset(last, partition));
                    }
                });
        if (!starts.isEmpty()) {
            consumer.assign(taskOf.keySet());
            starts.forEach(consumer::seek);
            LOG.info("Task {} restores {}", task.id(), starts.keySet());
        }
        return !starts.isEmpty();
    }

    private static long offset(Map<TopicPartition, Long> offsets, TopicPartition partition) {
        return offsets.getOrDefault(partition, 0L);
    }

    boolean isIdle() {
        return taskOf.isEmpty();
    }

    /** Reads on; the tasks that are complete now. */
    Set<Task> poll(Duration timeout) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(timeout);
        for (TopicPartition partition : records.partitions()) {
            Task task = taskOf.get(partition);
            if (task != null) {
                task.restore(partition.topic(), records.records(partition));
            }
        }
        Set<Task> complete = new HashSet<>();
        for (TopicPartition partition : List.copyOf(taskOf.keySet())) {
            if (consumer.position(partition) >= offset(ends, partition)) {
                Task task = taskOf.remove(partition);
                ends.remove(partition);
                if (task != null) {
                    complete.add(task);
                }
            }
        }
        if (!complete.isEmpty()) {
            consumer.assign(new ArrayList<>(taskOf.keySet()));
            complete.removeAll(Set.copyOf(taskOf.values()));
        }
        return complete;
    }

    /** First offset of a changelog that its store was not filled with; null for one not begun. */
    @Nullable Long heldUntil(TopicPartition changelog) {
        return held.get(changelog);
    }

    void forget(Task task) {
        task.changelogs()
                .keySet()
                .forEach(topic -> held.remove(new TopicPartition(topic, task.id().partition())));
        if (taskOf.values().removeIf(owner -> owner == task)) {
            ends.keySet().retainAll(taskOf.keySet());
            consumer.assign(new ArrayList<>(taskOf.keySet()));
        }
    }
}
