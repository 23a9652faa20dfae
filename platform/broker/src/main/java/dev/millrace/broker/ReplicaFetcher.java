package dev.millrace.broker;

import dev.millrace.broker.replica.Truncation;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import dev.millrace.wire.KafkaClient;
import dev.millrace.wire.RecordBytes;
import dev.millrace.wire.record.RecordBatchView;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches from one leader for the partitions of one event loop: one connection, one fetch session
 * (KIP-227), one request under way; an answer is appended as it comes in, byte for byte, and the
 * next request says so. A second one goes out only if there is more to follow while the first waits
 * at the leader, who answers it then.
 *
 * <pre>
 *   ┌─► request: what has changed since the last ─► leader: waits until there is something
 *   │                                                        │
 *   └── append, cut where the leader's epochs differ ◄───────┘
 * </pre>
 *
 * A partition that cannot go on pauses and leaves the session; the others go on. That loop only.
 */
final class ReplicaFetcher {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaFetcher.class);
    private static final short VERSION = ApiKeys.FETCH.latestVersion();
    private static final long FIRST_PAUSE_MS = 20;

    /** Before it, some seconds have passed: a leader that just begins is nothing to tell of. */
    private static final int NOTABLE_ATTEMPT = 9;

    /** The rate may be raised meanwhile. */
    private static final long MAX_THROTTLE_MS = 1_000;

    private static final int NO_SESSION = 0;
    private static final int FIRST_EPOCH = 0;

    private final int nodeId;
    private final int leaderId;
    private final ContextInternal loop;
    private final FetcherSettings settings;
    private final PeerConnections peers;
    private final LogCuts cuts;

    private final Map<Followed.Key, Followed> followed = new LinkedHashMap<>();

    /** Of {@link #followed}, those whose next request may differ from what the session knows. */
    private final Set<Followed> changed = new LinkedHashSet<>();

    /** In the session, and to be taken out of it. */
    private final Set<Followed.Key> forgotten = new LinkedHashSet<>();

    private @Nullable KafkaClient connection;
    private int sessionId = NO_SESSION;
    private int sessionEpoch = FIRST_EPOCH;

    /** Connects, pauses, or is about to ask. */
    private boolean busy;

    private int underWay;

    /** Requests so far; their number tells whether an answer is of this one or of an earlier. */
    private long requests;

    private boolean closed;
    private int failures;

    ReplicaFetcher(
            int nodeId,
            int leaderId,
            ContextInternal loop,
            FetcherSettings settings,
            PeerConnections peers,
            LogCuts cuts) {
        this.nodeId = nodeId;
        this.leaderId = leaderId;
        this.loop = loop;
        this.settings = settings;
        this.peers = peers;
        this.cuts = cuts;
    }

    int leaderId() {
        return leaderId;
    }

    boolean isIdle() {
        return followed.isEmpty();
    }

    /** Follows in this epoch; where it does so already, nothing changes. */
    void add(Partition partition, int leaderEpoch) {
        Followed before = followed.get(Followed.Key.of(partition));
        if (before != null && before.partition == partition && before.leaderEpoch == leaderEpoch) {
            return;
        }
        if (before != null) {
            remove(before.partition);
        }
        Followed added = new Followed(partition, leaderEpoch);
        followed.put(added.key, added);
        changed.add(added);
        fetchSoon();
    }

    void remove(Partition partition) {
        Followed removed = followed.remove(Followed.Key.of(partition));
        if (removed != null) {
            changed.remove(removed);
            forget(removed);
        }
    }

    private void forget(Followed gone) {
        if (gone.isTold()) {
            gone.forget();
            forgotten.add(gone.key);
        }
    }

    void close() {
        closed = true;
        KafkaClient open = connection;
        connection = null;
        if (open != null) {
            open.close();
        }
    }

    /** After this turn, when all that is added together has been. */
    private void fetchSoon() {
        if (!busy) {
            busy = true;
            loop.nettyEventLoop()
                    .execute(
                            () -> {
                                busy = false;
                                if (underWay == 0 || mayInterrupt()) {
                                    fetch();
                                }
                            });
        }
    }

    /** The request under way knows nothing of what has been added since. */
    private boolean mayInterrupt() {
        return underWay == 1 && sessionId != NO_SESSION && !changed.isEmpty();
    }

    private void fetch() {
        if (closed || busy || followed.isEmpty()) {
            return;
        }
        KafkaClient open = connection;
        if (open == null || !open.isOpen()) {
            connect();
            return;
        }
        FetchRequestData request = request();
        if (request == null) {
            // All of them pause; whoever goes on comes here again.
            return;
        }
        underWay++;
        long number = requests;
        if (sessionId != NO_SESSION) {
            sessionEpoch = sessionEpoch == Integer.MAX_VALUE ? 1 : sessionEpoch + 1;
        }
        open.send(
                ApiKeys.FETCH,
                VERSION,
                request,
                new KafkaClient.Answer() {
                    @Override
                    public void answered(ApiMessage message) {
                        if (connection == open) {
                            underWay--;
                            take((FetchResponseData) message, number);
                        }
                    }

                    @Override
                    public void lost(Throwable cause) {
                        if (connection == open) {
                            lostConnection(cause);
                        }
                    }
                });
    }

    // ---- The connection

    private void connect() {
        busy = true;
        connection = null;
        underWay = 0;
        endSession();
        peers.connect(leaderId, loop)
                .onComplete(done -> loop.nettyEventLoop().execute(() -> connected(done)));
    }

    private void connected(AsyncResult<KafkaClient> done) {
        busy = false;
        if (done.failed()) {
            lostConnection(done.cause());
        } else if (closed) {
            done.result().close();
        } else {
            if (failures > 0) {
                LOG.info("Broker {} can be reached again", leaderId);
            }
            failures = 0;
            connection = done.result();
            fetch();
        }
    }

    private void lostConnection(Throwable cause) {
        if (closed) {
            return;
        }
        KafkaClient open = connection;
        connection = null;
        underWay = 0;
        if (open != null) {
            open.close();
        }
        endSession();
        if (failures++ == 0) {
            LOG.warn(
                    "Broker {}, the leader of {} partitions here, cannot be reached; tries again: {}",
                    leaderId,
                    followed.size(),
                    cause.toString());
        }
        busy = true;
        later(
                failures,
                () -> {
                    busy = false;
                    fetch();
                });
    }

    private void later(int attempt, Runnable work) {
        long pauseMs = Math.min(settings.backoffMs(), FIRST_PAUSE_MS << Math.min(attempt - 1, 10));
        loop.nettyEventLoop().schedule(work, Math.max(1, pauseMs), TimeUnit.MILLISECONDS);
    }

    // ---- What is asked for

    private void endSession() {
        sessionId = NO_SESSION;
        sessionEpoch = FIRST_EPOCH;
        forgotten.clear();
        for (Followed each : followed.values()) {
            each.forget();
            if (!each.isPaused()) {
                changed.add(each);
            }
        }
    }

    /** Null if there is nothing to wait for. */
    private @Nullable FetchRequestData request() {
        flushFirst();
        pauseThrottled();
        requests++;
        Map<Uuid, FetchTopic> topics = new LinkedHashMap<>();
        for (Followed each : changed) {
            FetchPartition wanted = each.wanted(settings.maxBytes());
            forgotten.remove(each.key);
            if (!each.isTold(wanted)) {
                each.told(wanted, requests);
                topics.computeIfAbsent(each.key.topicId(), id -> new FetchTopic().setTopicId(id))
                        .partitions()
                        .add(wanted);
            }
        }
        changed.clear();
        if (followed.values().stream().noneMatch(Followed::isTold)) {
            return null;
        }
        FetchRequestData request =
                new FetchRequestData()
                        .setReplicaState(
                                new ReplicaState()
                                        .setReplicaId(nodeId)
                                        .setReplicaEpoch(peers.ownBrokerEpoch()))
                        .setMaxWaitMs(settings.maxWaitMs())
                        .setMinBytes(settings.minBytes())
                        .setMaxBytes(settings.responseMaxBytes())
                        .setSessionId(sessionId)
                        .setSessionEpoch(sessionEpoch)
                        .setTopics(new ArrayList<>(topics.values()));
        if (sessionId != NO_SESSION) {
            Map<Uuid, List<Integer>> leaving = new HashMap<>();
            forgotten.forEach(
                    key ->
                            leaving.computeIfAbsent(key.topicId(), id -> new ArrayList<>())
                                    .add(key.partition()));
            leaving.forEach(
                    (id, partitions) ->
                            request.forgottenTopicsData()
                                    .add(
                                            new ForgottenTopic()
                                                    .setTopicId(id)
                                                    .setPartitions(partitions)));
        }
        forgotten.clear();
        return request;
    }

    // ---- What comes

    private void take(FetchResponseData response, long number) {
        Errors error = Errors.forCode(response.errorCode());
        if (error != Errors.NONE) {
            LOG.debug("Broker {} begins a fetch session anew: {}", leaderId, error);
            endSession();
            if (error == Errors.FETCH_SESSION_ID_NOT_FOUND
                    || error == Errors.INVALID_FETCH_SESSION_EPOCH) {
                if (underWay == 0) {
                    fetch();
                }
            } else {
                lostConnection(error.exception());
            }
            return;
        }
        boolean begins = response.sessionId() != sessionId;
        for (FetchableTopicResponse topic : response.responses()) {
            topic.partitions().forEach(answer -> take(topic.topicId(), answer, number));
        }
        if (response.sessionId() == NO_SESSION) {
            // The leader has no room for one: the next request names all.
            endSession();
        } else if (begins) {
            sessionId = response.sessionId();
            sessionEpoch = 1;
        }
        if (underWay == 0) {
            fetch();
        }
    }

    private void take(Uuid topicId, PartitionData answer, long number) {
        Followed each = followed.get(new Followed.Key(topicId, answer.partitionIndex()));
        if (each == null || each.isPaused() || !each.awaits(number)) {
            // It follows another leader by now, or was cut since it asked.
            return;
        }
        if (each.partition.isHeld()) {
            pauseWhileHeld(each);
            return;
        }
        Errors error = Errors.forCode(answer.errorCode());
        if (error == Errors.OFFSET_OUT_OF_RANGE) {
            findWay(each);
        } else if (error != Errors.NONE) {
            pauseAfter(each, error.exception());
        } else if (answer.divergingEpoch().epoch() >= 0) {
            EpochEndOffset leaders =
                    new EpochEndOffset(
                            answer.divergingEpoch().epoch(), answer.divergingEpoch().endOffset());
            cut(
                    each,
                    cuts.to(
                            each.partition,
                            Truncation.offset(
                                    each.partition.log()::endOffsetForEpoch,
                                    each.partition.log().logEndOffset(),
                                    leaders)));
        } else {
            append(each, answer);
        }
    }

    private void append(Followed each, PartitionData answer) {
        ByteBuffer batches = RecordBytes.of(answer);
        int bytes = batches.remaining();
        try {
            each.partition.appendAsFollower(
                    batches, each.leaderEpoch, answer.highWatermark(), answer.logStartOffset());
        } catch (IOException e) {
            each.partition.broken(e);
            return;
        } catch (RuntimeException e) {
            if (startsBeforeLog(each, batches)) {
                cut(each, cuts.startAt(each.partition, firstOffset(batches)));
            } else {
                pauseAfter(each, e);
            }
            return;
        }
        ReplicationQuota quota = each.partition.quotaAsFollower();
        if (quota != null && bytes > 0) {
            quota.record(bytes);
        }
        each.leaderHighWatermark(answer.highWatermark());
        each.succeeded();
        changed.add(each);
    }

    /**
     * What one asks for says what it has: in the sense of its topic, on its disk. That goes for
     * what it has appended as a leader, too.
     */
    private void flushFirst() {
        List<Followed> unflushed = changed.stream().filter(Followed::mustFlush).toList();
        for (Followed each : unflushed) {
            pause(each);
            each.partition.afterFlush(() -> goOn(each));
        }
    }

    /** An empty log that begins inside of a batch of the leader, which comes as a whole. */
    private static boolean startsBeforeLog(Followed each, ByteBuffer batches) {
        long end = each.partition.log().logEndOffset();
        return each.partition.log().logStartOffset() == end
                && batches.hasRemaining()
                && firstOffset(batches) < end;
    }

    private static long firstOffset(ByteBuffer batches) {
        return RecordBatchView.at(batches, batches.position()).baseOffset();
    }

    // ---- What keeps one from going on

    private void pause(Followed each) {
        each.pause();
        changed.remove(each);
        forget(each);
    }

    private void goOn(Followed each) {
        if (each.isPaused() && followed.get(each.key) == each) {
            each.goOn();
            changed.add(each);
            fetchSoon();
        }
    }

    private void pauseThrottled() {
        Map<Followed, Long> waits = new HashMap<>();
        for (Followed each : changed) {
            long waitMs = each.throttleMs();
            if (waitMs > 0) {
                waits.put(each, Math.min(waitMs, MAX_THROTTLE_MS));
            }
        }
        waits.forEach(
                (each, waitMs) -> {
                    pause(each);
                    loop.nettyEventLoop().schedule(() -> goOn(each), waitMs, TimeUnit.MILLISECONDS);
                });
    }

    private void pauseWhileHeld(Followed each) {
        pause(each);
        each.partition.afterHold(() -> goOn(each));
    }

    private void pauseAfter(Followed each, Throwable cause) {
        pause(each);
        int attempt = each.failed();
        TopicPartition tp = each.partition.topicPartition();
        if (attempt != NOTABLE_ATTEMPT) {
            LOG.debug("{}: cannot be fetched from broker {}: {}", tp, leaderId, cause.toString());
        } else if (cause instanceof ApiException) {
            LOG.warn(
                    "{}: not fetched from broker {} for seconds: {}",
                    tp,
                    leaderId,
                    cause.toString());
        } else {
            LOG.warn("{}: not fetched from broker {} for seconds", tp, leaderId, cause);
        }
        later(attempt, () -> goOn(each));
    }

    private void cut(Followed each, Future<Void> cut) {
        pause(each);
        cut.onComplete(
                done -> {
                    if (done.succeeded()) {
                        goOn(each);
                    } else {
                        pauseAfter(each, done.cause());
                    }
                });
    }

    /** The leader's log ends before this one, or begins after it. */
    private void findWay(Followed each) {
        KafkaClient open = connection;
        if (open == null) {
            return;
        }
        pause(each);
        LeaderOffsets.ask(open, nodeId, each)
                .onComplete(
                        found -> {
                            if (followed.get(each.key) != each) {
                                return;
                            }
                            if (found.failed()) {
                                pauseAfter(each, found.cause());
                            } else if (each.partition.isHeld()) {
                                pauseWhileHeld(each);
                            } else {
                                goTo(each, found.result());
                            }
                        });
    }

    private void goTo(Followed each, LeaderOffsets leaders) {
        long end = each.partition.log().logEndOffset();
        if (leaders.end() < end) {
            cut(each, cuts.to(each.partition, leaders.end()));
        } else if (leaders.start() > end) {
            cut(each, cuts.startAt(each.partition, leaders.start()));
        } else {
            goOn(each);
        }
    }
}
