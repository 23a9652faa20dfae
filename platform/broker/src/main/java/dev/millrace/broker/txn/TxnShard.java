package dev.millrace.broker.txn;

import dev.millrace.broker.txn.TxnCommand.ProducerIdAndEpoch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transactional ids of one partition of {@code __transaction_state}, for as long as this broker
 * leads it. One event loop calls everything. Lets {@link TxnMachine} decide, appends, then answers:
 * a producer that sees its answer will find the same after a fail-over.
 *
 * <p>One transition of an id is under way at a time. A request that comes meanwhile, or while
 * markers are being written, waits for a moment instead of being sent away with
 * CONCURRENT_TRANSACTIONS: clients would sleep longer than it takes.
 */
final class TxnShard {
    private static final Logger LOG = LoggerFactory.getLogger(TxnShard.class);

    /** Requests that wait for one transactional id; more are told to come back at once. */
    static final int MAX_WAITING = 64;

    private static final long FIRST_RETRY_MS = 20;
    private static final long MAX_RETRY_MS = 1_000;

    /** What a shard needs of the world. Futures complete on the shard's loop. */
    interface World {
        /** Appends with acks=all, in the order of the calls. */
        Future<Void> append(ByteBuffer batches);

        Future<Void> write(TopicPartition partition, TxnMarker marker);

        Future<Long> nextProducerId();

        void after(long delayMs, Runnable work);

        /** Whether the cluster has the partition; a deleted one needs no marker. */
        boolean exists(TopicPartition partition);

        /** Transaction version in force (feature {@code transaction.version}). */
        short serverVersion();

        /** The shard no longer knows what the log holds; it answers nothing any more. */
        void broken(Throwable cause);
    }

    /** What an answered command has to tell. */
    record Answer(Errors error, long producerId, short epoch) {
        static Answer refused(Errors error) {
            return new Answer(error, Transaction.NONE, Transaction.NO_EPOCH);
        }
    }

    private static final class Cell {
        private final String id;

        /** As of the log; null before the first append. */
        private @Nullable Transaction txn;

        /** A record of this id is being appended, or a producer id fetched for it. */
        private boolean moving;

        /** Partitions whose marker is not confirmed, while the state is prepared. */
        private final Set<TopicPartition> unmarked = new LinkedHashSet<>();

        /** Counts decisions, so that a late answer about an older one is passed over. */
        private long round;

        private final Deque<Request> waiting = new ArrayDeque<>();

        Cell(String id) {
            this.id = id;
        }

        boolean busy() {
            return moving || (txn != null && txn.state().isPrepared());
        }
    }

    /** A command and whoever waits for its answer. */
    private static final class Request {
        private final TxnCommand command;
        private final Promise<Answer> promise = Promise.promise();
        private long producerId = Transaction.NONE;
        private boolean timerSet;
        private boolean expired;

        Request(TxnCommand command) {
            this.command = command;
        }
    }

    private final TxnConfig config;
    private final TxnCount count;
    private final LongSupplier clockMs;
    private final int coordinatorEpoch;
    private final World world;
    private final Map<String, Cell> cells = new HashMap<>();
    private boolean counted;
    private @Nullable Errors closed;

    /**
     * @param coordinatorEpoch leader epoch of the partition
     */
    TxnShard(
            TxnConfig config,
            TxnCount count,
            LongSupplier clockMs,
            int coordinatorEpoch,
            World world) {
        this.config = config;
        this.count = count;
        this.clockMs = clockMs;
        this.coordinatorEpoch = coordinatorEpoch;
        this.world = world;
    }

    // ---- loading

    /** A record read back from the log, in order, before the first request. */
    void replay(String id, @Nullable Transaction txn) {
        if (txn == null) {
            cells.remove(id);
        } else {
            cells.computeIfAbsent(id, Cell::new).txn = txn;
        }
    }

