package dev.millrace.broker;

import dev.millrace.broker.quota.ClientQuotas;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Fetch: looks its session up, reads, and waits where there is too little to read. */
final class FetchHandler implements ApiHandler<FetchRequestData, FetchResponseData> {
    private final Partitions partitions;
    private final Workers workers;
    private final FetchSessions sessions;
    private final LeaderHints hints;
    private final ClientQuotas quotas;
    private final int maxBytes;
    private final boolean fromPeers;
    private final Set<Fetch> waiting = ConcurrentHashMap.newKeySet();

    /** Those of followers, by connection. */
    private final Map<Long, Fetch> waitingFollowers = new ConcurrentHashMap<>();

    private volatile boolean stopping;
    private volatile long followersHeardNs = System.nanoTime();

    /**
     * @param maxBytes bound on a response, whatever the client allows
     * @param fromPeers requests come from brokers of this cluster: their progress commits
     */
    FetchHandler(
            Partitions partitions,
            Workers workers,
            FetchSessions sessions,
            LeaderHints hints,
            ClientQuotas quotas,
            int maxBytes,
            boolean fromPeers) {
        this.fromPeers = fromPeers;
        this.partitions = partitions;
        this.workers = workers;
        this.sessions = sessions;
        this.hints = hints;
        this.quotas = quotas;
        this.maxBytes = maxBytes;
    }

    @Override
    public Future<FetchResponseData> handle(RequestContext context, FetchRequestData request) {
        // More at once would be throttled however long the client had been silent.
        int allowedBytes =
                fromPeers ? maxBytes : (int) Math.min(maxBytes, quotas.maxFetchBytes(context));
        FetchTerms terms = FetchTerms.of(context, request, allowedBytes, fromPeers);
        if (terms.isFollower()) {
            followersHeardNs = System.nanoTime();
            // It follows more by now, and does not want to wait for what it asked before.
            Fetch before = waitingFollowers.remove(context.connectionId());
            if (before != null) {
                before.answerNow();
            }
        }
        FetchContext session;
        try {
            session = sessions.context(request, terms.topicIds(), !terms.consumer());
        } catch (ApiException e) {
            // Of no partition, since it is not known which were meant.
            return Future.succeededFuture(
                    new FetchResponseData().setErrorCode(Errors.forException(e).code()));
        }
        if (FetchSessions.isGoodBye(request)) {
            answerWaiting(context.connectionId());
        }
        Fetch fetch =
                new Fetch(
                        context,
                        quotas,
                        ContextInternal.current(),
                        partitions,
                        workers,
                        hints,
                        terms,
                        session);
        Future<FetchResponseData> answer = fetch.start(stopping);
        if (!answer.isComplete()) {
            waiting.add(fetch);
            if (terms.isFollower()) {
                waitingFollowers.put(context.connectionId(), fetch);
            }
            answer.onComplete(done -> forget(fetch));
        }
        return answer;
    }

    /** Of the partitions that it has read from since its last request, where it has a session. */
    @Override
    public @Nullable ContextInternal home(FetchRequestData request) {
        ContextInternal home = null;
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition wanted : topic.partitions()) {
                Partition partition =
                        topic.topicId().equals(Uuid.ZERO_UUID)
                                ? partitions.find(topic.topic(), wanted.partition())
                                : partitions.find(topic.topicId(), wanted.partition());
                if (partition == null || (home != null && partition.owner() != home)) {
                    return null;
                }
                home = partition.owner();
            }
        }
        return home;
    }

    private void forget(Fetch fetch) {
        waiting.remove(fetch);
        waitingFollowers.remove(fetch.connectionId(), fetch);
    }

    /** A consumer that says good-bye waits for its answer, which waits for the one before. */
    private void answerWaiting(long connectionId) {
        waiting.forEach(
                fetch -> {
                    if (fetch.connectionId() == connectionId) {
                        fetch.stopWaiting();
                    }
                });
    }

    /** When the last request of a follower came, by {@link System#nanoTime}. */
    long followersHeardNs() {
        return followersHeardNs;
    }

    /** From now on nobody waits, and those who do are answered with what there is. */
    void stop() {
        stopping = true;
        waiting.forEach(Fetch::stopWaiting);
    }
}
