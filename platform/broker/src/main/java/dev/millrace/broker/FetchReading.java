package dev.millrace.broker;

import dev.millrace.broker.replica.Truncation;
import dev.millrace.log.FetchedRecords;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import dev.millrace.wire.RecordBytes;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to answer a Fetch: what all of its partitions have at this moment. Made and used by
 * one thread.
 */
final class FetchReading {
    private static final Logger LOG = LoggerFactory.getLogger(FetchReading.class);

    private final Partitions partitions;
    private final FetchTerms terms;
    private final boolean mayTouchFiles;
    private final boolean noteProgress;
    private final @Nullable PartitionData[] answers;
    private final long[] ends;
    private int foundBytes;

    /** Of replicas whose topic names them as throttled. */
    private int throttledBytes;

    private @Nullable ReplicationQuota throttle;
    private boolean urgent;
    private boolean misdirected;
    private boolean incomplete;

    private FetchReading(
            Partitions partitions,
            FetchTerms terms,
            List<Asked> asked,
            boolean mayTouchFiles,
            boolean noteProgress) {
        this.noteProgress = noteProgress;
        this.partitions = partitions;
        this.terms = terms;
        this.mayTouchFiles = mayTouchFiles;
        this.answers = new PartitionData[asked.size()];
        this.ends = new long[asked.size()];
        for (int i = 0; i < answers.length; i++) {
            answers[i] = read(asked.get(i), i);
        }
    }

    /**
     * For an event loop: takes what it need not wait for, and says whether that was all.
     *
     * @param first of this request: what a follower asks for says what it has
     */
    static FetchReading fromMemory(
            Partitions partitions, FetchTerms terms, List<Asked> asked, boolean first) {
        return new FetchReading(partitions, terms, asked, false, first && terms.isFollower());
    }

    /** For a worker: waits for the disk where it has to. */
    static FetchReading fromFilesToo(Partitions partitions, FetchTerms terms, List<Asked> asked) {
        return new FetchReading(partitions, terms, asked, true, false);
    }

    /** One for each partition asked for; null where the session's client knows all there is. */
    @Nullable PartitionData[] answers() {
        return answers;
    }

    /**
     * An error, a divergence, or the way to another replica is answered at once; so is a request
     * that has found enough.
     */
    boolean worthAnswering() {
        return urgent || foundBytes >= terms.minBytes();
    }

    /** Some records are there, but only in files. */
    boolean incomplete() {
        return incomplete;
    }

    /** Some partition is led elsewhere, or under another epoch. */
    boolean misdirected() {
        return misdirected;
    }

    /** Where what the reader may see ended when this partition was read. */
    long end(int index) {
        return ends[index];
    }

    /** It is answered with this reading. */
    void count() {
        if (throttle != null && throttledBytes > 0) {
            throttle.record(throttledBytes);
        }
    }

    /** It is not answered with this reading. */
    void discard() {
        for (PartitionData answer : answers) {
            if (answer != null && answer.records() instanceof RecordBytes records) {
                records.done();
            }
        }
    }

    private @Nullable PartitionData read(Asked asked, int index) {
        try {
            Partition partition = partitions.require(asked, terms.topicIds());
            if (terms.mayReadFromFollower()) {
                partition.requireReadable(asked.wanted().currentLeaderEpoch());
            } else {
                partition.requireUsable(asked.wanted().currentLeaderEpoch());
            }
            ends[index] = terms.limit().of(partition.log());
            return read(partition, asked, ends[index]);
        } catch (ApiException e) {
            return refusal(asked, Errors.forException(e));
        } catch (IOException e) {
            LOG.error(
                    "Reading {} {}-{} failed",
                    asked.topicId(),
                    asked.topic(),
                    asked.partition(),
                    e);
            return refusal(asked, Errors.KAFKA_STORAGE_ERROR);
        }
    }

    private PartitionData refusal(Asked asked, Errors error) {
        urgent = true;
        misdirected |=
                error == Errors.NOT_LEADER_OR_FOLLOWER || error == Errors.FENCED_LEADER_EPOCH;
        Errors known =
                error == Errors.KAFKA_STORAGE_ERROR && !terms.storageError()
                        ? Errors.NOT_LEADER_OR_FOLLOWER
                        : error;
        return new PartitionData()
                .setPartitionIndex(asked.partition())
                .setErrorCode(known.code())
                .setHighWatermark(-1)
                .setLastStableOffset(-1)
                .setLogStartOffset(-1)
                .setRecords(RecordBytes.EMPTY);
    }

