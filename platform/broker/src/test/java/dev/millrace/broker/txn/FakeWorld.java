package dev.millrace.broker.txn;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A world in which time stands still until it is told to pass, and in which appends and markers are
 * done at once, or wait until they are let through.
 */
final class FakeWorld implements TxnShard.World {
    /** A marker on its way. */
    record Sent(TopicPartition partition, TxnMarker marker, Promise<Void> promise) {}

    /** A record on its way into the log. */
    record Appending(ByteBuffer batches, Promise<Void> promise) {}

    private record Timer(long dueMs, long number, Runnable work) {}

    final List<ByteBuffer> log = new ArrayList<>();
    final Queue<Appending> appending = new ArrayDeque<>();
    final List<Sent> sent = new ArrayList<>();
    final Set<TopicPartition> deleted = new HashSet<>();
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(
                    Comparator.comparingLong(Timer::dueMs).thenComparingLong(Timer::number));
    boolean slowLog;
    boolean slowMarkers;
    @Nullable RuntimeException appendFailure;
    @Nullable Throwable broken;
    short serverVersion = 2;
    long nowMs = 1_000_000;
    private long producerIds = 100;
    private long timerNumber;

    @Override
    public Future<Void> append(ByteBuffer batches) {
        RuntimeException failure = appendFailure;
        if (failure != null) {
            return Future.failedFuture(failure);
        }
        Appending next = new Appending(batches, Promise.promise());
        appending.add(next);
        if (!slowLog) {
            letAppend();
        }
        return next.promise.future();
    }

    /** The oldest append that waits is done. */
    void letAppend() {
        Appending next = appending.remove();
        log.add(next.batches);
        next.promise.complete();
    }

    @Override
    public Future<Void> write(TopicPartition partition, TxnMarker marker) {
        Sent next = new Sent(partition, marker, Promise.promise());
        sent.add(next);
        if (!slowMarkers) {
            next.promise.complete();
        }
        return next.promise.future();
    }

    @Override
    public Future<Long> nextProducerId() {
        return Future.succeededFuture(producerIds++);
    }

    @Override
    public void after(long delayMs, Runnable work) {
        timers.add(new Timer(nowMs + delayMs, timerNumber++, work));
    }

    void pass(long ms) {
        long until = nowMs + ms;
        for (Timer next = timers.peek();
                next != null && next.dueMs <= until;
                next = timers.peek()) {
            timers.remove();
            nowMs = Math.max(nowMs, next.dueMs);
            next.work.run();
        }
        nowMs = until;
    }

    @Override
    public boolean exists(TopicPartition partition) {
        return !deleted.contains(partition);
    }

    @Override
    public short serverVersion() {
        return serverVersion;
    }

    @Override
    public void broken(Throwable cause) {
        broken = cause;
    }
}
