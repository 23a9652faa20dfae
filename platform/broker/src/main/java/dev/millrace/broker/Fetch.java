package dev.millrace.broker;

import dev.millrace.log.FetchedRecords;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import dev.millrace.wire.RecordBytes;
import dev.millrace.wire.RequestContext;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Fetch request: reads what there is, and if that is too little waits on its partitions for
 * more, or for its time to be over. Belongs to the event loop of its connection; reads there too,
 * since anybody may read below the high watermark, and asks the partitions' owners only to be
 * woken.
 */
final class Fetch {
    private static final Logger LOG = LoggerFactory.getLogger(Fetch.class);

    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final int CONSUMER = -1;
    private static final byte READ_COMMITTED = 1;
    private static final int NO_REPLICA = -1;

    private final Partitions partitions;
    private final ContextInternal loop;
    private final RequestContext context;
    private final FetchRequestData request;
    private final int maxBytes;
    private final boolean stable;
    private final boolean consumer;
    private final Promise<FetchResponseData> promise = Promise.promise();
    private final List<Wait> waits = new ArrayList<>();
    private @Nullable ScheduledFuture<?> timeout;
    private boolean lookAgainScheduled;

    /** What {@link #read} saw: bytes that are there, and whether there is a reason not to wait. */
    private int foundBytes;

    private boolean answerNow;

    /** A place in a partition's queue; null until its owner has given it. */
    private static final class Wait {
        private final Partition partition;
        private OffsetWaiters.@Nullable Waiter waiter;
        private boolean cancelled;

        private Wait(Partition partition) {
            this.partition = partition;
        }
    }

    Fetch(
            Partitions partitions,
            ContextInternal loop,
            RequestContext context,
            FetchRequestData request,
            int maxBytes) {
        this.partitions = partitions;
        this.loop = loop;
        this.context = context;
        this.request = request;
        this.maxBytes = Math.min(maxBytes, Math.max(request.maxBytes(), 0));
        this.stable = request.isolationLevel() == READ_COMMITTED;
        this.consumer =
                context.version() >= 15
                        ? request.replicaState().replicaId() == CONSUMER
                        : request.replicaId() == CONSUMER;
    }

    Future<FetchResponseData> start(boolean dontWait) {
        FetchResponseData response = read();
        if (dontWait
                || answerNow
                || request.maxWaitMs() <= 0
                || foundBytes >= request.minBytes()
                || request.topics().isEmpty()) {
            return Future.succeededFuture(response);
        }
        timeout =
                loop.nettyEventLoop()
                        .schedule(this::answer, request.maxWaitMs(), TimeUnit.MILLISECONDS);
        await();
        return promise.future();
    }

    long connectionId() {
        return context.connectionId();
    }

    /** Any thread. */
    void stopWaiting() {
        loop.nettyEventLoop().execute(this::answer);
    }

    private void answer() {
        if (!promise.future().isComplete()) {
            finish(read());
        }
    }

    private void finish(FetchResponseData response) {
        leaveQueues();
        if (timeout != null) {
            timeout.cancel(false);
        }
        promise.complete(response);
    }

    /** Some partition has more. Looked at after the current turn, when all of it is there. */
    private void wakeUp() {
        if (!lookAgainScheduled) {
            lookAgainScheduled = true;
            loop.nettyEventLoop().execute(this::lookAgain);
        }
    }

    private void lookAgain() {
        lookAgainScheduled = false;
        if (promise.future().isComplete()) {
            return;
        }
        FetchResponseData response = read();
        if (answerNow || foundBytes >= request.minBytes()) {
            finish(response);
        } else {
            leaveQueues();
            await();
        }
    }