    private @Nullable PartitionData read(Partition partition, Asked asked, long end)
            throws IOException {
        PartitionLog log = partition.log();
        FetchPartition wanted = asked.wanted();
        int nearest = partition.nearestReplica(terms.rack(), wanted.fetchOffset());
        boolean stays = nearest == ReadReplicas.LEADER;
        FetchResponseData.EpochEndOffset divergence = stays ? divergence(log, wanted) : null;
        FetchedRecords fetched =
                stays && divergence == null ? fetch(partition, wanted, end) : FetchedRecords.NONE;
        if (noteProgress && divergence == null) {
            partition.fetched(
                    terms.followerId(),
                    terms.followerEpoch(),
                    wanted.fetchOffset(),
                    wanted.currentLeaderEpoch(),
                    wanted.logStartOffset());
        }
        // Behind the progress, which may have moved it: the follower is told at once.
        long highWatermark = log.highWatermark();
        long lastStableOffset = log.lastStableOffset();
        long logStartOffset = log.logStartOffset();
        int fetchedBytes = fetched.sizeBytes();
        if (fetchedBytes == 0 && stays && divergence == null) {
            if (!asked.isNews(highWatermark, logStartOffset)) {
                return null;
            }
            urgent |= terms.isFollower() && partition.tellsHighWatermark() && asked.isInSession();
        }
        PartitionData answer =
                new PartitionData()
                        .setPartitionIndex(asked.partition())
                        .setHighWatermark(highWatermark)
                        .setLastStableOffset(lastStableOffset)
                        .setLogStartOffset(logStartOffset)
                        .setAbortedTransactions(terms.stable() ? aborted(fetched) : null)
                        .setRecords(RecordBytes.EMPTY);
        if (!stays) {
            urgent = true;
            answer.setPreferredReadReplica(nearest);
        }
        if (divergence != null) {
            urgent = true;
            answer.setDivergingEpoch(divergence);
        }
        if (fetchedBytes > 0) {
            answer.setRecords(bytes(fetched));
            foundBytes += fetchedBytes;
            noteThrottled(partition, fetchedBytes);
        }
        return answer;
    }

    private void noteThrottled(Partition partition, int bytes) {
        ReplicationQuota quota = terms.isFollower() ? partition.quotaAsLeader() : null;
        if (quota != null) {
            throttle = quota;
            throttledBytes += bytes;
        }
    }

    private FetchedRecords fetch(Partition partition, FetchPartition wanted, long end)
            throws IOException {
        PartitionLog log = partition.log();
        long offset = wanted.fetchOffset();
        if (offset > log.logEndOffset() && partition.mayBeDeposed()) {
            throw new NotLeaderOrFollowerException(
                    "%s: offset %d is not here, and another broker may lead by now"
                            .formatted(partition.topicPartition(), offset));
        }
        if (offset < log.logStartOffset() || offset > log.logEndOffset()) {
            throw new OffsetOutOfRangeException(
                    "%s: offset %d is outside %d..%d"
                            .formatted(
                                    partition.topicPartition(),
                                    offset,
                                    log.logStartOffset(),
                                    log.logEndOffset()));
        }
        int left = terms.maxBytes() - foundBytes;
        boolean first = foundBytes == 0;
        if (offset >= end
                || (left <= 0 && !first)
                || (terms.isFollower() && partition.holdsBack(terms.followerId()))) {
            return FetchedRecords.NONE;
        }
        int maxBytes = Math.min(left, Math.max(0, wanted.partitionMaxBytes()));
        FetchedRecords fetched = log.readAtOnce(offset, end, maxBytes, first);
        if (fetched == null) {
            if (!mayTouchFiles) {
                incomplete = true;
                return FetchedRecords.NONE;
            }
            fetched = log.read(offset, end, maxBytes, first);
        }
        return terms.zstd() ? fetched : WithoutZstd.prefix(fetched);
    }

    private RecordBytes bytes(FetchedRecords fetched) throws IOException {
        FetchedRecords.FileRegion region = fetched.region();
        if (region == null) {
            if (fetched.records() == null) {
                return RecordBytes.EMPTY;
            }
            return fetched.release() == null
                    ? RecordBytes.of(fetched.records())
                    : RecordBytes.of(fetched.records(), fetched.release());
        }
        if (!region.warm()) {
            PageCache.load(region.channel(), region.position(), region.lengthBytes());
        }
        return RecordBytes.of(region.channel(), region.position(), region.lengthBytes());
    }

    private static List<FetchResponseData.AbortedTransaction> aborted(FetchedRecords fetched) {
        if (fetched.abortedTransactions().isEmpty()) {
            return List.of();
        }
        return fetched.abortedTransactions().stream()
                .map(
                        aborted ->
                                new FetchResponseData.AbortedTransaction()
                                        .setProducerId(aborted.producerId())
                                        .setFirstOffset(aborted.firstOffset()))
                .toList();
    }

    /**
     * KIP-595: the reader's last record is of an epoch that ends earlier in this log, so it has
     * read what was truncated since. Null if not.
     */
    private static FetchResponseData.@Nullable EpochEndOffset divergence(
            PartitionLog log, FetchPartition wanted) {
        EpochEndOffset end =
                Truncation.divergence(
                        log::endOffsetForEpoch, wanted.lastFetchedEpoch(), wanted.fetchOffset());
        return end == null
                ? null
                : new FetchResponseData.EpochEndOffset()
                        .setEpoch(end.leaderEpoch())
                        .setEndOffset(end.endOffset());
    }
}
