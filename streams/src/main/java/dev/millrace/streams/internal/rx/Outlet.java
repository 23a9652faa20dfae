package dev.millrace.streams.internal.rx;

import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.processors.UnicastProcessor;
import io.reactivex.rxjava3.schedulers.Schedulers;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The end of a stream at its subscribers, in all tasks of all instances of this process that run
 * the topology.
 *
 * <p>Every subscriber has a queue, filled by stream threads and emptied on a thread of {@code
 * Schedulers.io()}, so that a stream thread never waits for one. The limit of the queue is kept by
 * the tasks: with {@link #waiting()} records in the longest queue they process nothing more, and
 * what one record in hand still yields is the most by which it is exceeded. Thread-safe.
 */
public final class Outlet {
    /** Records that are under way from a queue to its subscriber; of the queue's length. */
    private static final int PREFETCH = 16;

    private static final class Feed {
        final UnicastProcessor<Record<Object, Object>> queue = UnicastProcessor.create();
        final AtomicInteger waiting = new AtomicInteger();
    }

    private final List<Feed> feeds = new CopyOnWriteArrayList<>();

    // Guarded by this.
    private final Set<Object> runs = new HashSet<>();
    private boolean ended;
    private @Nullable Throwable cause;

    /** Subscribers get what comes after they have subscribed. */
    public Flowable<Record<Object, Object>> records() {
        return Flowable.defer(this::subscribe);
    }

    private synchronized Flowable<Record<Object, Object>> subscribe() {
        if (ended) {
            return cause == null ? Flowable.empty() : Flowable.error(cause);
        }
        Feed feed = new Feed();
        feeds.add(feed);
        return feed.queue
                .observeOn(Schedulers.io(), true, PREFETCH)
                .doOnNext(record -> feed.waiting.decrementAndGet())
                .doFinally(() -> feeds.remove(feed));
    }

    /** Whether anybody wants records. */
    public boolean isSubscribed() {
        return !feeds.isEmpty();
    }

    /** Records in the longest queue. */
    public int waiting() {
        int longest = 0;
        for (Feed feed : feeds) {
            longest = Math.max(longest, feed.waiting.get());
        }
        return longest;
    }

    /** To all subscribers; never blocks. */
    public void offer(Record<Object, Object> record) {
        for (Feed feed : feeds) {
            synchronized (feed) {
                feed.waiting.incrementAndGet();
                feed.queue.onNext(record);
            }
        }
    }

    /**
     * An instance starts to run the topology.
     *
     * @param run who
     */
    public synchronized void began(Object run) {
        runs.add(run);
        ended = false;
        cause = null;
    }

    /**
     * An instance has ended, whether it had begun or not. With the last one the subscribers'
     * streams end, behind what is still in their queues.
     *
     * @param failure null: it was closed
     */
    public synchronized void ended(Object run, @Nullable Throwable failure) {
        runs.remove(run);
        if (!runs.isEmpty() || ended) {
            return;
        }
        ended = true;
        cause = failure;
        for (Feed feed : feeds) {
            synchronized (feed) {
                if (failure == null) {
                    feed.queue.onComplete();
                } else {
                    feed.queue.onError(failure);
                }
            }
        }
    }
}
