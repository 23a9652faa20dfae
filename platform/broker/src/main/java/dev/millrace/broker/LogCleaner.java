package dev.millrace.broker;

import dev.millrace.log.CleanStats;
import dev.millrace.log.CleanableSection;
import dev.millrace.log.Cleaner;
import dev.millrace.log.LiveProducers;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.Throttle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts the logs of this broker, the dirtiest first, on threads of its own: cleaning takes long
 * and would keep other background work waiting.
 *
 * <p>A log whose cleaning fails is <em>uncleanable</em>, and counted; the others are cleaned on.
 * After an I/O error, which has touched nothing but files of the cleaning's own, it is tried again
 * later, and later still: room on a full disk comes back. A damaged batch does not mend, so then
 * the log stays as it is until the broker starts again. (Apache Kafka takes the whole log directory
 * offline for the first, although what it serves is not affected.) Any thread may call.
 */
final class LogCleaner {
    private static final Logger LOG = LoggerFactory.getLogger(LogCleaner.class);

    private static final long OWNER_TIMEOUT_S = 30;
    private static final long STOP_TIMEOUT_MS = 30_000;
    private static final double MIB = 1 << 20;
    private static final long MIN_RETRY_MS = 100;
    private static final long MAX_RETRY_MS = 3_600_000;
    private static final int MAX_SHIFT = 16;

    private final Partitions partitions;
    private final Throttle throttle;

    // All of these under the lock of this object.
    private CleanerSettings settings;
    private List<Worker> workers = List.of();
    private final Set<PartitionLog> underWay = identitySet();
    private final IdentityHashMap<PartitionLog, GivenUp> uncleanable = new IdentityHashMap<>();

    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    private final LongAdder logsCleaned = new LongAdder();
    private volatile double maxDirtyRatio;
    private volatile long maxOverdueMs;
    private volatile long lastLookNs = System.nanoTime();
    private volatile @Nullable CleanStats last;

    LogCleaner(Partitions partitions, CleanerSettings settings) {
        this.partitions = partitions;
        this.settings = settings;
        this.throttle = new Throttle(settings.ioMaxBytesPerSecond());
    }

    /**
     * @param failures in a row
     * @param retryNs when it is tried again, by {@link System#nanoTime}; null: never
     */
    private record GivenUp(int failures, @Nullable Long retryNs) {
        boolean holds(long nowNs) {
            return retryNs == null || retryNs - nowNs > 0;
        }
    }

    private static Set<PartitionLog> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    synchronized void start() {
        List<Worker> started = new ArrayList<>();
        if (settings.active()) {
            for (int i = 0; i < settings.threads(); i++) {
                Worker worker = new Worker(i, settings);
                worker.start();
                started.add(worker);
            }
        }
        workers = started;
    }

    /** Other settings from now on; cleanings under way end early and are begun again. */
    void reconfigure(CleanerSettings changed) {
        stop();
        synchronized (this) {
            settings = changed;
            throttle.update(changed.ioMaxBytesPerSecond());
            start();
        }
    }

