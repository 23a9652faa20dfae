package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.TaskMetadata;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.task.Progress;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.processor.TaskId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of one thread, from assignment to close:
 *
 * <pre>
 * assigned -> waiting -> restoring -> running -> closed
 *                          ^
 * assigned as standby -> standby -> closed
 * </pre>
 *
 * A task waits while another thread of this process still has it open, or while a transaction that
 * may move its sources is under way; it restores while its stores lag behind their changelogs. Used
 * by the thread only.
 */
final class TaskSet {
    private static final Logger LOG = LoggerFactory.getLogger(TaskSet.class);

    private final BiFunction<TaskId, List<TopicPartition>, Task> factory;
    private final StateDirectory stateDirectory;
    private final ProducerCollector collector;
    private final Restorer restorer;
    private final Checkpoints checkpoints;
    private final StreamsMetrics.OfThread metrics;
    private final LocalExchange exchange;

    private final Map<TaskId, Task> running = new TreeMap<>();
    private final Map<TaskId, Task> restoring = new TreeMap<>();
    private final Map<TaskId, Task> standbys = new TreeMap<>();
    private final Map<TaskId, List<TopicPartition>> waiting = new TreeMap<>();
    private final Set<TaskId> waitingStandbys = new TreeSet<>();
    private final Map<TopicPartition, Task> taskOf = new HashMap<>();

