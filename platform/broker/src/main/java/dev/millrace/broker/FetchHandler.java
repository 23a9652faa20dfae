package dev.millrace.broker;

import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Fetch. Sessions (KIP-227) are not kept: a request that opens one is answered with session id 0,
 * upon which clients send whole requests; a request that claims one is told that there is none.
 */
final class FetchHandler implements ApiHandler<FetchRequestData, FetchResponseData> {
    private static final int NO_SESSION = 0;
    private static final int FINAL_EPOCH = -1;

    private final Partitions partitions;
    private final Workers workers;
    private final int maxBytes;
    private final Set<Fetch> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    /**
     * @param maxBytes bound on a response, whatever the client allows
     */
    FetchHandler(Partitions partitions, Workers workers, int maxBytes) {
        this.partitions = partitions;
        this.workers = workers;
        this.maxBytes = maxBytes;
    }

    @Override
    public Future<FetchResponseData> handle(RequestContext context, FetchRequestData request) {
        if (request.sessionId() != NO_SESSION && request.sessionEpoch() != FINAL_EPOCH) {
            return Future.succeededFuture(
                    new FetchResponseData().setErrorCode(Errors.FETCH_SESSION_ID_NOT_FOUND.code()));
        }
        if (request.topics().isEmpty()) {
            // A consumer says good-bye: it waits for this answer, which waits for the one before.
            waiting.forEach(
                    fetch -> {
                        if (fetch.connectionId() == context.connectionId()) {
                            fetch.stopWaiting();
                        }
                    });
        }
        ContextInternal loop = ContextInternal.current();
        FetchTerms terms = FetchTerms.of(context, request, partitions, maxBytes);
        Fetch fetch = new Fetch(context.connectionId(), loop, workers, terms);
        Future<FetchResponseData> answer = fetch.start(stopping);
        if (!answer.isComplete()) {
            waiting.add(fetch);
            answer.onComplete(done -> waiting.remove(fetch));
        }
        return answer;
    }

    /** From now on nobody waits, and those who do are answered with what there is. */
    void stop() {
        stopping = true;
        waiting.forEach(Fetch::stopWaiting);
    }
}