    /** Blocks until no log is touched any more: a moment, since cleanings end early. */
    void stop() {
        List<Worker> stopping;
        synchronized (this) {
            stopping = workers;
            workers = List.of();
        }
        for (Worker worker : stopping) {
            worker.end();
        }
        try {
            for (Worker worker : stopping) {
                worker.join(STOP_TIMEOUT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    long bytesRead() {
        return bytesRead.sum();
    }

    long bytesWritten() {
        return bytesWritten.sum();
    }

    long logsCleaned() {
        return logsCleaned.sum();
    }

    /** Of the last cleaning: share of the bytes read that had to be written again. */
    double lastRecopyRatio() {
        CleanStats stats = last;
        return stats == null || stats.bytesRead() == 0
                ? 0
                : (double) stats.bytesWritten() / stats.bytesRead();
    }

    double lastBufferUtilization() {
        CleanStats stats = last;
        return stats == null ? 0 : stats.mapUsed();
    }

    double lastRunSeconds() {
        CleanStats stats = last;
        return stats == null ? 0 : stats.elapsedMs() / 1e3;
    }

    /** Of the dirtiest log that could be cleaned, when last looked. */
    double maxDirtyRatio() {
        return maxDirtyRatio;
    }

    /** For how long a log has been waiting that {@code max.compaction.lag.ms} wants cleaned. */
    double maxOverdueSeconds() {
        return maxOverdueMs / 1e3;
    }

    double secondsSinceLastLook() {
        return (System.nanoTime() - lastLookNs) / 1e9;
    }

    synchronized int uncleanablePartitions() {
        return uncleanable.size();
    }

    private record Candidate(Partition partition, CleanableSection section) {}

    /** The dirtiest that is due, which nobody else gets until {@link #release}. */
    private synchronized @Nullable Candidate takeDirtiest() {
        lastLookNs = System.nanoTime();
        Candidate dirtiest = null;
        double ratio = 0;
        long overdueMs = 0;
        Set<PartitionLog> present = identitySet();
        for (Partition partition : partitions.all()) {
            PartitionLog log = partition.log();
            present.add(log);
            GivenUp givenUp = uncleanable.get(log);
            if (underWay.contains(log) || (givenUp != null && givenUp.holds(lastLookNs))) {
                continue;
            }
            CleanableSection section = cleanable(log);
            if (section == null) {
                continue;
            }
            ratio = Math.max(ratio, section.dirtyRatio());
            overdueMs = Math.max(overdueMs, section.overdueMs());
            if (section.isDue(log.config().compaction())
                    && (dirtiest == null || section.dirtyRatio() > dirtiest.section.dirtyRatio())) {
                dirtiest = new Candidate(partition, section);
            }
        }
        uncleanable.keySet().retainAll(present);
        maxDirtyRatio = ratio;
        maxOverdueMs = overdueMs;
        if (dirtiest != null) {
            underWay.add(dirtiest.partition.log());
        }
        return dirtiest;
    }

    private @Nullable CleanableSection cleanable(PartitionLog log) {
        try {
            return log.cleanable().orElse(null);
        } catch (IOException | RuntimeException e) {
            giveUp(log, e);
            return null;
        }
    }

    private synchronized void giveUp(PartitionLog log, Exception cause) {
        GivenUp before = uncleanable.get(log);
        int failures = before == null ? 1 : before.failures + 1;
        if (!(cause instanceof IOException)) {
            uncleanable.put(log, new GivenUp(failures, null));
            LOG.error(
                    "{} cannot be cleaned, and will not be until the broker is started again",
                    log.topicPartition(),
                    cause);
            return;
        }
        long firstMs = Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, settings.backoffMs()));
        long delayMs = Math.min(MAX_RETRY_MS, firstMs << Math.min(failures - 1, MAX_SHIFT));
        uncleanable.put(
                log,
                new GivenUp(failures, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs)));
        LOG.error(
                "{} cannot be cleaned: {}; nothing of it was touched. Trying again in {} ms",
                log.topicPartition(),
                cause.getMessage(),
                delayMs,
                cause);
    }

    private synchronized void release(PartitionLog log) {
        underWay.remove(log);
    }

    private void cleaned(PartitionLog log, CleanStats stats) {
        synchronized (this) {
            uncleanable.remove(log);
        }
        bytesRead.add(stats.bytesIndexed() + stats.bytesRead());
        bytesWritten.add(stats.bytesWritten());
        logsCleaned.increment();
        last = stats;
        LOG.info(
                "{}: cleaned offsets {} to {}: {} of {} records left, {} of {} MiB, in {} ms",
                log.topicPartition(),
                stats.firstDirtyOffset(),
                stats.cleanedTo(),
                stats.recordsWritten(),
                stats.recordsRead(),
                "%.1f".formatted(stats.bytesWritten() / MIB),
                "%.1f".formatted(stats.bytesRead() / MIB),
                stats.elapsedMs());
        if (stats.recordsWithoutKey() > 0) {
            LOG.warn(
                    "{}: removed {} records without a key; a compacted topic cannot keep them",
                    log.topicPartition(),
                    stats.recordsWithoutKey());
        }
    }

    /** Nobody may interrupt it: Java closes the files that an interrupted thread reads. */
    private final class Worker extends Thread {
        private final Cleaner cleaner;
        private final long backoffMs;
        private final Object wakeUp = new Object();
        private volatile boolean ended;

        Worker(int number, CleanerSettings settings) {
            super("millrace-cleaner-" + number);
            this.cleaner = new Cleaner(settings.perThread(), throttle);
            this.backoffMs = Math.max(1, settings.backoffMs());
            setDaemon(true);
        }

        void end() {
            synchronized (wakeUp) {
                ended = true;
                wakeUp.notifyAll();
            }
        }

        @Override
        public void run() {
            while (!ended) {
                Candidate dirtiest = takeDirtiest();
                if (dirtiest == null || !clean(dirtiest.partition)) {
                    pause();
                }
            }
        }

        private void pause() {
            long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(backoffMs);
            synchronized (wakeUp) {
                long leftMs = backoffMs;
                while (!ended && leftMs > 0) {
                    try {
                        wakeUp.wait(leftMs);
                    } catch (InterruptedException e) {
                        ended = true;
                    }
                    leftMs = TimeUnit.NANOSECONDS.toMillis(untilNs - System.nanoTime());
                }
            }
        }

        /** False if nothing came of it, so that it is not tried again at once. */
        private boolean clean(Partition partition) {
            PartitionLog log = partition.log();
            try {
                LiveProducers producers = liveProducers(partition);
                if (producers == null) {
                    return false;
                }
                Optional<CleanStats> stats = log.clean(cleaner, producers, () -> ended);
                stats.ifPresent(done -> cleaned(log, done));
                return stats.isPresent();
            } catch (IOException | RuntimeException e) {
                giveUp(log, e);
                return false;
            } finally {
                release(log);
            }
        }

        /** Null if the owner does not answer: the broker is stopping. */
        private @Nullable LiveProducers liveProducers(Partition partition) {
            try {
                return partition
                        .owner()
                        .nettyEventLoop()
                        .submit(() -> partition.log().liveProducers())
                        .get(OWNER_TIMEOUT_S, TimeUnit.SECONDS);
            } catch (RejectedExecutionException | TimeoutException e) {
                LOG.debug("{}: its event loop does not answer", partition.topicPartition(), e);
                return null;
            } catch (InterruptedException e) {
                ended = true;
                return null;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
    }
}
