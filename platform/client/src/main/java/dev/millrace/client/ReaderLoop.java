package dev.millrace.client;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscription to a topic: the thread that owns the consumer, and the only one that calls the
 * subscriber.
 *
 * <pre>
 * demand, nothing pending:   resume, poll, project into pending
 * demand, something pending: hand it down
 * no demand:                 pause all partitions; poll only keeps the group membership alive
 * cancelled:                 wake up, commit (group), close the consumer, end the thread
 * </pre>
 *
 * Other threads touch {@code requested} and {@code stop}, and wake the consumer up.
 */
final class ReaderLoop<R> implements Subscription, Projection.Sink<R> {
    private static final Logger log = LoggerFactory.getLogger(ReaderLoop.class);
    private static final AtomicLong THREADS = new AtomicLong();
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final long PARTITIONS_NS = 10_000_000_000L;
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private final ClientConfig config;
    private final String topic;
    private final ReadOptions options;
    private final Settling settling;
    private final Projection<R> projection;
    private final Subscriber<? super R> downstream;
    private final OpenReaders open;
    private final Thread thread;

    private final AtomicLong requested = new AtomicLong();
    private volatile @Nullable Stop stop;
    private volatile @Nullable Consumer<byte[], byte[]> consumer;
    private boolean polling; // guarded by this
    private boolean woken; // guarded by this

    // Below: the owner thread only.
    private final ArrayDeque<Object> pending = new ArrayDeque<>();
    private final Map<TopicPartition, Long> catchUpTo = new HashMap<>();
    private final Set<TopicPartition> known = new HashSet<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private @Nullable GroupCommits commits;
    private @Nullable ConsumerRecord<?, ?> unsettled;
    private long partitionsSeenNs = System.nanoTime();
    private boolean paused;
    private boolean caughtUp;

    /** When a record counts as consumed by the group. */
    enum Settling {
        HANDED_DOWN,
        /** For a subscriber that asks for one record at a time, when it is done with the last. */
        NEXT_REQUESTED
    }

    /** Why the loop ends early; a cause is told to the subscriber, none means it cancelled. */
    private record Stop(@Nullable Throwable cause) {}

    /** Results that wait in {@link #pending} as an iterator. */
    private record Lazy<R>(Iterator<R> results) {}

    ReaderLoop(
            ClientConfig config,
            String topic,
            ReadOptions options,
            Settling settling,
            Projection<R> projection,
            Subscriber<? super R> downstream,
            OpenReaders open) {
        this.config = config;
        this.topic = topic;
        this.options = options;
        this.settling = settling;
        this.projection = projection;
        this.downstream = downstream;
        this.open = open;
        this.thread =
                new Thread(this::run, "millrace-reader-" + topic + "-" + THREADS.incrementAndGet());
        thread.setDaemon(true);
    }

