package dev.millrace.broker;

import dev.millrace.log.FetchedRecords;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import dev.millrace.wire.RecordBytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to answer a Fetch: what all of its partitions have at this moment. Made and used by
 * one thread.
 */
final class FetchReading {
    private static final Logger LOG = LoggerFactory.getLogger(FetchReading.class);

    private static final int NO_REPLICA = -1;

    private final FetchTerms terms;
    private final boolean mayTouchFiles;
    private final FetchResponseData response = new FetchResponseData();
    private int foundBytes;
    private boolean urgent;
    private boolean incomplete;

    private FetchReading(FetchTerms terms, boolean mayTouchFiles) {
        this.terms = terms;
        this.mayTouchFiles = mayTouchFiles;
    }

    /** For an event loop: takes what is in memory, and says whether that was all. */
    static FetchReading fromMemory(FetchTerms terms) {
        return new FetchReading(terms, false).read();
    }

    /** For a worker: waits for the disk where it has to. */
    static FetchReading fromFilesToo(FetchTerms terms) {
        return new FetchReading(terms, true).read();
    }

    FetchResponseData response() {
        return response;
    }

    /** An error or a divergence is answered at once; so is a request that has found enough. */
    boolean worthAnswering() {
        return urgent || foundBytes >= terms.request().minBytes();
    }

    /** Some records are there, but only in files. */
    boolean incomplete() {
        return incomplete;
    }

    private FetchReading read() {
        List<FetchTopic> wanted = terms.request().topics();
        List<FetchableTopicResponse> topics = new ArrayList<>(wanted.size());
        for (FetchTopic topic : wanted) {
            List<PartitionData> answers = new ArrayList<>(topic.partitions().size());
            for (FetchPartition partition : topic.partitions()) {
                answers.add(read(topic, partition));
            }
            topics.add(
                    new FetchableTopicResponse()
                            .setTopic(topic.topic())
                            .setTopicId(topic.topicId())
                            .setPartitions(answers));
        }
        response.setResponses(topics);
        return this;
    }

    private PartitionData read(FetchTopic topic, FetchPartition wanted) {
        PartitionData answer =
                new PartitionData()
                        .setPartitionIndex(wanted.partition())
                        .setPreferredReadReplica(NO_REPLICA)
                        .setRecords(RecordBytes.EMPTY);
        try {
            Partition partition = terms.find(topic, wanted.partition());
            partition.requireUsable(wanted.currentLeaderEpoch());
            read(partition, wanted, answer);
        } catch (ApiException e) {
            refuse(answer, e);
        } catch (IOException e) {
            LOG.error("Reading {}-{} failed", topic.topic(), wanted.partition(), e);
            refuse(answer, Errors.KAFKA_STORAGE_ERROR.exception());
        }
        return answer;
    }

    private void refuse(PartitionData answer, ApiException e) {
        urgent = true;
        answer.setErrorCode(Errors.forException(e).code())
                .setHighWatermark(-1)
                .setLastStableOffset(-1)
                .setLogStartOffset(-1);
    }

    private void read(Partition partition, FetchPartition wanted, PartitionData answer)
            throws IOException {
        PartitionLog log = partition.log();
        long end = terms.end(log);
        answer.setHighWatermark(log.highWatermark())
                .setLastStableOffset(log.lastStableOffset())
                .setLogStartOffset(log.logStartOffset());
        if (diverges(log, wanted, answer)) {
            urgent = true;
            return;
        }
        long offset = wanted.fetchOffset();
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
        if (offset >= end || (left <= 0 && !first)) {
            return;
        }
        int maxBytes = Math.min(left, wanted.partitionMaxBytes());
        FetchedRecords fetched = log.readFromMemory(offset, end, maxBytes, first);
        if (fetched == null) {
            if (!mayTouchFiles) {
                incomplete = true;
                return;
            }
            fetched = log.read(offset, end, maxBytes, first);
        }
        take(fetched, answer);
    }

    private void take(FetchedRecords read, PartitionData answer) throws IOException {
        FetchedRecords fetched = terms.zstd() ? read : WithoutZstd.prefix(read);
        if (fetched.records() != null) {
            answer.setRecords(RecordBytes.of(fetched.records()));
        } else if (fetched.region() != null) {
            FetchedRecords.FileRegion region = fetched.region();
            if (mayTouchFiles) {
                PageCache.load(region.channel(), region.position(), region.lengthBytes());
            }
            answer.setRecords(
                    RecordBytes.of(region.channel(), region.position(), region.lengthBytes()));
        }
        foundBytes += fetched.sizeBytes();
        if (terms.stable()) {
            answer.setAbortedTransactions(
                    fetched.abortedTransactions().stream()
                            .map(
                                    aborted ->
                                            new FetchResponseData.AbortedTransaction()
                                                    .setProducerId(aborted.producerId())
                                                    .setFirstOffset(aborted.firstOffset()))
                            .toList());
        }
    }

    /**
     * KIP-595: the reader's last record is of an epoch that ends earlier in this log, so it has
     * read what was truncated since.
     */
    private static boolean diverges(PartitionLog log, FetchPartition wanted, PartitionData answer) {
        if (wanted.lastFetchedEpoch() < 0) {
            return false;
        }
        EpochEndOffset end = log.endOffsetForEpoch(wanted.lastFetchedEpoch()).orElse(null);
        if (end == null) {
            throw new OffsetOutOfRangeException(
                    "%s: nothing is known of epoch %d, which the reader read last"
                            .formatted(log.topicPartition(), wanted.lastFetchedEpoch()));
        }
        if (end.leaderEpoch() < wanted.lastFetchedEpoch()
                || end.endOffset() < wanted.fetchOffset()) {
            answer.setDivergingEpoch(
                    new FetchResponseData.EpochEndOffset()
                            .setEpoch(end.leaderEpoch())
                            .setEndOffset(end.endOffset()));
            return true;
        }
        return false;
    }
}
