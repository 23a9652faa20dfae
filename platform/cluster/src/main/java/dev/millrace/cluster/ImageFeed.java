package dev.millrace.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings images to listeners, and lets callers wait for a version: both on one thread, so that
 * whoever waits is called after the listeners have seen the same image. While a listener is slow,
 * images are skipped, never queued.
 */
final class ImageFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImageFeed.class);

    private record Waiter(long version, CompletableFuture<MetadataImage> future) {}

    private final ExecutorService thread;
    private final AtomicBoolean deliveryScheduled = new AtomicBoolean();
    private final List<Consumer<MetadataImage>> listeners = new ArrayList<>(); // thread only
    private final PriorityQueue<Waiter> waiters = // thread only
            new PriorityQueue<>(Comparator.comparingLong(Waiter::version));
    private MetadataImage delivered; // thread only
    private volatile MetadataImage image;

    ImageFeed(String threadName, MetadataImage first) {
        this.image = first;
        this.delivered = first;
        this.thread =
                Executors.newSingleThreadExecutor(
                        task -> {
                            Thread created = new Thread(task, threadName);
                            created.setDaemon(true);
                            return created;
                        });
    }

    MetadataImage image() {
        return image;
    }

    /** From one thread at a time, versions growing. */
    void publish(MetadataImage next) {
        image = next;
        if (deliveryScheduled.compareAndSet(false, true)) {
            execute(this::deliver, this::abandon);
        }
    }

    void onChange(Consumer<MetadataImage> listener) {
        execute(
                () -> {
                    listeners.add(listener);
                    call(listener, delivered);
                },
                () -> {});
    }

    /** The first image of at least that version, when the listeners have it. */
    CompletableFuture<MetadataImage> await(long version) {
        Waiter waiter = new Waiter(version, new CompletableFuture<>());
        execute(
                () -> {
                    waiters.add(waiter);
                    wake();
                },
                () -> fail(waiter));
        return waiter.future();
    }

    /** Runs {@code task} on the feed's thread. */
    void run(Runnable task) {
        execute(task, task);
    }

    private void execute(Runnable task, Runnable ifClosed) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException closed) {
            ifClosed.run();
        }
    }

    private void abandon() {
        deliveryScheduled.set(false);
    }

    private void deliver() {
        deliveryScheduled.set(false);
        MetadataImage newest = image;
        if (newest.equals(delivered)) {
            return;
        }
        delivered = newest;
        listeners.forEach(listener -> call(listener, newest));
        wake();
    }

    private static void call(Consumer<MetadataImage> listener, MetadataImage image) {
        try {
            listener.accept(image);
        } catch (RuntimeException e) {
            // The other listeners must not miss the image.
            LOG.error("A metadata listener failed at version {}", image.version(), e);
        }
    }

    private void wake() {
        for (Waiter first = waiters.peek();
                first != null && first.version() <= delivered.version();
                first = waiters.peek()) {
            waiters.remove();
            first.future().complete(delivered);
        }
    }

    private static void fail(Waiter waiter) {
        waiter.future()
                .completeExceptionally(
                        new BrokerNotAvailableException("The node is shutting down."));
    }

    /** What was published or asked before is still delivered or failed. */
    @Override
    public void close() {
        run(
                () -> {
                    waiters.forEach(ImageFeed::fail);
                    waiters.clear();
                });
        thread.shutdown();
    }
}
