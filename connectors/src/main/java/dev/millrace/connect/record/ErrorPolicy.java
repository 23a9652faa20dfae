package dev.millrace.connect.record;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one step of the pipeline under the {@code errors.*} settings of a connector: retries what is
 * retriable, then either fails the task or reports the record and goes on.
 *
 * @see "KIP-298: error handling in Connect"
 */
public final class ErrorPolicy {
    private static final Logger log = LoggerFactory.getLogger(ErrorPolicy.class);
    private static final long FIRST_DELAY_MS = 300;

    /**
     * @param retryTimeoutMs 0 for no retries, -1 for no end
     * @param tolerateAll {@code errors.tolerance=all}
     * @param logErrors also log records that are tolerated
     * @param logMessages with where they come from
     */
    public record Settings(
            long retryTimeoutMs,
            long maxDelayMs,
            boolean tolerateAll,
            boolean logErrors,
            boolean logMessages) {}

    private final Settings settings;
    private final String task;
    private final @Nullable DeadLetters deadLetters;
    private final CountDownLatch stopping;

    /**
     * @param task what log lines call the task
     * @param stopping ends waits between retries
     */
    public ErrorPolicy(
            Settings settings,
            String task,
            @Nullable DeadLetters deadLetters,
            CountDownLatch stopping) {
        this.settings = settings;
        this.task = task;
        this.deadLetters = deadLetters;
        this.stopping = stopping;
    }

    /**
     * @param record the record as the log should show it
     * @param raw what a dead letter is made of; null on the source side
     * @throws SkippedRecord if the failure is tolerated
     * @throws ConnectException if it is not
     */
    public <T> T run(
            Stage stage,
            Class<?> plugin,
            Object record,
            @Nullable ConsumerRecord<byte[], byte[]> raw,
            Callable<T> step)
            throws SkippedRecord {
        long startNs = System.nanoTime();
        for (int attempt = 1; ; attempt++) {
            try {
                return step.call();
            } catch (RetriableException e) {
                if (!retry(startNs, attempt)) {
                    throw failed(stage, plugin, record, raw, e);
                }
            } catch (Exception e) {
                throw failed(stage, plugin, record, raw, e);
            }
        }
    }

    private boolean retry(long startNs, int attempt) {
        long delayMs = Math.min(settings.maxDelayMs(), FIRST_DELAY_MS << Math.min(attempt - 1, 20));
        if (delayMs == settings.maxDelayMs() && delayMs > 1) {
            delayMs = ThreadLocalRandom.current().nextLong(delayMs / 2, delayMs); // spread the herd
        }
        if (settings.retryTimeoutMs() >= 0) {
            long leftMs = settings.retryTimeoutMs() - (System.nanoTime() - startNs) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            delayMs = Math.min(delayMs, leftMs);
        }
        try {
            return !stopping.await(delayMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Reports a failure that has happened elsewhere.
     *
     * @return what to throw if the failure is tolerated
     * @throws ConnectException if it is not
     */
    public SkippedRecord failed(
            Stage stage,
            Class<?> plugin,
            Object record,
            @Nullable ConsumerRecord<byte[], byte[]> raw,
            Throwable failure) {
        if (settings.logErrors()) {
            log.error(
                    "{}: {} failed in {}{}",
                    task,
                    stage,
                    plugin.getName(),
                    settings.logMessages() ? " for " + record : "",
                    failure);
        }
        if (deadLetters != null && raw != null && settings.tolerateAll()) {
            deadLetters.send(raw, stage, plugin, failure);
        }
        if (!settings.tolerateAll()) {
            throw new ConnectException(
                    stage
                            + " failed in "
                            + plugin.getName()
                            + " and errors.tolerance is none: "
                            + failure,
                    failure);
        }
        return new SkippedRecord(failure);
    }

    public boolean tolerateAll() {
        return settings.tolerateAll();
    }

    /** Whether somebody would hear of a record that a sink task reports. */
    public boolean reports() {
        return deadLetters != null || settings.logErrors();
    }

    /** Returns when all dead letters are written: offsets after them may be committed then. */
    public void flush() {
        if (deadLetters != null) {
            deadLetters.flush();
        }
    }
}
