package dev.millrace.broker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for what would block an event loop: flushes, look-ups in cold files, creating and
 * deleting folders. Bounded in threads and in what waits for them. Any thread.
 */
final class Workers {
    private static final int MAX_QUEUED = 100_000;
    private static final long KEEP_ALIVE_S = 30;

    private final ThreadPoolExecutor executor;

    /**
     * @param name prefix of the threads' names
     */
    Workers(String name, int threads) {
        AtomicInteger number = new AtomicInteger();
        executor =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        KEEP_ALIVE_S,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(MAX_QUEUED),
                        task -> {
                            Thread thread = new Thread(task, name + "-" + number.getAndIncrement());
                            thread.setDaemon(true);
                            return thread;
                        });
        executor.allowCoreThreadTimeOut(true);
    }

    /**
     * @return completes on the Vert.x context of the caller, if it has one, else on the worker;
     *     fails with {@link RejectedExecutionException} when too much is waiting
     */
    <T> Future<T> submit(Callable<T> work) {
        ContextInternal context = ContextInternal.current();
        Promise<T> promise = context == null ? Promise.promise() : context.promise();
        try {
            executor.execute(
                    () -> {
                        T result;
                        try {
                            result = work.call();
                        } catch (Exception | Error e) {
                            promise.fail(e);
                            return;
                        }
                        promise.complete(result);
                    });
        } catch (RejectedExecutionException e) {
            promise.fail(e);
        }
        return promise.future();
    }

    /** What waits for a thread. */
    int queued() {
        return executor.getQueue().size();
    }

    /** From now on with that many threads; those above it end when they have nothing to do. */
    void resize(int threads) {
        if (threads > executor.getMaximumPoolSize()) {
            executor.setMaximumPoolSize(threads);
            executor.setCorePoolSize(threads);
        } else {
            executor.setCorePoolSize(threads);
            executor.setMaximumPoolSize(threads);
        }
    }

    /** Takes no more; what has been submitted is still done. */
    void shutdown() {
        executor.shutdown();
    }
}
