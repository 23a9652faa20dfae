package dev.millrace.broker;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.errors.FetchSessionIdNotFoundException;
import org.apache.kafka.common.errors.FetchSessionTopicIdException;
import org.apache.kafka.common.errors.InvalidFetchSessionEpochException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * A part of the fetch sessions, in a bounded number of slots. Any thread: each call is short and
 * under this object's lock, which is that of its sessions too.
 *
 * <p>A new session finds its slot in this order, as in Kafka: a free one; that of the session
 * unused for longest, if for more than two minutes; that of the smallest, if it is smaller and
 * older than two minutes, or a consumer's where the new one is a follower's. Else there is none.
 */
final class FetchSessionShard {
    private static final long EVICTION_MS = 120_000;

    private final int number;
    private final int shards;
    private final int maxSessions;
    private final int maxPartitions;

    /** By id, the one unused for longest first. */
    private final Map<Integer, FetchSession> sessions = new LinkedHashMap<>(16, 0.75f, true);

    private int partitions;
    private long evictions;

    /**
     * @param number of this shard, below {@code shards}; ids of its sessions leave it as remainder
     * @param maxPartitions bound on the partitions of all sessions together; who grows beyond it
     *     loses its session
     */
    FetchSessionShard(int number, int shards, int maxSessions, int maxPartitions) {
        this.number = number;
        this.shards = shards;
        this.maxSessions = maxSessions;
        this.maxPartitions = maxPartitions;
    }

    synchronized int sessions() {
        return sessions.size();
    }

    synchronized int partitions() {
        return partitions;
    }

    synchronized long evictions() {
        return evictions;
    }

    /**
     * Takes an incremental request into its session.
     *
     * @return null if that leaves the session without partitions, which ends it
     * @throws org.apache.kafka.common.errors.ApiException FETCH_SESSION_ID_NOT_FOUND,
     *     INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR
     */
    synchronized FetchContext.@Nullable Incremental next(
            FetchRequestData request, boolean topicIds, long nowMs) {
        FetchSession session = sessions.get(request.sessionId());
        if (session == null) {
            throw new FetchSessionIdNotFoundException(
                    "there is no fetch session " + request.sessionId());
        }
        if (session.epoch != request.sessionEpoch()) {
            throw new InvalidFetchSessionEpochException(
                    "fetch session %d is at epoch %d, the request says %d"
                            .formatted(session.id, session.epoch, request.sessionEpoch()));
        }
        if (session.topicIds != topicIds) {
            throw new FetchSessionTopicIdException(
                    "fetch session %d %s topic ids, the request does not agree"
                            .formatted(session.id, session.topicIds ? "uses" : "does not use"));
        }
        session.update(request);
        if (session.size() == 0) {
            remove(session.id);
            return null;
        }
        session.nextEpoch();
        touch(session, nowMs);
        if (partitions > maxPartitions) {
            remove(session.id);
            evictions++;
            throw new FetchSessionIdNotFoundException(
                    "fetch session %d has ended: together they have more than %d partitions"
                            .formatted(session.id, maxPartitions));
        }
        return new FetchContext.Incremental(this, session, session.epoch, session.asked());
    }

    /** Makes what was asked and answered a session, if there is room: its id, or 0. */
    synchronized int create(
            boolean privileged,
            boolean topicIds,
            List<Asked> asked,
            @Nullable PartitionData[] answers,
            long nowMs) {
        if (partitions + asked.size() > maxPartitions
                || (sessions.size() >= maxSessions && !evictFor(privileged, asked.size(), nowMs))) {
            return FetchSessions.NO_SESSION;
        }
        FetchSession session = new FetchSession(newId(), privileged, topicIds, nowMs);
        session.begin(asked, answers);
        sessions.put(session.id, session);
        touch(session, nowMs);
        return session.id;
    }

    /** The answer to a request of the session; an error if another has come in between. */
    synchronized FetchResponseData answer(
            FetchSession session, int epoch, List<FetchableTopicResponse> news) {
        FetchResponseData response = new FetchResponseData().setSessionId(session.id);
        if (session.epoch != epoch) {
            return response.setErrorCode(Errors.INVALID_FETCH_SESSION_EPOCH.code());
        }
        session.told(news);
        return response.setResponses(news);
    }

    /** The same, telling nothing: what is news stays news. */
    synchronized FetchResponseData withoutNews(FetchSession session, int epoch) {
        return answer(session, epoch, List.of());
    }

    synchronized void remove(int id) {
        FetchSession session = sessions.remove(id);
        if (session != null) {
            partitions -= session.countedPartitions;
        }
    }

    private void touch(FetchSession session, long nowMs) {
        session.lastUsedMs = nowMs;
        session.displaceable = nowMs - session.createdMs > EVICTION_MS;
        partitions += session.size() - session.countedPartitions;
        session.countedPartitions = session.size();
    }

    private boolean evictFor(boolean privileged, int size, long nowMs) {
        Iterator<FetchSession> oldestFirst = sessions.values().iterator();
        if (!oldestFirst.hasNext()) {
            return false;
        }
        FetchSession victim = oldestFirst.next();
        if (nowMs - victim.lastUsedMs <= EVICTION_MS) {
            victim = leastDisplaceable(privileged);
            if (victim == null || !isWorthMore(privileged, size, victim)) {
                return false;
            }
        }
        remove(victim.id);
        evictions++;
        return true;
    }

    private @Nullable FetchSession leastDisplaceable(boolean byPrivileged) {
        FetchSession least = null;
        for (FetchSession session : sessions.values()) {
            if ((session.displaceable || (byPrivileged && !session.privileged))
                    && (least == null
                            || isWorthMore(least.privileged, least.countedPartitions, session))) {
                least = session;
            }
        }
        return least;
    }

    private static boolean isWorthMore(boolean privileged, int size, FetchSession than) {
        return privileged == than.privileged ? size > than.countedPartitions : privileged;
    }

    private int newId() {
        int id;
        do {
            id =
                    ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE / shards) * shards
                            + number;
        } while (sessions.containsKey(id));
        return id;
    }
}
