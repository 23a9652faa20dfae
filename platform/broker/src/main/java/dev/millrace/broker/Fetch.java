package dev.millrace.broker;

import dev.millrace.broker.quota.ClientQuotas;
import dev.millrace.wire.RequestContext;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchResponseData;
import org.jspecify.annotations.Nullable;

/**
 * One Fetch request: reads what there is, and if that is too little waits on its partitions for
 * more, or for its time to be over.
 *
 * <pre>
 *   read from memory ──── enough, or an error ───────────────► answered
 *      │       ▲  └─ some only in files ─► a worker reads ──────►│
 *      │       └── a partition has more ──┐    │ too little      │
 *      └── too little ──────────────────► waiting ─ time over ──►┘
 * </pre>
 *
 * Belongs to the event loop of its connection. It reads there too, since anybody may read below the
 * high watermark, and asks the partitions' owners only to be woken.
 */
final class Fetch {
    private final RequestContext request;
    private final ClientQuotas quotas;
    private final ContextInternal loop;
    private final Partitions partitions;
    private final Workers workers;
    private final LeaderHints hints;
    private final FetchTerms terms;
    private final FetchContext session;
    private final List<Asked> asked;
    private final Promise<FetchResponseData> promise = Promise.promise();
    private final List<Wait> waits = new ArrayList<>();
    private @Nullable ScheduledFuture<?> timeout;
    private boolean lookAgainScheduled;
    private boolean workerReads;
    private boolean overdue;
    private boolean looked;

    /** What reading has taken of this loop and of workers; measured while there are quotas. */
    private long spentNs;

    /** In the queue of a partition, whose owner calls it. */
    private final class Wait extends OffsetWaiters.Waiter {
        private final Partition partition;
        private final ReadLimit limit;
        private boolean cancelled;

        private Wait(Partition partition, ReadLimit limit) {
            this.partition = partition;
            this.limit = limit;
        }

        @Override
        void passed() {
            if (loop.nettyEventLoop().inEventLoop()) {
                wakeUp();
            } else {
                loop.nettyEventLoop().execute(Fetch.this::wakeUp);
            }
        }
    }

    Fetch(
            RequestContext request,
            ClientQuotas quotas,
            ContextInternal loop,
            Partitions partitions,
            Workers workers,
            LeaderHints hints,
            FetchTerms terms,
            FetchContext session) {
        this.request = request;
        this.quotas = quotas;
        this.loop = loop;
        this.partitions = partitions;
        this.workers = workers;
        this.hints = hints;
        this.terms = terms;
        this.session = session;
        this.asked = session.asked();
    }

    long connectionId() {
        return request.connectionId();
    }

    /**
     * @param dontWait answer with what there is
     */
    Future<FetchResponseData> start(boolean dontWait) {
        overdue = dontWait || terms.maxWaitMs() <= 0 || asked.isEmpty();
        look();
        if (!promise.future().isComplete() && !overdue) {
            timeout =
                    loop.nettyEventLoop()
                            .schedule(this::timeIsOver, terms.maxWaitMs(), TimeUnit.MILLISECONDS);
        }
        return promise.future();
    }

    /** Answers with what there is; any thread. */
    void stopWaiting() {
        loop.nettyEventLoop().execute(this::timeIsOver);
    }

    /** The same at once; on the loop of its connection. */
    void answerNow() {
        timeIsOver();
    }

    private void timeIsOver() {
        overdue = true;
        if (!promise.future().isComplete() && !workerReads) {
            look();
        }
    }

    /** Some partition has more. Looked at after the current turn, when all of it is there. */
    private void wakeUp() {
        if (!lookAgainScheduled) {
            lookAgainScheduled = true;
            loop.nettyEventLoop()
                    .execute(
                            () -> {
                                lookAgainScheduled = false;
                                if (!promise.future().isComplete() && !workerReads) {
                                    look();
                                }
                            });
        }
    }

    private void look() {
        FetchReading reading;
        long sinceNs = quotas.enabled() ? System.nanoTime() : 0;
        try {
            reading = FetchReading.fromMemory(partitions, terms, asked, !looked);
            looked = true;
        } catch (RuntimeException e) {
            finish();
            promise.fail(e);
            return;
        }
        spent(sinceNs);
        if (reading.incomplete()) {
            reading.discard();
            workerReads = true;
            leaveQueues();
            workers.submit(this::readFilesToo)
                    .onComplete(read -> loop.nettyEventLoop().execute(() -> readByWorker(read)));
        } else {
            decide(reading);
        }
    }

    private void spent(long sinceNs) {
        if (sinceNs != 0) {
            spentNs += System.nanoTime() - sinceNs;
        }
    }

    /** On a worker, while this loop leaves everything as it is. */
    private FetchReading readFilesToo() {
        long sinceNs = quotas.enabled() ? System.nanoTime() : 0;
        FetchReading reading = FetchReading.fromFilesToo(partitions, terms, asked);
        spent(sinceNs);
        return reading;
    }

    private void readByWorker(AsyncResult<FetchReading> read) {
        workerReads = false;
        if (read.succeeded()) {
            decide(read.result());
        } else {
            finish();
            promise.fail(read.cause());
        }
    }

    private void decide(FetchReading reading) {
        if (overdue || reading.worthAnswering()) {
            finish();
            promise.complete(answer(reading));
        } else {
            reading.discard();
            leaveQueues();
            await(reading);
        }
    }

    private FetchResponseData answer(FetchReading reading) {
        int throttleMs = throttleMs(reading);
        if (throttleMs > 0) {
            return session.withoutRecords().setThrottleTimeMs(throttleMs);
        }
        reading.count();
        boolean hinting = reading.misdirected() && terms.leaderHints();
        if (hinting) {
            hints.addTo(asked, reading.answers());
        }
        FetchResponseData response = session.answer(reading.answers());
        if (hinting) {
            hints.addEndpoints(response);
        }
        return response;
    }

    /** Followers are not throttled: nobody would gain by replicas that are behind. */
    private int throttleMs(FetchReading reading) {
        if (!terms.consumer() || !quotas.countsFetch(request)) {
            return 0;
        }
        return quotas.fetchThrottleMs(
                request, session.sizeBytes(reading.answers(), request.version()), spentNs);
    }

    private void finish() {
        leaveQueues();
        if (timeout != null) {
            timeout.cancel(false);
        }
    }

    /** Queues up behind what each partition had: what has come since then is heard of at once. */
    private void await(FetchReading reading) {
        for (int i = 0; i < asked.size(); i++) {
            Asked one = asked.get(i);
            try {
                Partition partition = partitions.require(one, terms.topicIds());
                await(
                        partition,
                        Math.max(one.wanted().fetchOffset(), reading.end(i)),
                        terms.limit());
                if (terms.isFollower() && one.isInSession() && partition.tellsHighWatermark()) {
                    await(partition, one.toldHighWatermark(), ReadLimit.HIGH_WATERMARK);
                }
            } catch (ApiException e) {
                // It went away since it was read: looking again finds out what to answer.
                wakeUp();
            }
        }
    }

    private void await(Partition partition, long offset, ReadLimit limit) {
        Wait wait = new Wait(partition, limit);
        waits.add(wait);
        if (partition.isOwnerThread()) {
            partition.awaitData(offset, limit, wait);
            return;
        }
        partition
                .owner()
                .nettyEventLoop()
                .execute(
                        () -> {
                            if (!wait.cancelled) {
                                partition.awaitData(offset, limit, wait);
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
        wait.partition.stopWaiting(wait, wait.limit);
    }
}
