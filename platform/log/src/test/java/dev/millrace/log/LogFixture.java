package dev.millrace.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A log directory with one log, and short words for what tests do to it. */
final class LogFixture implements AutoCloseable {
    static final long START_MS = 1_700_000_000_000L;
    static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    static final Uuid ORDERS_ID = Uuid.fromString("4gHGkZUnT2y0NZ0F0a7OQw");

    final ManualClock clock = new ManualClock(START_MS);
    final Path path;
    final Disk disk;
    LogDirectoryConfig directoryConfig;
    LogConfig config;
    LogDirectory directory;
    PartitionLog log;

    LogFixture(Path path) throws IOException {
        this(path, LocalDisk.INSTANCE, LogConfig.DEFAULT, directoryConfig());
    }

    LogFixture(Path path, LogConfig config) throws IOException {
        this(path, LocalDisk.INSTANCE, config, directoryConfig());
    }

    LogFixture(Path path, Disk disk, LogConfig config, LogDirectoryConfig directoryConfig)
            throws IOException {
        this(path, disk, config, directoryConfig, true);
    }

    private LogFixture(
            Path path,
            Disk disk,
            LogConfig config,
            LogDirectoryConfig directoryConfig,
            boolean create)
            throws IOException {
        this.path = path;
        this.disk = disk;
        this.config = config;
        this.directoryConfig = directoryConfig;
        this.directory = LogDirectory.open(path, directoryConfig, topic -> config, disk, clock);
        this.log =
                create
                        ? directory.create(ORDERS, ORDERS_ID, config)
                        : directory.log(ORDERS).orElseThrow();
    }

    /** Opens what another fixture has left. */
    static LogFixture existing(
            Path path, Disk disk, LogConfig config, LogDirectoryConfig directoryConfig)
            throws IOException {
        return new LogFixture(path, disk, config, directoryConfig, false);
    }

    static LogDirectoryConfig directoryConfig() {
        return LogDirectoryConfig.of("MkU3OEVBNTcwNTJENDM2Qk", 1);
    }

    /** Nothing from memory: reads go to the files. */
    static LogDirectoryConfig withoutCache() {
        LogDirectoryConfig d = directoryConfig();
        return new LogDirectoryConfig(
                d.clusterId(), d.nodeId(), d.producerIdExpirationMs(), 1, 0, 0, 128 << 10);
    }

    private LogDirectory openDirectory() throws IOException {
        return LogDirectory.open(path, directoryConfig, topic -> config, disk, clock);
    }

    void restart() throws IOException {
        directory.close();
        reopen();
    }

    /** Opens as a new process would; the caller has closed or lost the old one. */
    void reopen() throws IOException {
        reopenDirectory();
        log = directory.log(ORDERS).orElseThrow();
    }

    void reopenDirectory() throws IOException {
        directory = openDirectory();
    }

    void updateConfig(LogConfig next) {
        config = next;
        log.updateConfig(next);
    }

    Path file(String name) {
        return path.resolve("orders-0").resolve(name);
    }

    AppendResult append(ByteBuffer records) throws IOException {
        return log.appendAsLeader(records, 0, AppendOrigin.CLIENT);
    }

    /** Appends one batch and commits it. */
    AppendResult append(String... values) throws IOException {
        AppendResult result = append(batch(values));
        log.advanceHighWatermark(log.logEndOffset());
        return result;
    }

    ByteBuffer batch(String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (String value : values) {
            builder.append(clock.millis(), null, value.getBytes(UTF_8));
        }
        return builder.build();
    }

    ByteBuffer produced(long producerId, int epoch, int sequence, String... values) {
        return produced(false, producerId, epoch, sequence, values);
    }

    ByteBuffer transactional(long producerId, int epoch, int sequence, String... values) {
        return produced(true, producerId, epoch, sequence, values);
    }

    private ByteBuffer produced(
            boolean transactional, long producerId, int epoch, int sequence, String... values) {
        RecordBatchBuilder builder =
                new RecordBatchBuilder().producer(producerId, (short) epoch, sequence);
        if (transactional) {
            builder.transactional();
        }
        for (String value : values) {
            builder.append(clock.millis(), null, value.getBytes(UTF_8));
        }
        return builder.build();
    }

    void endTransaction(long producerId, int epoch, boolean commit) throws IOException {
        log.appendAsLeader(
                RecordBatchBuilder.endTransaction(
                        producerId, (short) epoch, commit, 0, clock.millis()),
                0,
                AppendOrigin.COORDINATOR);
    }

    /** Values of all records from the log start to the log end, read in small steps. */
    List<String> values() throws IOException {
        return values(log, log.logStartOffset(), log.logEndOffset());
    }

    static List<String> values(PartitionLog log, long from, long to) throws IOException {
        List<String> values = new ArrayList<>();
        for (LogRecord record : records(log, from, to)) {
            byte[] value = record.valueBytes();
            values.add(value == null ? "null" : new String(value, StandardCharsets.UTF_8));
        }
        return values;
    }

