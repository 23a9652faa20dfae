package dev.millrace.broker;

import dev.millrace.wire.RequestContext;
import org.apache.kafka.common.message.FetchRequestData;

/**
 * How one Fetch wants to be answered.
 *
 * @param topicIds whether it carries topic ids, not names
 * @param consumer not a replica, so reads no further than the high watermark
 * @param followerId broker that reads in order to have the records too; -1 if it is none, or only
 *     says so
 * @param followerEpoch its broker epoch
 * @param stable read_committed: reads no further than the last stable offset
 * @param maxWaitMs how long it may wait for {@code minBytes}
 * @param minBytes of records, over all partitions; never more than {@code maxBytes}
 * @param maxBytes bound on the records of the answer, the client's or ours; one batch always fits
 * @param rack {@code client.rack} of a consumer that goes where it is sent (KIP-392); empty if it
 *     has none
 */
record FetchTerms(
        short version,
        boolean topicIds,
        boolean consumer,
        int followerId,
        long followerEpoch,
        boolean stable,
        int maxWaitMs,
        int minBytes,
        int maxBytes,
        String rack) {
    private static final short FIRST_VERSION_WITH_STORAGE_ERROR = 6;
    private static final short FIRST_VERSION_WITH_ZSTD = 10;
    private static final short FIRST_VERSION_WITH_RACK = 11;
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final short FIRST_VERSION_WITH_REPLICA_STATE = 15;
    private static final short FIRST_VERSION_WITH_LEADER_HINTS = 16;
    private static final int CONSUMER = -1;
    private static final byte READ_COMMITTED = 1;

    /** A client that has gone is not waited for longer than this, whatever it asked for. */
    private static final int MAX_WAIT_MS = 300_000;

    /**
     * @param fromPeers the request came to the listener of this cluster's brokers
     */
    static FetchTerms of(
            RequestContext context,
            FetchRequestData request,
            int brokerMaxBytes,
            boolean fromPeers) {
        short version = context.version();
        int replicaId =
                version >= FIRST_VERSION_WITH_REPLICA_STATE
                        ? request.replicaState().replicaId()
                        : request.replicaId();
        int maxBytes = Math.min(brokerMaxBytes, Math.max(request.maxBytes(), 0));
        return new FetchTerms(
                version,
                version >= FIRST_VERSION_WITH_TOPIC_IDS,
                replicaId == CONSUMER,
                fromPeers ? replicaId : CONSUMER,
                request.replicaState().replicaEpoch(),
                request.isolationLevel() == READ_COMMITTED,
                Math.min(request.maxWaitMs(), MAX_WAIT_MS),
                Math.min(request.minBytes(), maxBytes),
                maxBytes,
                version >= FIRST_VERSION_WITH_RACK && replicaId == CONSUMER
                        ? request.rackId()
                        : "");
    }

    /** Consumers that know how to find the leader again. */
    boolean mayReadFromFollower() {
        return consumer && version >= FIRST_VERSION_WITH_RACK;
    }

    /** Whether the reader knows that codec. */
    boolean zstd() {
        return version >= FIRST_VERSION_WITH_ZSTD;
    }

    /** Whether the reader knows that error code. */
    boolean storageError() {
        return version >= FIRST_VERSION_WITH_STORAGE_ERROR;
    }

    /** KIP-951. */
    boolean leaderHints() {
        return version >= FIRST_VERSION_WITH_LEADER_HINTS;
    }

    /** How far this reader may see. */
    ReadLimit limit() {
        if (!consumer) {
            return ReadLimit.LOG_END;
        }
        return stable ? ReadLimit.LAST_STABLE_OFFSET : ReadLimit.HIGH_WATERMARK;
    }

    /** Whether its progress counts for the high watermark. */
    boolean isFollower() {
        return followerId >= 0;
    }
}