    /** Loading is over: what was decided and not completed goes on. */
    void loaded() {
        counted = true;
        count.add(cells.size());
        long nowMs = clockMs.getAsLong();
        for (Cell cell : List.copyOf(cells.values())) {
            if (cell.txn != null) {
                cell.txn = cell.txn.takenOver(nowMs);
            }
            if (cell.txn != null && cell.txn.state().isPrepared()) {
                LOG.info(
                        "transactional id {}: goes on with {} of producer {}/{}",
                        cell.id,
                        cell.txn.state().label(),
                        cell.txn.producerId(),
                        cell.txn.epoch());
                writeMarkers(cell, cell.txn);
            }
        }
    }

    /** Answers everybody who waits with {@code error}; nothing is decided from now on. */
    void close(Errors error) {
        if (closed != null) {
            return;
        }
        closed = error;
        if (counted) {
            count.add(-cells.size());
        }
        List<Request> all = new ArrayList<>();
        cells.values()
                .forEach(
                        cell -> {
                            all.addAll(cell.waiting);
                            cell.waiting.clear();
                        });
        all.forEach(request -> request.promise.tryComplete(Answer.refused(error)));
    }

    // ---- commands

    /** Answered with the producer id and epoch to go on with. */
    Future<Answer> init(String id, int timeoutMs, @Nullable ProducerIdAndEpoch expected) {
        if (timeoutMs <= 0 || timeoutMs > config.maxTimeoutMs()) {
            return refused(Errors.INVALID_TRANSACTION_TIMEOUT);
        }
        if (!cells.containsKey(id) && !count.hasRoom()) {
            return refused(Errors.POLICY_VIOLATION);
        }
        return submit(id, new TxnCommand.Init(timeoutMs, expected));
    }

    /**
     * @param version of the transaction protocol the client speaks
     */
    Future<Answer> add(
            String id,
            long producerId,
            short epoch,
            Set<TopicPartition> partitions,
            short version) {
        return submit(id, new TxnCommand.Add(producerId, epoch, partitions, version));
    }

    /** Answered once the decision is in the log; with v2, by the producer's next id and epoch. */
    Future<Answer> end(String id, long producerId, short epoch, boolean commit, short version) {
        return submit(id, new TxnCommand.End(producerId, epoch, commit, version));
    }

    /** Which of the partitions are part of the transaction. */
    Map<TopicPartition, Errors> verify(
            String id, long producerId, short epoch, Set<TopicPartition> partitions) {
        if (closed != null) {
            Map<TopicPartition, Errors> answers = new LinkedHashMap<>();
            for (TopicPartition partition : partitions) {
                answers.put(partition, closed);
            }
            return answers;
        }
        Cell cell = cells.get(id);
        return TxnMachine.verify(cell == null ? null : cell.txn, producerId, epoch, partitions);
    }

    private static Future<Answer> refused(Errors error) {
        return Future.succeededFuture(Answer.refused(error));
    }

