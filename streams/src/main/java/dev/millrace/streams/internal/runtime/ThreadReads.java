package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.errors.StateStoreMigratedException;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.query.Position;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The stores of one thread's tasks, for readers on other threads. They read between two rounds of
 * the thread, which holds the gate while its tasks work.
 */
final class ThreadReads {
    private final ReentrantLock gate;
    private final TaskSet tasks;
    private final SourceInput input;

    /** What a reader has met while he wrote out a cache; the thread has to deal with it. */
    private volatile @Nullable RuntimeException met;

    ThreadReads(ReentrantLock gate, TaskSet tasks, SourceInput input) {
        this.gate = gate;
        this.tasks = tasks;
        this.input = input;
    }

    private <R> R gated(Supplier<R> reading) {
        gate.lock();
        try {
            return reading.get();
        } finally {
            gate.unlock();
        }
    }

    /** Tasks with open stores, and whether they run. */
    Map<TaskId, Boolean> open() {
        return gated(tasks::open);
    }

    /** Positions in the changelogs of open tasks. */
    Map<TopicPartition, Long> changelogPositions() {
        return gated(tasks::changelogPositions);
    }

    /**
     * @param everything whether what the cache holds back goes into the store first
     * @throws StateStoreMigratedException when the task is not here any more
     */
    <R> R read(TaskId id, String store, boolean everything, Function<StateStore, R> reading) {
        return query(id, store, everything, (view, position) -> reading.apply(view));
    }

    /** Reads a store together with what its task has seen of its sources. */
    <R> R query(
            TaskId id,
            String store,
            boolean everything,
            BiFunction<StateStore, Position, R> reading) {
        return gated(
                () -> {
                    Task task = tasks.find(id);
                    if (task == null) {
                        throw new StateStoreMigratedException(
                                "State store "
                                        + store
                                        + " of task "
                                        + id
                                        + " is not here any more");
                    }
                    if (everything && tasks.isRunning(task)) {
                        writeOut(task, store);
                    }
                    return reading.apply(task.view(store), position(task));
                });
    }

    /** What was committed when the task began, and what it has processed since. */
    private Position position(Task task) {
        return input.began(task.partitions()).merge(task.position());
    }

    private void writeOut(Task task, String store) {
        try {
            task.flushCaches();
        } catch (RuntimeException e) {
            met = e;
            throw new InvalidStateStoreException(
                    "State store " + store + " cannot be read: its task fails", e);
        }
    }

    /** On the thread: throws what a reader has met. */
    void rethrow() {
        RuntimeException thrown = met;
        if (thrown != null) {
            met = null;
            throw thrown;
        }
    }
}