    TaskSet(
            BiFunction<TaskId, List<TopicPartition>, Task> factory,
            StateDirectory stateDirectory,
            ProducerCollector collector,
            Restorer restorer,
            Checkpoints checkpoints,
            StreamsMetrics.OfThread metrics,
            LocalExchange exchange) {
        this.metrics = metrics;
        this.exchange = exchange;
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

    /** Those that follow their changelogs. */
    Collection<Task> standbys() {
        return standbys.values();
    }

    boolean isRunning(Task task) {
        return running.containsKey(task.id());
    }

    /** The open task that reads the partition. */
    @Nullable Task of(TopicPartition partition) {
        return taskOf.get(partition);
    }

    /** Whether an assigned task cannot be opened yet. */
    boolean isWaiting() {
        return !waiting.isEmpty() || !waitingStandbys.isEmpty();
    }

    /** Whether every assigned task takes records. */
    boolean allRun() {
        return restoring.isEmpty() && waiting.isEmpty();
    }

    /** Whether there is something to process now. */
    boolean hasRecords() {
        for (Task task : running.values()) {
            if (task.hasRecords() && task.hasRoom() && !exchange.holds(task)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a task waits for a subscriber, and not for input. */
    boolean waitsForSubscribers() {
        for (Task task : running.values()) {
            if (!task.hasRoom()) {
                return true;
            }
        }
        return false;
    }

    /** Ids of all tasks that are or will be active here. */
    Set<TaskId> active() {
        Set<TaskId> ids = new TreeSet<>(running.keySet());
        ids.addAll(restoring.keySet());
        ids.addAll(waiting.keySet());
        return ids;
    }

    /** Whether {@link #assign} would close tasks: what they did must be committed first. */
    boolean closesAny(Map<TaskId, List<TopicPartition>> assigned) {
        return active(openActive(), assigned).size() < openActive().size();
    }

    private static List<Task> active(List<Task> open, Map<TaskId, List<TopicPartition>> assigned) {
        return open.stream()
                .filter(
                        task -> {
                            List<TopicPartition> again = assigned.get(task.id());
                            return again != null && task.partitions().equals(Set.copyOf(again));
                        })
                .toList();
    }

    /** Closes what is not assigned any more, keeps the rest open; {@link #openWaiting} the new. */
    void assign(Map<TaskId, List<TopicPartition>> assigned, Set<TaskId> following) {
        List<Task> closing = new ArrayList<>(openActive());
        closing.removeAll(active(closing, assigned));
        closing.forEach(task -> close(task, true));
        for (Task task : List.copyOf(standbys.values())) {
            if (!following.contains(task.id()) && !assigned.containsKey(task.id())) {
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
        waitingStandbys.clear();
        waitingStandbys.addAll(following);
        waitingStandbys.removeAll(standbys.keySet());
        waitingStandbys.removeAll(assigned.keySet());
    }

    /** Closes those that were taken away; what they did is committed. */
    void revoke(Collection<TaskId> ids) {
        for (TaskId id : ids) {
            waiting.remove(id);
            Task task = running.containsKey(id) ? running.get(id) : restoring.get(id);
            if (task != null) {
                close(task, true);
            }
        }
    }

    /**
     * Opens those waiting tasks that no other thread has.
     *
     * @param positioned whether it is settled where the sources go on; false: ask again later
     * @param progress what was committed with the position of a source
     */
    void openWaiting(
            Predicate<Collection<TopicPartition>> positioned,
            Function<TopicPartition, Progress> progress) {
        if (!isWaiting()) {
            return;
        }
        List<Task> opened = new ArrayList<>();
        Set<Task> promoted = new HashSet<>();
        waiting.entrySet()
                .removeIf(
                        entry -> {
                            TaskId id = entry.getKey();
                            if (!stateDirectory.own(id)) {
                                return false;
                            }
                            if (!positioned.test(entry.getValue())) {
                                if (!standbys.containsKey(id)) {
                                    stateDirectory.release(id);
                                }
                                return false;
                            }
                            Task standby = standbys.remove(id);
                            Task task = standby;
                            if (task == null) {
                                task = factory.apply(id, entry.getValue());
                            } else {
                                task.read(entry.getValue());
                                promoted.add(task);
                            }
                            for (TopicPartition each : entry.getValue()) {
                                task.resume(each, progress.apply(each));
                                taskOf.put(each, task);
                            }
                            restoring.put(id, task);
                            opened.add(task);
                            return true;
                        });
        if (!opened.isEmpty()) {
            restorer.begin(opened, promoted).forEach(this::restored);
        }
        openStandbys();
    }

    private void openStandbys() {
        List<Task> opened = new ArrayList<>();
        waitingStandbys.removeIf(
                id -> {
                    boolean free = stateDirectory.own(id);
                    if (free) {
                        Task task = factory.apply(id, List.of());
                        standbys.put(id, task);
                        opened.add(task);
                    }
                    return free;
                });
        if (!opened.isEmpty()) {
            restorer.follow(opened);
        }
    }

    /** Reads changelogs on; whether there was something to read. */
    boolean restore(Duration timeout) {
        Restorer.Progress progress = restorer.poll(timeout);
        progress.complete().forEach(this::restored);
        standbys.values().forEach(this::reportPosition);
        return progress.moved();
    }

    private void reportPosition(Task task) {
        stateDirectory.report(task.id(), positions(task));
    }

    private long positions(Task task) {
        long sum = 0;
        for (String topic : task.changelogs().keySet()) {
            Long held = restorer.heldUntil(new TopicPartition(topic, task.id().partition()));
            sum += held == null ? 0 : held;
        }
        return sum;
    }

    /** Whether there are changelogs to read. */
    boolean reads() {
        return !restorer.isIdle();
    }

    boolean isRestoring() {
        return restorer.isRestoring();
    }

    /** Records that the standby has yet to read; empty when it is none, or nobody knows. */
    OptionalLong lag(TaskId standby) {
        Task task = standbys.get(standby);
        return task == null ? OptionalLong.empty() : restorer.lag(task);
    }

    /**
     * Writes out what caches hold back; what is handed over meanwhile may fill the cache of a task
     * that was through already.
     */
    void flushCaches() {
        long before;
        do {
            before = exchange.total();
            running.values().forEach(Task::flushCaches);
        } while (exchange.total() > before);
    }

    private void restored(Task task) {
        restoring.remove(task.id());
        task.start();
        running.put(task.id(), task);
        exchange.changed();
        metrics.taskOpened();
    }

    /** Makes all stores durable and notes how far they go; everything is committed. */
    void checkpoint() {
        running.values().forEach(checkpoints::write);
        standbys.values().forEach(checkpoints::write);
    }

    private void close(Task task, boolean clean) {
        exchange.changed();
        if (clean) {
            checkpoints.write(task);
        }
        restorer.forget(task);
        task.partitions().forEach(taskOf::remove);
        task.changelogs()
                .keySet()
                .forEach(
                        topic ->
                                collector.forget(new TopicPartition(topic, task.id().partition())));
        running.remove(task.id());
        restoring.remove(task.id());
        standbys.remove(task.id());
        exchange.changed();
        metrics.taskClosed();
        task.close();
        stateDirectory.release(task.id());
    }

    private List<Task> openActive() {
        List<Task> all = new ArrayList<>(running.values());
        all.addAll(restoring.values());
        return all;
    }

    /** Tasks with open stores, and whether they run. */
    Map<TaskId, Boolean> open() {
        Map<TaskId, Boolean> open = new TreeMap<>();
        standbys.keySet().forEach(id -> open.put(id, false));
        restoring.keySet().forEach(id -> open.put(id, false));
        running.keySet().forEach(id -> open.put(id, true));
        return open;
    }

    /** The task with open stores; null: none. */
    @Nullable Task find(TaskId id) {
        Task task = running.get(id);
        if (task == null) {
            task = restoring.get(id);
        }
        return task != null ? task : standbys.get(id);
    }

    /** First offset of each changelog that its open store does not hold. */
    Map<TopicPartition, Long> changelogPositions() {
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (TaskId id : open().keySet()) {
            Task task = find(id);
            if (task != null) {
                for (String topic : task.changelogs().keySet()) {
                    TopicPartition partition = new TopicPartition(topic, id.partition());
                    Long written = collector.nextOffset(partition);
                    Long held = written != null ? written : restorer.heldUntil(partition);
                    positions.put(partition, held == null ? 0 : held);
                }
            }
        }
        return positions;
    }

    Set<TaskMetadata> describe(Collection<Task> described) {
        Set<TaskMetadata> all = new HashSet<>();
        for (Task task : described) {
            all.add(
                    new Description(
                            task.id(),
                            Set.copyOf(task.partitions()),
                            Map.of(),
                            Map.of(),
                            Optional.empty()));
        }
        return all;
    }

    private record Description(
            TaskId taskId,
            Set<TopicPartition> topicPartitions,
            Map<TopicPartition, Long> committedOffsets,
            Map<TopicPartition, Long> endOffsets,
            Optional<Long> timeCurrentIdlingStarted)
            implements TaskMetadata {}

    /** Closes all active tasks; what they did since the last commit is lost. */
    void closeActiveDirty() {
        closeAll(openActive(), false);
    }

    /**
     * @param clean everything was committed, and the checkpoints are to say so
     */
    void closeAll(boolean clean) {
        closeAll(openActive(), clean);
        closeAll(List.copyOf(standbys.values()), clean);
        waitingStandbys.clear();
    }

    private void closeAll(List<Task> tasks, boolean clean) {
        for (Task task : tasks) {
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

    long uncommittedBytes() {
        long bytes = 0;
        for (Task task : running.values()) {
            bytes += task.uncommittedBytes();
        }
        return bytes;
    }
}