    private Future<Answer> submit(String id, TxnCommand command) {
        Request request = new Request(command);
        Cell cell = cells.get(id);
        if (closed != null) {
            return refused(closed);
        }
        if (cell == null && !(command instanceof TxnCommand.Init)) {
            return refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        if (cell == null) {
            cell = new Cell(id);
            cells.put(id, cell);
            count.add(1);
        }
        if (cell.moving || !cell.waiting.isEmpty()) {
            await(cell, request);
        } else {
            decide(cell, request);
        }
        return request.promise.future();
    }

    private void await(Cell cell, Request request) {
        if (request.expired || cell.waiting.size() >= MAX_WAITING) {
            request.promise.complete(Answer.refused(Errors.CONCURRENT_TRANSACTIONS));
            return;
        }
        cell.waiting.add(request);
        if (!request.timerSet) {
            request.timerSet = true;
            world.after(config.holdMs(), () -> giveUp(cell, request));
        }
    }

    private static void giveUp(Cell cell, Request request) {
        request.expired = true;
        if (cell.waiting.remove(request)) {
            request.promise.complete(Answer.refused(Errors.CONCURRENT_TRANSACTIONS));
        }
    }

    /** The transition is over: those who waited are decided in their order. */
    private void settled(Cell cell) {
        int left = cell.waiting.size();
        while (left-- > 0 && !cell.busy() && closed == null) {
            Request next = cell.waiting.poll();
            if (next != null) {
                decide(cell, next);
            }
        }
        forgetIfUnused(cell);
    }

    private void decide(Cell cell, Request request) {
        Verdict verdict =
                TxnMachine.decide(
                        cell.id,
                        cell.txn,
                        request.command,
                        request.producerId,
                        world.serverVersion(),
                        clockMs.getAsLong());
        if (verdict instanceof Verdict.Refuse refuse) {
            if (refuse.error() == Errors.CONCURRENT_TRANSACTIONS) {
                await(cell, request);
            } else {
                request.promise.complete(Answer.refused(refuse.error()));
            }
        } else if (verdict instanceof Verdict.Unchanged unchanged) {
            request.promise.complete(
                    new Answer(Errors.NONE, unchanged.producerId(), unchanged.epoch()));
        } else if (verdict instanceof Verdict.NeedProducerId) {
            fetchProducerId(cell, request);
        } else if (verdict instanceof Verdict.Move move) {
            append(cell, move.next(), request, () -> moved(cell, move.next(), request));
        } else if (verdict instanceof Verdict.AbortFirst abort) {
            append(
                    cell,
                    abort.next(),
                    request,
                    () -> {
                        // Decided again once the markers are written.
                        await(cell, request);
                        writeMarkers(cell, abort.next());
                    });
        } else {
            throw new IllegalStateException("a new kind of verdict: " + verdict);
        }
    }

    private void moved(Cell cell, Transaction txn, Request request) {
        boolean raised = txn.version() >= Transaction.EPOCH_RAISED;
        if (!txn.state().isPrepared()) {
            request.promise.complete(new Answer(Errors.NONE, txn.producerId(), txn.epoch()));
            settled(cell);
            return;
        }
        Transaction after = txn.completed(txn.updateMs());
        request.promise.complete(
                raised
                        ? new Answer(Errors.NONE, after.producerId(), after.epoch())
                        : new Answer(Errors.NONE, Transaction.NONE, Transaction.NO_EPOCH));
        writeMarkers(cell, txn);
    }

    private void fetchProducerId(Cell cell, Request request) {
        cell.moving = true;
        guarded(world::nextProducerId)
                .onComplete(
                        fetched -> {
                            cell.moving = false;
                            if (closed != null) {
                                request.promise.tryComplete(Answer.refused(closed));
                                return;
                            }
                            if (fetched.succeeded()) {
                                request.producerId = fetched.result();
                                decide(cell, request);
                            } else {
                                request.promise.complete(
                                        Answer.refused(Errors.forException(fetched.cause())));
                            }
                            if (!cell.moving) {
                                settled(cell);
                            }
                        });
    }

    // ---- the log

    private void append(Cell cell, Transaction next, Request request, Runnable appended) {
        cell.moving = true;
        long nowMs = clockMs.getAsLong();
        guarded(() -> world.append(TransactionLog.batch(next, valueVersion(), nowMs)))
                .onComplete(
                        done -> {
                            cell.moving = false;
                            if (closed != null) {
                                request.promise.tryComplete(Answer.refused(closed));
                            } else if (done.succeeded()) {
                                cell.txn = next;
                                appended.run();
                            } else {
                                notAppended(cell, request, done.cause());
                            }
                        });
    }

    private short valueVersion() {
        return world.serverVersion() >= 1 ? TransactionLog.VERSION_1 : TransactionLog.VERSION_0;
    }

    private void notAppended(Cell cell, Request request, Throwable cause) {
        request.promise.complete(Answer.refused(appendError(cause)));
        if (isRefusal(cause)) {
            settled(cell);
        } else {
            broken(cause);
        }
    }

    /** Refused before anything was written; after other failures nobody knows. */
    private static boolean isRefusal(Throwable cause) {
        return cause instanceof NotEnoughReplicasException
                || cause instanceof RecordTooLargeException;
    }

    /** What a failed append means to a producer: look again, retry, or never try again. */
    static Errors appendError(Throwable failure) {
        Errors error = Errors.forException(failure);
        return switch (error) {
            case UNKNOWN_TOPIC_OR_PARTITION,
                    NOT_ENOUGH_REPLICAS,
                    NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                    REQUEST_TIMED_OUT ->
                    Errors.COORDINATOR_NOT_AVAILABLE;
            case NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, KAFKA_STORAGE_ERROR ->
                    Errors.NOT_COORDINATOR;
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> Errors.UNKNOWN_SERVER_ERROR;
            default -> error;
        };
    }

    private void broken(Throwable cause) {
        if (closed == null) {
            close(Errors.NOT_COORDINATOR);
            world.broken(cause);
        }
    }

    private static <T> Future<T> guarded(Supplier<Future<T>> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    // ---- markers

    private void writeMarkers(Cell cell, Transaction txn) {
        cell.unmarked.clear();
        cell.unmarked.addAll(txn.partitions());
        long round = ++cell.round;
        TxnMarker marker =
                new TxnMarker(
                        txn.producerId(),
                        txn.epoch(),
                        txn.state() == TransactionState.PREPARE_COMMIT,
                        coordinatorEpoch,
                        txn.version());
        if (txn.partitions().isEmpty()) {
            complete(cell, txn);
            return;
        }
        for (TopicPartition partition : txn.partitions()) {
            write(cell, txn, round, partition, marker, FIRST_RETRY_MS);
        }
    }

    private void write(
            Cell cell,
            Transaction txn,
            long round,
            TopicPartition partition,
            TxnMarker marker,
            long retryMs) {
        guarded(() -> world.write(partition, marker))
                .onComplete(
                        written -> {
                            if (closed != null || cell.round != round) {
                                return;
                            }
                            if (written.failed()
                                    && !isDispensable(cell, partition, written.cause())) {
                                retry(
                                        cell,
                                        txn,
                                        round,
                                        partition,
                                        marker,
                                        retryMs,
                                        written.cause());
                            } else if (cell.unmarked.remove(partition) && cell.unmarked.isEmpty()) {
                                complete(cell, txn);
                            }
                        });
    }

    private void retry(
            Cell cell,
            Transaction txn,
            long round,
            TopicPartition partition,
            TxnMarker marker,
            long retryMs,
            Throwable cause) {
        if (Errors.forException(cause) == Errors.TRANSACTION_COORDINATOR_FENCED) {
            broken(cause);
            return;
        }
        LOG.debug("transactional id {}: no marker in {} yet", cell.id, partition, cause);
        world.after(
                retryMs,
                () -> {
                    if (closed == null && cell.round == round) {
                        long nextMs = Math.min(2 * retryMs, MAX_RETRY_MS);
                        write(cell, txn, round, partition, marker, nextMs);
                    }
                });
    }

    /**
     * A partition that is gone, or that a later epoch has written to, needs no marker.
     *
     * <p>A later epoch is given out only once the transaction before it has ended everywhere, so
     * what refuses the marker has had it, or was ended by an operator. The log takes the same
     * marker twice (KAFKA-19999), so that the retry of one whose answer was lost does not come
     * here. Apache Kafka gives up the whole transaction then, which stays prepared until another
     * coordinator takes over; here it completes in the other partitions.
     */
    private boolean isDispensable(Cell cell, TopicPartition partition, Throwable cause) {
        Errors error = Errors.forException(cause);
        if (error == Errors.UNKNOWN_TOPIC_OR_PARTITION && !world.exists(partition)) {
            LOG.info("transactional id {}: {} was deleted meanwhile", cell.id, partition);
            return true;
        }
        if (error == Errors.INVALID_PRODUCER_EPOCH) {
            LOG.warn(
                    "transactional id {}: {} takes no marker: {}",
                    cell.id,
                    partition,
                    cause.getMessage());
            return true;
        }
        return false;
    }

    private void complete(Cell cell, Transaction prepared) {
        Transaction completed = prepared.completed(clockMs.getAsLong());
        cell.moving = true;
        long nowMs = clockMs.getAsLong();
        guarded(() -> world.append(TransactionLog.batch(completed, valueVersion(), nowMs)))
                .onComplete(
                        done -> {
                            cell.moving = false;
                            if (closed != null) {
                                return;
                            }
                            if (done.succeeded()) {
                                cell.txn = completed;
                                settled(cell);
                            } else if (isRefusal(done.cause())) {
                                long round = cell.round;
                                world.after(
                                        MAX_RETRY_MS, () -> completeAgain(cell, round, prepared));
                            } else {
                                broken(done.cause());
                            }
                        });
    }

    private void completeAgain(Cell cell, long round, Transaction prepared) {
        if (closed == null && cell.round == round && !cell.moving) {
            complete(cell, prepared);
        }
    }

    // ---- time

    /** Aborts transactions that have taken longer than their producers allowed. */
    void abortTimedOut() {
        long nowMs = clockMs.getAsLong();
        for (Cell cell : List.copyOf(cells.values())) {
            Transaction txn = cell.txn;
            if (closed == null && txn != null && !cell.moving && txn.overdue(nowMs)) {
                LOG.info(
                        "transactional id {}: aborts the transaction of producer {}/{}, open for"
                                + " more than {} ms",
                        cell.id,
                        txn.producerId(),
                        txn.epoch(),
                        txn.timeoutMs());
                decide(cell, new Request(new TxnCommand.Expire(txn.producerId(), txn.epoch())));
            }
        }
    }

    /** Forgets ids that nobody has used for long. */
    Future<Void> removeExpired() {
        if (closed != null) {
            return Future.succeededFuture();
        }
        long nowMs = clockMs.getAsLong();
        List<Cell> expired =
                cells.values().stream()
                        .filter(cell -> !cell.moving && cell.waiting.isEmpty())
                        .filter(cell -> isExpired(cell.txn, nowMs))
                        .toList();
        if (expired.isEmpty()) {
            return Future.succeededFuture();
        }
        expired.forEach(cell -> cell.moving = true);
        List<String> ids = expired.stream().map(cell -> cell.id).toList();
        return guarded(() -> world.append(TransactionLog.tombstones(ids, nowMs)))
                .onComplete(
                        done -> {
                            expired.forEach(cell -> cell.moving = false);
                            if (closed != null) {
                                return;
                            }
                            if (done.succeeded()) {
                                expired.forEach(cell -> cell.txn = null);
                                expired.forEach(this::settled);
                            } else if (isRefusal(done.cause())) {
                                expired.forEach(this::settled);
                            } else {
                                broken(done.cause());
                            }
                        });
    }

    private boolean isExpired(@Nullable Transaction txn, long nowMs) {
        return txn != null
                && txn.state().isIdle()
                && txn.updateMs() <= nowMs - config.idExpirationMs();
    }

    private void forgetIfUnused(Cell cell) {
        if (cell.txn == null && !cell.moving && cell.waiting.isEmpty() && closed == null) {
            if (cells.remove(cell.id, cell)) {
                count.add(-1);
            }
        }
    }

    // ---- questions

    @Nullable Transaction transaction(String id) {
        Cell cell = cells.get(id);
        return cell == null ? null : cell.txn;
    }

    Collection<Transaction> transactions() {
        List<Transaction> all = new ArrayList<>(cells.size());
        for (Cell cell : cells.values()) {
            if (cell.txn != null) {
                all.add(cell.txn);
            }
        }
        return all;
    }
}
