package dev.millrace.streams.internal.runtime;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * What others ask a thread to find out from its clients, which are for it alone. It tries again and
 * again, between its rounds, as long as the client says that it is too early.
 */
final class Errands {
    private record Errand<T>(Supplier<T> attempt, long deadlineNs, CompletableFuture<T> result) {
        /** Whether there is nothing more to do. */
        boolean run() {
            try {
                result.complete(attempt.get());
            } catch (TimeoutException e) {
                if (System.nanoTime() < deadlineNs) {
                    return false;
                }
                result.completeExceptionally(e);
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
            return true;
        }
    }

    private final ConcurrentLinkedQueue<Errand<?>> open = new ConcurrentLinkedQueue<>();

    /**
     * From any thread.
     *
     * @param attempt throws {@link TimeoutException} when it is too early; does not wait
     */
    <T> Future<T> ask(Supplier<T> attempt, Duration timeout) {
        CompletableFuture<T> result = new CompletableFuture<>();
        open.add(new Errand<>(attempt, System.nanoTime() + timeout.toNanos(), result));
        return result;
    }

    /** On the thread. */
    void run() {
        if (!open.isEmpty()) {
            open.removeIf(Errand::run);
        }
    }

    /** On the thread, when it does nothing more. */
    void cancel() {
        for (Errand<?> next = open.poll(); next != null; next = open.poll()) {
            next.result.cancel(false);
        }
    }

    /**
     * Waits for an errand.
     *
     * @throws TimeoutException when it is not done in time, nor will be
     */
    static <T> T await(Future<T> errand, long timeoutMs, String what) {
        try {
            return errand.get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException("Could not retrieve " + what, e.getCause());
        } catch (java.util.concurrent.TimeoutException | CancellationException e) {
            throw new TimeoutException(
                    "Could not retrieve " + what + " within " + timeoutMs + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TimeoutException("Interrupted while waiting for " + what, e);
        }
    }
}
