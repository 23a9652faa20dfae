package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    /**
     * Opens the tasks' stores.
     *
     * @return those that are complete already; the others will be, after some {@link #poll}s
     */
    List<Task> begin(Collection<Task> tasks) {
        List<TopicPartition> changelogs = new ArrayList<>();
        tasks.forEach(task -> changelogs.addAll(changelogsOf(task)));
        Map<TopicPartition, Long> first = consumer.beginningOffsets(changelogs);
        Map<TopicPartition, Long> last = consumer.endOffsets(changelogs);
        Map<TopicPartition, Long> starts = new HashMap<>();
        List<Task> complete = new ArrayList<>();
        for (Task task : tasks) {
            Map<TopicPartition, Long> behind = open(task, first, last);
            if (behind.isEmpty()) {
                complete.add(task);
            } else {
                starts.putAll(behind);
                LOG.info("Task {} restores {}", task.id(), behind.keySet());
            }
        }
        if (!starts.isEmpty()) {
            consumer.assign(taskOf.keySet());
            starts.forEach(consumer::seek);
        }
        return complete;
    }

    private static List<TopicPartition> changelogsOf(Task task) {
        return task.changelogs().keySet().stream()
                .map(topic -> new TopicPartition(topic, task.id().partition()))
                .toList();
    }

    /** Where to begin in the changelogs that the opened stores lag behind. */
    private Map<TopicPartition, Long> open(
            Task task, Map<TopicPartition, Long> first, Map<TopicPartition, Long> last) {
        Map<TopicPartition, Long> checkpoint =
                new CheckpointFile(stateDirectory.task(task.id())).read();
        Set<TopicPartition> valid = new HashSet<>();
        for (TopicPartition partition : changelogsOf(task)) {
            long stored = checkpoint.getOrDefault(partition, -1L);
            if (stored >= offset(first, partition) && stored <= offset(last, partition)) {
                valid.add(partition);
            } else {
                stateDirectory.deleteStore(task.id(), storeOf(task, partition));
            }
        }
        task.openStores();
        Map<TopicPartition, Long> starts = new HashMap<>();
        for (TopicPartition partition : changelogsOf(task)) {
            boolean fromCheckpoint =
                    valid.contains(partition) && task.persistent(storeOf(task, partition));
            long start = offset(fromCheckpoint ? checkpoint : first, partition);
            long end = offset(last, partition);
            held.put(partition, end);
            if (start < end) {
                starts.put(partition, start);
                taskOf.put(partition, task);
                ends.put(partition, end);
            }
        }
        return starts;
    }

    private static String storeOf(Task task, TopicPartition changelog) {
        return Objects.requireNonNull(task.changelogs().get(changelog.topic())).name();
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
