package dev.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The log of one partition, opened and closed by its {@link LogDirectory}.
 *
 * <p>One owner at a time (an event loop, or one thread) changes it: appends, high watermark, roll,
 * retention, truncation. Any thread may call the getters, {@link #flush}, and the reads, for
 * offsets below a high watermark it has seen.
 *
 * <p>Refusals are the public exceptions of kafka-clients ({@code org.apache.kafka.common.errors}),
 * so that each has its protocol error code; an {@link IOException} means that the log directory has
 * gone offline, with all its logs (but for a read of a file that was just closed).
 */
public interface PartitionLog extends AutoCloseable {
    TopicPartition topicPartition();

    Uuid topicId();

    LogConfig config();

    /** Takes effect for the next append, roll or retention pass. */
    void updateConfig(LogConfig config);

    /** First offset a reader may ask for. */
    long logStartOffset();

    /** First offset not yet committed; consumers read below it. Never goes back. */
    long highWatermark();

    /** Offset that the next record gets. */
    long logEndOffset();

    /** min(first offset of an open transaction, high watermark). */
    long lastStableOffset();

    /** Everything below is durable: survives the loss of power. */
    long recoveryPoint();

    /**
     * Whether {@code millrace.ack.durability} or {@code flush.messages} asks for a {@link #flush}
     * before the last append is acknowledged.
     */
    boolean flushDue();

    /** Whether the oldest unflushed append has waited for {@code flush.ms}, or nearly. */
    boolean flushDueByTime();

    long sizeBytes();

    /**
     * Appends the batches of a produce request: validates them, finds duplicates of idempotent
     * producers (and then answers the original offsets without appending), assigns offsets, leader
     * epoch and, where the topic asks for it, the append time, all in place in {@code records}. If
     * it refuses one batch, it appends none.
     *
     * @param records record batches v2, back to back; position..limit; writable. Not retained after
     *     the call.
     * @throws org.apache.kafka.common.errors.CorruptRecordException CRC or framing
     * @throws org.apache.kafka.common.errors.RecordTooLargeException a batch over {@code
     *     max.message.bytes}
     * @throws org.apache.kafka.common.errors.OutOfOrderSequenceException and the other
     *     producer-state refusals
     * @throws org.apache.kafka.common.errors.InvalidTxnStateException a transaction that is not
     *     open, without its guard
     */
    AppendResult appendAsLeader(
            ByteBuffer records, int leaderEpoch, AppendOrigin origin, AppendTerms terms)
            throws IOException;

    /** The same without terms. */
    default AppendResult appendAsLeader(ByteBuffer records, int leaderEpoch, AppendOrigin origin)
            throws IOException {
        return appendAsLeader(records, leaderEpoch, origin, AppendTerms.NONE);
    }

    /**
     * Begins to ask whether a transaction may write here. Owner only.
     *
     * @param sequence first of the batch that is to be appended; -1 where batches have none
     * @param transactionV2 the partition joins the transaction by this (KIP-890)
     * @return what the append has to show, by {@link AppendTerms#guarded}; null if the transaction
     *     is open here already
     * @throws org.apache.kafka.common.errors.InvalidProducerEpochException a newer incarnation of
     *     the producer has written
     */
    @Nullable TxnGuard transactionGuard(
            long producerId, short epoch, int sequence, boolean transactionV2);

    /** What is known of the producers that have written here. Owner only. */
    List<ProducerView> producers();

    /**
     * Appends batches exactly as they came from the leader: offsets and epochs are kept.
     *
     * @param leaderEpoch under which they were fetched; batches from the first of a later epoch on
     *     are left out, because they answer another leader
     */
    void appendAsFollower(ByteBuffer records, int leaderEpoch) throws IOException;

    /** Raises the high watermark to {@code min(offset, logEndOffset)}; true if it moved. */
    boolean advanceHighWatermark(long offset);

    /**
     * Reads whole batches, the first of which contains {@code startOffset}.
     *
     * @param maxOffset exclusive bound (high watermark, last stable offset or log end, by the
     *     reader's isolation)
     * @param maxBytes bound on the answer; the first batch is returned even if larger when {@code
     *     minOneBatch}
     * @throws org.apache.kafka.common.errors.OffsetOutOfRangeException outside
     *     logStartOffset..logEndOffset
     */
    FetchedRecords read(long startOffset, long maxOffset, int maxBytes, boolean minOneBatch)
            throws IOException;

    /**
     * The same from memory alone, for callers that must not wait for the disk; null if the records
     * are only in files.
     */
    @Nullable FetchedRecords readFromMemory(
            long startOffset, long maxOffset, int maxBytes, boolean minOneBatch);

    /**
     * The same, and from files as well where the operating system most likely has them in memory:
     * they were written or read a short while ago. Null if they would have to be waited for.
     */
    @Nullable FetchedRecords readAtOnce(
            long startOffset, long maxOffset, int maxBytes, boolean minOneBatch) throws IOException;

    /** First record with a timestamp at or after {@code timestampMs}, if any below the log end. */
    Optional<TimestampedOffset> offsetForTimestamp(long timestampMs) throws IOException;

    /** The record with the greatest timestamp, if the log has records. */
    Optional<TimestampedOffset> maxTimestampOffset() throws IOException;

    /**
     * Largest epoch at or below {@code leaderEpoch} with its exclusive end offset; empty if none is
     * known.
     */
    Optional<EpochEndOffset> endOffsetForEpoch(int leaderEpoch);

    OptionalInt latestEpoch();

    /**
     * Epoch of the batch at {@code offset}, or of the next one at the log end; empty if unknown.
     */
    OptionalInt epochOf(long offset);

    /**
     * Offsets and batches of {@code leaderEpoch} begin at the current log end. Called when
     * leadership is taken.
     */
    void beginLeaderEpoch(int leaderEpoch);

    /**
     * Drops everything at and above {@code offset}, with the epochs that begin there; blocks until
     * that is durable: the owner has a worker call it, and does nothing to the log meanwhile.
     */
    void truncateTo(long offset) throws IOException;

    /**
     * Drops everything and goes on at {@code offset}: a follower below its leader's log start.
     * Blocks as {@link #truncateTo} does.
     */
    void truncateFullyAndStartAt(long offset) throws IOException;

    /**
     * DeleteRecords: raises the log start to {@code offset} (at most the high watermark) and gives
     * up whole segments below; their files go with {@link #tidy}.
     */
    void advanceLogStartOffset(long offset) throws IOException;

    /**
     * Rolls by time and applies retention by time and size below the high watermark, in memory; the
     * files go with {@link #tidy}.
     *
     * @return number of segments given up
     */
    int enforceRetention() throws IOException;

    /**
     * What a cleaning could look at; empty if the topic is not compacted or there is nothing. Any
     * thread; may read from the disk where {@code max.compaction.lag.ms} is set.
     */
    Optional<CleanableSection> cleanable() throws IOException;

    /** Below: compacted; -1 if the log never was. */
    long cleanedTo();

    /** What {@link #clean} needs to know of the producers. Owner; a copy. */
    LiveProducers liveProducers();

    /**
     * Removes records that a later record of the same key has replaced, and tombstones and markers
     * whose time has come, from all segments below {@link
     * CleanableSection#firstUncleanableOffset()}; offsets never change. Blocks, for long: call from
     * a thread of its own, which nobody interrupts. It may run beside everything else that happens
     * to the log. Readers see the old segments or the new ones.
     *
     * @param liveProducers not older than the last change of leadership
     * @param stopped asked often; true ends it soon
     * @return empty if there was nothing to do, or it had to end early, because of {@code stopped},
     *     a truncation, or the end of the log
     * @throws IOException the log cannot be read, or the cleaned segment not written: the log is as
     *     it was. If it cannot be used any more, its other methods say so.
     * @throws org.apache.kafka.common.errors.CorruptRecordException a batch is damaged; the log is
     *     as it was
     */
    Optional<CleanStats> clean(
            Cleaner cleaner, LiveProducers liveProducers, BooleanSupplier stopped)
            throws IOException;

    /**
     * Whether rolls or retention have left work for {@link #tidy}; a volatile read. The owner asks
     * after what may roll or give up segments.
     */
    boolean tidyDue();

    /**
     * Does to the files what rolls and retention have decided in memory: flushes what was rolled
     * away, renames segments given up, deletes old producer snapshots. Blocks: call from a worker,
     * not from an event loop; it may run beside the owner's appends. No effect on a closed or
     * deleted log. What a crash before it brings back, retention gives up again.
     */
    void tidy() throws IOException;

    /**
     * Makes everything below the log end durable. Blocks: call from a worker, not from an event
     * loop; it may run beside the owner's appends. No effect on a closed or deleted log.
     */
    void flush() throws IOException;

    /** Flushes and writes the producer snapshot, so that the next open need not recover. */
    @Override
    void close() throws IOException;

    /**
     * Who appends. Coordinators may write control batches and are not checked for producer
     * sequences of their own.
     */
    enum AppendOrigin {
        CLIENT,
        COORDINATOR
    }

    /**
     * @param baseOffset first offset, or that of the original when {@code duplicate}
     * @param lastOffset last offset
     * @param logAppendTimeMs the append time if the topic uses it, else -1
     * @param duplicate the batch was in the log already; nothing was appended
     */
    record AppendResult(
            long baseOffset,
            long lastOffset,
            long logAppendTimeMs,
            long logStartOffset,
            boolean duplicate) {}

    record TimestampedOffset(long timestampMs, long offset, int leaderEpoch) {}

    record EpochEndOffset(int leaderEpoch, long endOffset) {}
}
