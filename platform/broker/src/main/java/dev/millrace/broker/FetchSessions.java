package dev.millrace.broker;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.jspecify.annotations.Nullable;

/**
 * The fetch sessions of this broker (KIP-227), in as many shards as there are event loops. Any
 * thread.
 *
 * <pre>
 *   request           session id, epoch     meaning
 *   whole             0,  0                 open a session if there is room
 *   whole             0, -1                 no session
 *   whole             id, 0 or -1           end that one; open another, or none
 *   incremental       id, 1, 2, 3, …        the session's next
 * </pre>
 */
final class FetchSessions {
    static final int NO_SESSION = 0;

    // Epochs of whole requests.
    private static final int OPENING = 0;
    private static final int WITHOUT = -1;

    private static final int MAX_PARTITIONS = 1_000_000;

    private final List<FetchSessionShard> shards = new ArrayList<>();
    private final AtomicInteger created = new AtomicInteger();
    private final Clock clock;

    /**
     * @param maxSessions {@code max.incremental.fetch.session.cache.slots}
     * @param shardCount at least 1
     */
    FetchSessions(int maxSessions, int shardCount, Clock clock) {
        this.clock = clock;
        for (int i = 0; i < shardCount; i++) {
            int slots = maxSessions / shardCount + (i < maxSessions % shardCount ? 1 : 0);
            shards.add(new FetchSessionShard(i, shardCount, slots, MAX_PARTITIONS / shardCount));
        }
    }

    /**
     * @param topicIds whether the request carries topic ids, not names
     * @throws org.apache.kafka.common.errors.ApiException the session it claims is not there, is at
     *     another epoch, or of the other kind
     */
    FetchContext context(FetchRequestData request, boolean topicIds, boolean follower) {
        int epoch = request.sessionEpoch();
        if (epoch != OPENING && epoch != WITHOUT) {
            FetchContext incremental =
                    shard(request.sessionId()).next(request, topicIds, clock.millis());
            return incremental == null ? FetchContext.whole(request) : incremental;
        }
        if (request.sessionId() != NO_SESSION) {
            shard(request.sessionId()).remove(request.sessionId());
        }
        FetchContext.Whole whole = FetchContext.whole(request);
        return epoch == WITHOUT ? whole : new FetchContext.Opening(this, whole, topicIds, follower);
    }

    private FetchSessionShard shard(int sessionId) {
        return shards.get(Math.floorMod(sessionId, shards.size()));
    }

    /** Opens a session; its id, or 0 if there is no room. */
    int create(
            boolean follower,
            boolean topicIds,
            List<Asked> asked,
            @Nullable PartitionData[] answers) {
        int shard = Math.floorMod(created.getAndIncrement(), shards.size());
        return shards.get(shard).create(follower, topicIds, asked, answers, clock.millis());
    }

    long sessions() {
        return sum(FetchSessionShard::sessions);
    }

    /** In all sessions together. */
    long partitions() {
        return sum(FetchSessionShard::partitions);
    }

    long evictions() {
        return sum(FetchSessionShard::evictions);
    }

    private long sum(ToLongFunction<FetchSessionShard> figure) {
        return shards.stream().mapToLong(figure).sum();
    }

    /** Whether the request is a client's good-bye: the end of its session, and nothing more. */
    static boolean isGoodBye(FetchRequestData request) {
        return request.topics().isEmpty() && request.sessionEpoch() == WITHOUT;
    }
}
