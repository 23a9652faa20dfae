package dev.millrace.broker;

import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
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
    /** A client that has gone is not waited for longer than this, whatever it asked for. */
    private static final int MAX_WAIT_MS = 300_000;

    private final long connectionId;
    private final ContextInternal loop;
    private final Workers workers;
    private final FetchTerms terms;
    private final Promise<FetchResponseData> promise = Promise.promise();
    private final List<Wait> waits = new ArrayList<>();
    private @Nullable ScheduledFuture<?> timeout;
    private boolean lookAgainScheduled;
    private boolean workerReads;
    private boolean overdue;

    /** A place in a partition's queue; null until its owner has given it. */
    private static final class Wait {
        private final Partition partition;
        private OffsetWaiters.@Nullable Waiter waiter;
        private boolean cancelled;

        private Wait(Partition partition) {
            this.partition = partition;
        }
    }

    Fetch(long connectionId, ContextInternal loop, Workers workers, FetchTerms terms) {
        this.connectionId = connectionId;
        this.loop = loop;
        this.workers = workers;
        this.terms = terms;
    }

    long connectionId() {
        return connectionId;
    }

    /**
     * @param dontWait answer with what there is
     */
    Future<FetchResponseData> start(boolean dontWait) {
        int maxWaitMs = Math.min(terms.request().maxWaitMs(), MAX_WAIT_MS);
        overdue = dontWait || maxWaitMs <= 0 || terms.request().topics().isEmpty();
        look();
        if (!promise.future().isComplete() && !overdue) {
            timeout =
                    loop.nettyEventLoop()
                            .schedule(this::timeIsOver, maxWaitMs, TimeUnit.MILLISECONDS);
        }
        return promise.future();
    }

    /** Answers with what there is; any thread. */
    void stopWaiting() {
        loop.nettyEventLoop().execute(this::timeIsOver);
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
        try {
            reading = FetchReading.fromMemory(terms);
        } catch (RuntimeException e) {
            finish();
            promise.fail(e);
            return;
        }
        if (reading.incomplete()) {
            workerReads = true;
            leaveQueues();
            workers.submit(() -> FetchReading.fromFilesToo(terms))
                    .onComplete(read -> loop.nettyEventLoop().execute(() -> readByWorker(read)));
        } else {
            decide(reading);
        }
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
            promise.complete(reading.response());
        } else {
            leaveQueues();
            await();
        }
    }

    private void finish() {
        leaveQueues();
        if (timeout != null) {
            timeout.cancel(false);
        }
    }

    /** Queues up behind the end of what each partition has now. */
    private void await() {
        for (FetchTopic topic : terms.request().topics()) {
            for (FetchPartition wanted : topic.partitions()) {
                try {
                    Partition partition = terms.find(topic, wanted.partition());
                    long end = terms.end(partition.log());
                    await(partition, Math.max(wanted.fetchOffset(), end));
                } catch (ApiException e) {
                    // It went away since it was read: looking again finds out what to answer.
                    wakeUp();
                }
            }
        }
    }

    private void await(Partition partition, long offset) {
        Wait wait = new Wait(partition);
        waits.add(wait);
        if (partition.isOwnerThread()) {
            wait.waiter = partition.awaitData(offset, terms.stable(), this::wakeUp);
            return;
        }
        Runnable passed = () -> loop.nettyEventLoop().execute(this::wakeUp);
        partition
                .owner()
                .nettyEventLoop()
                .execute(
                        () -> {
                            if (!wait.cancelled) {
                                wait.waiter = partition.awaitData(offset, terms.stable(), passed);
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
            wait.partition.stopWaiting(wait.waiter, terms.stable());
        }
    }
}
