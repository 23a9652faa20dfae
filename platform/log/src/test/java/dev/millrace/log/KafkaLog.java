package dev.millrace.log;

import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.DigestException;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogCleanerManager;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/** Apache Kafka's own log and cleaner over a folder, with our clock and without its threads. */
final class KafkaLog implements AutoCloseable {
    private static final short TRANSACTION_VERSION = 1;
    private static final BrokerTopicStats STATS = new BrokerTopicStats();

    private final ManualTime time;
    final UnifiedLog log;

    /** As Kafka keeps it in {@code cleaner-offset-checkpoint}. */
    Optional<Long> cleanedTo = Optional.empty();

    /**
     * @param recoveryPoint below: not recovered after a crash
     * @param clean the last user of the folder has closed it
     */
    KafkaLog(
            Path folder,
            dev.millrace.log.LogConfig config,
            ManualClock clock,
            long logStart,
            long recoveryPoint,
            boolean clean)
            throws IOException {
        time = new ManualTime(clock);
        log =
                UnifiedLog.create(
                        folder.toFile(),
                        config(config),
                        logStart,
                        recoveryPoint,
                        new NoScheduler(),
                        STATS,
                        time,
                        900_000,
                        new ProducerStateManagerConfig(86_400_000, false),
                        600_000,
                        new LogDirFailureChannel(1),
                        clean,
                        Optional.of(Uuid.fromString(LogFixture.ORDERS_ID.toString())));
    }

    static LogConfig config(dev.millrace.log.LogConfig config) {
        Map<String, Object> all = new HashMap<>();
        List<String> cleanup = new ArrayList<>();
        if (config.cleanupCompact()) {
            cleanup.add("compact");
        }
        if (config.cleanupDelete()) {
            cleanup.add("delete");
        }
        all.put("internal.segment.bytes", config.segmentBytes());
        all.put("segment.ms", config.segmentMs());
        all.put("index.interval.bytes", config.indexIntervalBytes());
        all.put("segment.index.bytes", config.segmentIndexBytes());
        all.put("retention.bytes", config.retentionBytes());
        all.put("retention.ms", config.retentionMs());
        all.put("cleanup.policy", String.join(",", cleanup));
        all.put("message.timestamp.type", config.logAppendTime() ? "LogAppendTime" : "CreateTime");
        all.put("delete.retention.ms", config.compaction().deleteRetentionMs());
        all.put("min.compaction.lag.ms", config.compaction().minLagMs());
        all.put("max.compaction.lag.ms", config.compaction().maxLagMs());
        return new LogConfig(all);
    }

    LogAppendInfo append(ByteBuffer batches, int leaderEpoch, boolean coordinator) {
        ByteBuffer copy = ByteBuffer.allocate(batches.remaining()).put(batches.duplicate()).flip();
        return log.appendAsLeader(
                MemoryRecords.readableRecords(copy),
                leaderEpoch,
                coordinator ? AppendOrigin.COORDINATOR : AppendOrigin.CLIENT,
                RequestLocal.noCaching(),
                VerificationGuard.SENTINEL,
                TRANSACTION_VERSION);
    }

    void deleteRecords(long offset) throws IOException {
        log.maybeIncrementLogStartOffset(
                offset, LogStartOffsetIncrementReason.ClientRecordDeletion);
        log.deleteOldSegments();
    }

    /** What Kafka would clean now; empty if nothing. */
    Optional<LogToClean> cleanable() throws IOException {
        try {
            Method method =
                    LogCleanerManager.class.getDeclaredMethod(
                            "cleanableOffsets", UnifiedLog.class, Optional.class, long.class);
            method.setAccessible(true);
            Object offsets = method.invoke(null, log, cleanedTo, time.milliseconds());
            LogToClean found =
                    new LogToClean(
                            log,
                            offset(offsets, "firstDirtyOffset"),
                            offset(offsets, "firstUncleanableDirtyOffset"),
                            true);
            return found.cleanableBytes() == 0 ? Optional.empty() : Optional.of(found);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the test knows another version", e);
        }
    }

    private static long offset(Object offsets, String name) throws ReflectiveOperationException {
        Method accessor = offsets.getClass().getDeclaredMethod(name);
        accessor.setAccessible(true);
        return (long) accessor.invoke(offsets);
    }

    boolean clean(CleanerConfig config) throws IOException {
        Optional<LogToClean> section = cleanable();
        if (section.isEmpty()) {
            return false;
        }
        try {
            Cleaner cleaner =
                    new Cleaner(
                            0,
                            new SkimpyOffsetMap((int) config.dedupeBytes()),
                            config.ioBufferBytes(),
                            1 << 20,
                            config.loadFactor(),
                            new Throttler(Double.MAX_VALUE, 300, "none", "bytes", time),
                            time,
                            partition -> {});
            cleanedTo = Optional.of(cleaner.doClean(section.get(), time.milliseconds()).getKey());
            return true;
        } catch (DigestException | NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** All batches in the files, those below the log start too. */
    List<RecordBatchView> batches() throws IOException {
        List<RecordBatchView> all = new ArrayList<>();
        for (LogSegment segment : log.logSegments()) {
            FileRecords file = segment.log();
            ByteBuffer bytes = ByteBuffer.allocate(file.sizeInBytes());
            file.readInto(bytes, 0);
            for (int at = 0; at < bytes.limit(); at += RecordBatchView.sizeAt(bytes, at)) {
                all.add(RecordBatchView.at(bytes, at));
            }
        }
        return all;
    }

    List<Long> segments() {
        return log.logSegments().stream().map(LogSegment::baseOffset).toList();
    }

    @Override
    public void close() {
        log.close();
    }

    private record ManualTime(ManualClock clock) implements Time {
        @Override
        public long milliseconds() {
            return clock.millis();
        }

        @Override
        public long nanoseconds() {
            return clock.millis() * 1_000_000;
        }

        @Override
        public void sleep(long ms) {
            LockSupport.parkNanos(ms * 1_000_000);
        }

        @Override
        public void waitObject(Object obj, Supplier<Boolean> condition, long deadlineMs) {
            throw new UnsupportedOperationException();
        }
    }

    /** Flushes and deletions that Kafka puts off do not happen. */
    private static final class NoScheduler implements Scheduler {
        @Override
        public void startup() {}

        @Override
        public void shutdown() {}

        @Override
        public ScheduledFuture<?> schedule(
                String name, Runnable task, long delayMs, long periodMs) {
            return new Never();
        }

        @Override
        public void resizeThreadPool(int newSize) {}
    }

    private static final class Never extends FutureTask<Void> implements ScheduledFuture<Void> {
        Never() {
            super(() -> {}, null);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return Long.MAX_VALUE;
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }
    }
}