    void start() {
        open.add(this);
        thread.start();
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            end(new Stop(new IllegalArgumentException("request: expected 1 or more, got " + n)));
            return;
        }
        requested.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        synchronized (this) {
            if (polling) {
                woken = true;
                wakeup();
            }
        }
    }

    @Override
    public void cancel() {
        end(new Stop(null));
    }

    void clientClosed() {
        end(new Stop(new ClientException.Closed("it was reading topic " + topic)));
    }

    void join(long timeoutMs) {
        if (Thread.currentThread() == thread) {
            return; // closed by its own subscriber
        }
        try {
            thread.join(timeoutMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void end(Stop reason) {
        if (stop == null) {
            stop = reason;
        }
        wakeup();
    }

    private void wakeup() {
        Consumer<byte[], byte[]> current = consumer;
        if (current != null) {
            current.wakeup();
        }
    }

    private void run() {
        Throwable failure = null;
        try (Closing closing = new Closing(Consumers.create(config, options))) {
            consumer = closing.consumer;
            if (stop == null) { // else it was cancelled before there was a consumer to wake up
                read(closing.consumer);
            }
        } catch (WakeupException e) {
            if (stop == null) {
                failure = e;
            }
        } catch (Throwable e) { // whatever it is, the subscriber must hear of it
            failure = e;
        } finally {
            consumer = null;
            open.remove(this);
        }
        Stop reason = stop;
        if (reason != null) {
            if (reason.cause != null) {
                downstream.onError(reason.cause);
            } else if (failure != null) {
                log.debug("reader of {} failed after it was cancelled", topic, failure);
            }
        } else if (failure != null) {
            downstream.onError(failure);
        } else {
            downstream.onComplete();
        }
    }

    /** Returns when everything bounded has been handed down, or when the loop was stopped. */
    private void read(Consumer<byte[], byte[]> consumer) {
        Positions positions = new Positions(consumer, config);
        begin(consumer, positions);
        while (stop == null) {
            handDown();
            if (stop != null) {
                break;
            }
            if (pending.isEmpty() && options.bounded() && caughtUp) {
                return;
            }
            if (commits != null) {
                commits.commitIfDue();
            }
            poll(consumer);
            if (!caughtUp) {
                checkCaughtUp(consumer);
            }
            if (options.group().isEmpty()
                    && options.partitions().isEmpty()
                    && caughtUp
                    && !paused) {
                addNewPartitions(consumer, positions);
            }
        }
        if (commits != null) {
            if (requested.get() > 0) {
                settlePrevious();
            }
            commits.commitNow();
        }
    }

    private void begin(Consumer<byte[], byte[]> consumer, Positions positions) {
        List<TopicPartition> partitions = positions.partitions(topic, options);
        if (options.group().isPresent()) {
            commits = new GroupCommits(consumer);
            caughtUp = true;
            consumer.subscribe(List.of(topic), new Rebalances(consumer, commits));
            return;
        }
        known.addAll(partitions);
        consumer.assign(partitions);
        Map<TopicPartition, Long> from = positions.of(options.from(), partitions);
        Map<Integer, Long> byPartition = new HashMap<>();
        from.forEach((partition, offset) -> byPartition.put(partition.partition(), offset));
        projection.onStart(byPartition);
        (projection.needsHistory() ? positions.beginnings(partitions) : from)
                .forEach(consumer::seek);
        if (options.bounded() || projection.needsCaughtUp()) {
            ends.putAll(positions.ends(partitions));
            catchUpTo.putAll(ends);
            checkCaughtUp(consumer);
        } else {
            caughtUp = true;
        }
    }

    private void handDown() {
        long wanted = requested.get();
        if (wanted > 0) {
            settlePrevious();
        }
        long given = 0;
        while (given < wanted && stop == null) {
            R next = takePending();
            if (next == null) {
                break;
            }
            settlePrevious(); // whoever wants this one is done with the one before
            downstream.onNext(next);
            given++;
            settle(next);
            if (given == wanted) {
                wanted = requested.get();
            }
        }
        long handed = given;
        requested.updateAndGet(now -> now == Long.MAX_VALUE ? now : now - handed);
    }

    /** Notes the record for the group's offsets, now or when the subscriber asks for the next. */
    private void settle(R handedDown) {
        if (commits != null && handedDown instanceof ConsumerRecord<?, ?> record) {
            if (settling == Settling.HANDED_DOWN) {
                commits.done(record);
            } else {
                unsettled = record;
            }
        }
    }

    private void settlePrevious() {
        if (commits != null && unsettled != null) {
            commits.done(unsettled);
            unsettled = null;
        }
    }

    @SuppressWarnings("unchecked") // pending holds what emit and emitAll put there
    private @Nullable R takePending() {
        while (!pending.isEmpty()) {
            if (!(pending.peekFirst() instanceof Lazy<?> lazy)) {
                return (R) pending.pollFirst();
            }
            if (lazy.results.hasNext()) {
                return (R) lazy.results.next();
            }
            pending.removeFirst();
        }
        return null;
    }

    @Override
    public void emit(R result) {
        pending.add(result);
    }

    @Override
    public void emitAll(Iterator<R> results) {
        pending.add(new Lazy<>(results));
    }

    private void poll(Consumer<byte[], byte[]> consumer) {
        synchronized (this) {
            polling = true; // before demand is looked at: a request after that look wakes us up
        }
        boolean demand = requested.get() != 0;
        if (!demand || pending.isEmpty()) {
            hold(consumer, !demand);
            pollOnce(consumer, POLL);
        }
        boolean leftOver;
        synchronized (this) {
            polling = false;
            leftOver = woken;
            woken = false;
        }
        if (leftOver) { // a wake-up that no poll has seen would hit the next blocking call instead
            pollOnce(consumer, Duration.ZERO);
        }
    }

    private void hold(Consumer<byte[], byte[]> consumer, boolean hold) {
        if (hold != paused) {
            paused = hold;
            if (hold) {
                consumer.pause(consumer.assignment());
            } else {
                consumer.resume(consumer.assignment());
            }
        }
    }

    private void pollOnce(Consumer<byte[], byte[]> consumer, Duration timeout) {
        try {
            for (ConsumerRecord<byte[], byte[]> raw : consumer.poll(timeout)) {
                Long end = options.bounded() ? ends.get(partitionOf(raw)) : null;
                if (end == null || raw.offset() < end) {
                    projection.onRecord(raw, this);
                }
            }
        } catch (WakeupException e) {
            log.trace("woken up for new demand or the end");
        }
    }

    private void checkCaughtUp(Consumer<byte[], byte[]> consumer) {
        catchUpTo.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
        if (catchUpTo.isEmpty()) {
            caughtUp = true;
            projection.onCaughtUp(this);
        }
    }

    /**
     * Partitions that were added to the topic are read from their first record; a topic that is
     * gone ends the stream with {@link ClientException.UnknownTopic}.
     */
    private void addNewPartitions(Consumer<byte[], byte[]> consumer, Positions positions) {
        long nowNs = System.nanoTime();
        if (nowNs - partitionsSeenNs < PARTITIONS_NS) {
            return;
        }
        partitionsSeenNs = nowNs;
        List<TopicPartition> added = new ArrayList<>();
        for (TopicPartition partition : positions.partitions(topic, options)) {
            if (known.add(partition)) {
                added.add(partition);
            }
        }
        if (!added.isEmpty()) {
            consumer.assign(known);
            positions.beginnings(added).forEach(consumer::seek);
        }
    }

    private static TopicPartition partitionOf(ConsumerRecord<?, ?> record) {
        return new TopicPartition(record.topic(), record.partition());
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        private final Consumer<byte[], byte[]> consumer;
        private final GroupCommits commits;

        Rebalances(Consumer<byte[], byte[]> consumer, GroupCommits commits) {
            this.consumer = consumer;
            this.commits = commits;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            if (paused) {
                consumer.pause(partitions);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            commits.commitNow();
            forget(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            forget(partitions);
        }

        /** What was read ahead belongs to the next owner. */
        private void forget(Collection<TopicPartition> partitions) {
            commits.forget(partitions);
            pending.removeIf(
                    result ->
                            result instanceof ConsumerRecord<?, ?> record
                                    && partitions.contains(partitionOf(record)));
        }
    }

    private record Closing(Consumer<byte[], byte[]> consumer) implements AutoCloseable {
        @Override
        public void close() {
            consumer.close(CloseOptions.timeout(CLOSE));
        }
    }
}