    /** Queues up behind the end of what each partition has now. */
    private void await() {
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition wanted : topic.partitions()) {
                Partition partition;
                try {
                    partition = find(topic, wanted.partition());
                } catch (ApiException e) {
                    wakeUp();
                    continue;
                }
                long end = end(partition.log());
                await(partition, Math.max(wanted.fetchOffset(), end));
            }
        }
    }

    private void await(Partition partition, long offset) {
        Wait wait = new Wait(partition);
        waits.add(wait);
        if (partition.isOwnerThread()) {
            wait.waiter = partition.awaitData(offset, stable, this::wakeUp);
            return;
        }
        partition
                .owner()
                .nettyEventLoop()
                .execute(
                        () -> {
                            if (!wait.cancelled) {
                                wait.waiter =
                                        partition.awaitData(
                                                offset,
                                                stable,
                                                () -> loop.nettyEventLoop().execute(this::wakeUp));
                            }
                        });
    }

    private void leaveQueues() {
        for (Wait wait : waits) {
            if (wait.partition.isOwnerThread()) {
                leave(wait);
            } else {
                wait.partition.owner().nettyEventLoop().execute(() -> leave(wait));
            }
        }
        waits.clear();
    }

    /** Owner of the partition. */
    private void leave(Wait wait) {
        wait.cancelled = true;
        if (wait.waiter != null) {
            wait.partition.stopWaiting(wait.waiter, stable);
        }
    }

    // ---- reading

    private FetchResponseData read() {
        foundBytes = 0;
        answerNow = false;
        FetchResponseData response = new FetchResponseData();
        List<FetchableTopicResponse> topics = new ArrayList<>(request.topics().size());
        for (FetchTopic topic : request.topics()) {
            List<PartitionData> answers = new ArrayList<>(topic.partitions().size());
            for (FetchPartition wanted : topic.partitions()) {
                answers.add(read(topic, wanted));
            }
            topics.add(
                    new FetchableTopicResponse()
                            .setTopic(topic.topic())
                            .setTopicId(topic.topicId())
                            .setPartitions(answers));
        }
        return response.setResponses(topics);
    }

    private PartitionData read(FetchTopic topic, FetchPartition wanted) {
        PartitionData answer =
                new PartitionData()
                        .setPartitionIndex(wanted.partition())
                        .setPreferredReadReplica(NO_REPLICA)
                        .setRecords(RecordBytes.EMPTY);
        try {
            Partition partition = find(topic, wanted.partition());
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

    private Partition find(FetchTopic topic, int partition) {
        return context.version() >= FIRST_VERSION_WITH_TOPIC_IDS
                ? partitions.require(topic.topicId(), partition)
                : partitions.require(topic.topic(), partition);
    }

    private void refuse(PartitionData answer, ApiException e) {
        answerNow = true;
        answer.setErrorCode(Errors.forException(e).code())
                .setHighWatermark(-1)
                .setLastStableOffset(-1)
                .setLogStartOffset(-1);
    }

    private long end(PartitionLog log) {
        if (!consumer) {
            return log.logEndOffset();
        }
        return stable ? log.lastStableOffset() : log.highWatermark();
    }

    private void read(Partition partition, FetchPartition wanted, PartitionData answer)
            throws IOException {
        PartitionLog log = partition.log();
        long highWatermark = log.highWatermark();
        long end = end(log);
        answer.setHighWatermark(highWatermark)
                .setLastStableOffset(log.lastStableOffset())
                .setLogStartOffset(log.logStartOffset());
        if (diverges(log, wanted, answer)) {
            answerNow = true;
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
        int left = maxBytes - foundBytes;
        boolean first = foundBytes == 0;
        if (offset >= end || (left <= 0 && !first)) {
            return;
        }
        FetchedRecords fetched =
                log.read(offset, end, Math.min(left, wanted.partitionMaxBytes()), first);
        if (fetched.records() != null) {
            answer.setRecords(RecordBytes.of(fetched.records()));
        } else if (fetched.region() != null) {
            FetchedRecords.FileRegion region = fetched.region();
            answer.setRecords(
                    RecordBytes.of(region.channel(), region.position(), region.lengthBytes()));
        }
        foundBytes += fetched.sizeBytes();
        if (stable) {
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