    static List<LogRecord> records(PartitionLog log, long from, long to) throws IOException {
        List<LogRecord> all = new ArrayList<>();
        long next = from;
        while (next < to) {
            ByteBuffer bytes = bytes(log.read(next, to, 10_000, true));
            if (!bytes.hasRemaining()) {
                break;
            }
            for (RecordBatchView batch : RecordBatches.in(bytes)) {
                batch.requireCrc();
                batch.records().forEachRemaining(all::add);
                next = batch.nextOffset();
            }
        }
        return all;
    }

    /** The bytes, wherever they are. */
    static ByteBuffer bytes(FetchedRecords fetched) {
        FetchedRecords.@Nullable FileRegion region = fetched.region();
        if (region == null) {
            return Objects.requireNonNull(fetched.records());
        }
        ByteBuffer bytes = ByteBuffer.allocate(region.lengthBytes());
        try {
            while (bytes.hasRemaining()) {
                region.channel().read(bytes, region.position() + bytes.position());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.flip();
    }

    List<String> fileNames() throws IOException {
        return disk.list(path.resolve("orders-0"));
    }

    @Override
    public void close() throws IOException {
        directory.close();
    }

    /** Defaults with another segment size. */
    static LogConfig segmentBytes(int segmentBytes) {
        return new Configs().segmentBytes(segmentBytes).build();
    }

    /** {@link LogConfig} piece by piece. */
    static final class Configs {
        private int segmentBytes = LogConfig.DEFAULT.segmentBytes();
        private long segmentMs = LogConfig.DEFAULT.segmentMs();
        private int segmentIndexBytes = LogConfig.DEFAULT.segmentIndexBytes();
        private int indexIntervalBytes = LogConfig.DEFAULT.indexIntervalBytes();
        private long retentionBytes = -1;
        private long retentionMs = -1;
        private int maxMessageBytes = LogConfig.DEFAULT.maxMessageBytes();
        private boolean compact;
        private boolean appendTime;
        private long beforeMaxMs = Long.MAX_VALUE;
        private long afterMaxMs = 3_600_000;
        private String compressionType = "producer";
        private int compressionLevel;
        private long segmentJitterMs;
        private boolean preallocate;
        private long fileDeleteDelayMs = LogConfig.DEFAULT.fileDeleteDelayMs();
        private boolean ackOnDisk;
        private long flushMessages = Long.MAX_VALUE;
        private long flushMs = Long.MAX_VALUE;
        private boolean delete;
        private CompactionConfig compaction = CompactionConfig.DEFAULT;

        Configs segmentBytes(int bytes) {
            segmentBytes = bytes;
            return this;
        }

        Configs segmentMs(long ms) {
            segmentMs = ms;
            return this;
        }

        Configs segmentIndexBytes(int bytes) {
            segmentIndexBytes = bytes;
            return this;
        }

        Configs indexIntervalBytes(int bytes) {
            indexIntervalBytes = bytes;
            return this;
        }

        Configs retentionBytes(long bytes) {
            retentionBytes = bytes;
            return this;
        }

        Configs retentionMs(long ms) {
            retentionMs = ms;
            return this;
        }

        Configs maxMessageBytes(int bytes) {
            maxMessageBytes = bytes;
            return this;
        }

        Configs compact() {
            compact = true;
            return this;
        }

        Configs compactAndDelete() {
            delete = true;
            return compact();
        }

        Configs compaction(CompactionConfig config) {
            compaction = config;
            return this;
        }

        Configs appendTime() {
            appendTime = true;
            return this;
        }

        Configs beforeMaxMs(long ms) {
            beforeMaxMs = ms;
            return this;
        }

        Configs compressionType(String type) {
            compressionType = type;
            return this;
        }

        Configs compression(String type, int level) {
            compressionType = type;
            compressionLevel = level;
            return this;
        }

        Configs segmentJitterMs(long ms) {
            segmentJitterMs = ms;
            return this;
        }

        Configs preallocate() {
            preallocate = true;
            return this;
        }

        Configs fileDeleteDelayMs(long ms) {
            fileDeleteDelayMs = ms;
            return this;
        }

        Configs ackOnDisk() {
            ackOnDisk = true;
            return this;
        }

        Configs flushMessages(long messages) {
            flushMessages = messages;
            return this;
        }

        Configs flushMs(long ms) {
            flushMs = ms;
            return this;
        }

        LogConfig build() {
            return new LogConfig(
                    segmentBytes,
                    segmentMs,
                    segmentJitterMs,
                    segmentIndexBytes,
                    indexIntervalBytes,
                    retentionBytes,
                    retentionMs,
                    maxMessageBytes,
                    delete || !compact,
                    compact,
                    appendTime,
                    beforeMaxMs,
                    afterMaxMs,
                    compressionType,
                    compressionLevel,
                    preallocate,
                    fileDeleteDelayMs,
                    flushMessages,
                    flushMs,
                    ackOnDisk,
                    compaction);
        }
    }
}
