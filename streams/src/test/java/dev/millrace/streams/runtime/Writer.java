package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Writes batches of lines until it is told to finish: a load, not a flood. */
final class Writer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int LINES = 100;
    private static final long PAUSE_MS = 20;

    private final Cluster cluster;
    private final List<String> all = new ArrayList<>(); // of the thread, until it has ended
    private final AtomicInteger batches = new AtomicInteger();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private final Thread thread = new Thread(this::run, "writer");
    private volatile boolean finish;

    Writer(Cluster cluster) {
        this.cluster = cluster;
        thread.start();
    }

    private void run() {
        try {
            while (!finish) {
                List<String> lines = Counting.lines(LINES, 1000 + batches.get());
                cluster.write(lines);
                all.addAll(lines);
                batches.incrementAndGet();
                Thread.sleep(PAUSE_MS);
            }
        } catch (Exception e) {
            failure.set(e);
        }
    }

    /** Returns when so many more batches are written. */
    void writeMore(int count) {
        int target = batches.get() + count;
        await().atMost(PATIENCE)
                .until(
                        () -> {
                            assertThat(failure.get()).isNull();
                            return batches.get() >= target;
                        });
    }

    /** All lines that were written. */
    List<String> finish() throws InterruptedException {
        finish = true;
        thread.join();
        assertThat(failure.get()).isNull();
        return all;
    }

    @Override
    public void close() {
        finish = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
