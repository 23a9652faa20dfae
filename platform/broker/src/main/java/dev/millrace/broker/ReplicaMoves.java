package dev.millrace.broker;

import dev.millrace.log.FetchedRecords;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.PartitionLog;
import dev.millrace.wire.record.RecordBatchView;
import io.vertx.core.AsyncResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves logs from one directory to another while they are used.
 *
 * <pre>
 *   copy chunk by chunk (workers) ── close behind ──► hold appends (owner)
 *     ──► copy the rest, flush, mark; rename the old away, the new in (worker) ──► go on (owner)
 * </pre>
 *
 * Appends wait while the last few records are copied and two folders renamed; reads never do. One
 * move for each partition, and one chunk of it at a time; any thread may ask.
 */
final class ReplicaMoves {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaMoves.class);
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int ANY_EPOCH = Integer.MAX_VALUE;
    private static final int END_TIMEOUT_S = 10;
    private static final long MAX_WAIT_MS = 200;

    private final LogDirectories directories;
    private final Workers workers;
    private volatile long maxBytesPerSecond;

    private final Map<TopicPartition, Move> moves = new ConcurrentHashMap<>();

    private enum Stage {
        COPYING,
        /** Folders are renamed: there is no way back. */
        CHANGING,
        CANCELLED
    }

    private static final class Move {
        final Partition partition;
        final LogDirectory target;
        final AtomicReference<Stage> stage = new AtomicReference<>(Stage.COPYING);
        final CountDownLatch ended = new CountDownLatch(1);

        Move(Partition partition, LogDirectory target) {
            this.partition = partition;
            this.target = target;
        }

        TopicPartition topicPartition() {
            return partition.topicPartition();
        }

        PartitionLog future() {
            return target.future(topicPartition())
                    .orElseThrow(() -> new Cancelled(topicPartition()));
        }
    }

    /** Ends a move that is not wanted any more. */
    private static final class Cancelled extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Cancelled(TopicPartition topicPartition) {
            super(topicPartition + ": its move was given up");
        }
    }

    /**
     * @param maxBytesPerSecond {@code replica.alter.log.dirs.io.max.bytes.per.second}, of all moves
     *     together
     */
    ReplicaMoves(LogDirectories directories, Workers workers, long maxBytesPerSecond) {
        this.directories = directories;
        this.workers = workers;
        this.maxBytesPerSecond = maxBytesPerSecond;
    }

    /** Another bound from now on, also for moves under way; any thread. */
    void maxBytesPerSecond(long bytes) {
        maxBytesPerSecond = bytes;
    }

    /**
     * Begins to move the log to {@code target}; to where it is, gives up a move that is under way.
     * Blocks.
     *
     * @throws KafkaStorageException a directory is offline, perhaps the one that has it
     */
    synchronized void move(Partition partition, LogDirectory target) throws IOException {
        TopicPartition tp = partition.topicPartition();
        Move current = moves.get(tp);
        if (current != null && current.target == target) {
            return;
        }
        cancel(tp);
        if (current != null) {
            current.target.discardFuture(tp);
        }
        if (target.log(tp).isPresent()) {
            return;
        }
        if (directories.anyOffline()) {
            throw new KafkaStorageException(
                    "%s: no move begins while a log directory is offline".formatted(tp));
        }
        PartitionLog source = partition.log();
        target.createFuture(tp, source.topicId(), source.config(), source.logStartOffset());
        Move move = new Move(partition, target);
        moves.put(tp, move);
        LOG.info("{}: moves to {}", tp, target.path());
        step(move);
    }

    /**
     * Gives up a move, or waits for its end where folders are being renamed; the copy is the
     * caller's to discard. Blocks.
     */
    void cancel(TopicPartition tp) throws IOException {
        Move move = moves.remove(tp);
        if (move == null || move.stage.compareAndSet(Stage.COPYING, Stage.CANCELLED)) {
            return;
        }
        try {
            if (!move.ended.await(END_TIMEOUT_S, TimeUnit.SECONDS)) {
                throw new IOException(
                        "%s: its move to %s does not end".formatted(tp, move.target.path()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(tp + ": interrupted while its move ends", e);
        }
    }

    /**
     * The log is about to be cut: a copy could keep what is cut off, so it begins anew afterwards.
     * Blocks; the partition is held.
     *
     * @return what begins it again
     */
    Runnable interrupt(Partition partition) throws IOException {
        TopicPartition tp = partition.topicPartition();
        Move move = moves.get(tp);
        if (move == null) {
            return () -> {};
        }
        cancel(tp);
        move.target.discardFuture(tp);
        return () -> moveAgain(partition, move.target);
    }

    /** Goes on with a move that the last process had begun, from its start. */
    void resume(Partition partition) {
        LogDirectory target = directories.takeCutShort(partition.topicPartition());
        if (target != null) {
            moveAgain(partition, target);
        }
    }

    private void moveAgain(Partition partition, LogDirectory target) {
        try {
            move(partition, target);
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "{}: its move to {} does not go on",
                    partition.topicPartition(),
                    target.path(),
                    e);
        }
    }

    private void step(Move move) {
        workers.submit(() -> copy(move, CHUNK_BYTES))
                .onComplete(
                        copied -> {
                            if (copied.failed()) {
                                giveUp(move, copied.cause());
                            } else if (copied.result() >= CHUNK_BYTES / 2) {
                                stepLater(move, copied.result());
                            } else {
                                onOwner(move, () -> change(move));
                            }
                        });
    }

    /**
     * The next step when {@code copiedBytes} are paid for: looks again now and then, because the
     * bound may be raised meanwhile, and each move has its share of it.
     */
    private void stepLater(Move move, double copiedBytes) {
        double bytesPerMs = maxBytesPerSecond / 1e3 / Math.max(1, moves.size());
        double delayMs = copiedBytes / bytesPerMs;
        if (delayMs < 1) {
            step(move);
            return;
        }
        long waitMs = (long) Math.min(delayMs, MAX_WAIT_MS);
        move.partition
                .owner()
                .nettyEventLoop()
                .schedule(
                        () -> stepLater(move, copiedBytes - waitMs * bytesPerMs),
                        waitMs,
                        TimeUnit.MILLISECONDS);
    }

    /**
     * @return bytes copied; few when the copy has caught up
     */
    private static int copy(Move move, int atLeastBytes) throws IOException {
        if (move.stage.get() == Stage.CANCELLED) {
            throw new Cancelled(move.topicPartition());
        }
        return copy(move.partition.log(), move.future(), atLeastBytes);
    }

    /** The next of what {@code future} does not have yet. */
    static int copy(PartitionLog source, PartitionLog future, int atLeastBytes) throws IOException {
        int copied = 0;
        while (copied < atLeastBytes) {
            long from = Math.max(future.logEndOffset(), source.logStartOffset());
            if (from > future.logEndOffset()) {
                // Retention or DeleteRecords have overtaken the copy.
                future.truncateFullyAndStartAt(from);
            }
            long end = source.logEndOffset();
            if (from >= end) {
                break;
            }
            ByteBuffer records = bytes(source.read(from, end, CHUNK_BYTES, true));
            if (!records.hasRemaining()) {
                break;
            }
            copied += records.remaining();
            long first = RecordBatchView.at(records, records.position()).baseOffset();
            if (first < from) {
                // The log starts inside of a batch, and batches are kept whole.
                future.truncateFullyAndStartAt(first);
            }
            future.appendAsFollower(records, ANY_EPOCH);
            future.advanceHighWatermark(source.highWatermark());
        }
        return copied;
    }

    private static ByteBuffer bytes(FetchedRecords fetched) throws IOException {
        ByteBuffer records = fetched.records();
        if (records != null) {
            return records;
        }
        FetchedRecords.FileRegion region = fetched.region();
        ByteBuffer copy = ByteBuffer.allocate(fetched.sizeBytes());
        while (region != null && copy.hasRemaining()) {
            int n = region.channel().read(copy, region.position() + copy.position());
            if (n < 0) {
                throw new IOException("the log ends inside of a batch it has");
            }
        }
        return copy.flip();
    }

    /** Owner of the partition. */
    private void change(Move move) {
        if (move.partition.isHeld()) {
            // Its log is being cut.
            move.partition.afterHold(() -> change(move));
            return;
        }
        if (!move.stage.compareAndSet(Stage.COPYING, Stage.CHANGING)) {
            giveUp(move, new Cancelled(move.topicPartition()));
            return;
        }
        move.partition.hold();
        workers.submit(() -> changeFiles(move))
                .onComplete(result -> onOwner(move, () -> changed(move, result)));
    }

    private PartitionLog changeFiles(Move move) throws IOException {
        TopicPartition tp = move.topicPartition();
        LogDirectory from = directories.directoryOf(tp);
        if (from == null) {
            throw new Cancelled(tp);
        }
        return changeFiles(move.partition.log(), move.future(), from, move.target);
    }

    /**
     * Ends a move: nothing is appended to {@code source} meanwhile.
     *
     * @return the log in its new directory
     */
    static PartitionLog changeFiles(
            PartitionLog source, PartitionLog future, LogDirectory from, LogDirectory target)
            throws IOException {
        TopicPartition tp = source.topicPartition();
        while (copy(source, future, CHUNK_BYTES) > 0) {
            // until nothing is left
        }
        if (future.logEndOffset() != source.logEndOffset()) {
            throw new IllegalStateException(
                    "%s: the copy ends at %d, the log at %d"
                            .formatted(tp, future.logEndOffset(), source.logEndOffset()));
        }
        target.completeFuture(tp);
        from.moveOut(tp);
        PartitionLog moved = target.moveIn(tp, source.config());
        if (moved.logStartOffset() < source.logStartOffset()) {
            moved.advanceLogStartOffset(source.logStartOffset());
        }
        return moved;
    }

    /** Owner of the partition. */
    private void changed(Move move, AsyncResult<PartitionLog> result) {
        TopicPartition tp = move.topicPartition();
        if (result.succeeded()) {
            LOG.info("{}: has moved to {}", tp, move.target.path());
            move.partition.moved(result.result(), directories.syncsOf(tp));
            end(move);
            return;
        }
        Throwable cause = result.cause();
        if (directories.find(tp) != move.partition.log()) {
            // Its folder has gone already: the next start finds out what is where.
            move.partition.broken(cause);
        }
        move.partition.release();
        giveUp(move, cause);
    }

    private void giveUp(Move move, Throwable cause) {
        TopicPartition tp = move.topicPartition();
        if (cause instanceof Cancelled) {
            LOG.info("{}: does not move to {} any more", tp, move.target.path());
        } else {
            LOG.error("{}: cannot be moved to {}", tp, move.target.path(), cause);
        }
        boolean current = end(move);
        if (current && move.target.failure().isEmpty()) {
            workers.submit(
                            () -> {
                                move.target.discardFuture(tp);
                                return true;
                            })
                    .onFailure(
                            e -> LOG.warn("{}: its copy stays in {}", tp, move.target.path(), e));
        }
    }

    /** Whether no other has taken its place. */
    private boolean end(Move move) {
        move.ended.countDown();
        return moves.remove(move.topicPartition(), move);
    }

    private static void onOwner(Move move, Runnable step) {
        move.partition.owner().nettyEventLoop().execute(step);
    }
}
