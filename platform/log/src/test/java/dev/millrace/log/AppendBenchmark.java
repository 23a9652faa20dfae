package dev.millrace.log;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * How fast one thread appends to one log and reads it back; a plain main, no test.
 *
 * <p>Each batch is copied into the same direct buffer first, as it would come from the network.
 * Nothing is flushed: the page cache takes the bytes.
 */
final class AppendBenchmark {
    private static final int ROUNDS = 5;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private AppendBenchmark() {}

    @SuppressWarnings("SystemOut") // prints its result
    public static void main(String[] args) throws IOException {
        long bytesPerRound = Long.getLong("bytes", 512L << 20);
        for (int[] shape : new int[][] {{1, 100}, {160, 100}, {16, 1024}, {1, 16 << 10}}) {
            Path path = Files.createTempDirectory("append-benchmark");
            try (LogDirectory directory =
                    LogDirectory.open(
                            path, LogDirectoryConfig.of("bench", 1), topic -> LogConfig.DEFAULT)) {
                PartitionLog log =
                        directory.create(
                                new TopicPartition("bench", 0),
                                Uuid.randomUuid(),
                                LogConfig.DEFAULT);
                run(log, shape[0], shape[1], bytesPerRound);
            } finally {
                removeAll(path);
            }
        }
    }

    private static void run(PartitionLog log, int records, int recordBytes, long bytesPerRound)
            throws IOException {
        ByteBuffer template = template(records, recordBytes);
        int size = template.remaining();
        ByteBuffer request = ByteBuffer.allocateDirect(size);
        int batches = (int) Math.min(2_000_000, bytesPerRound / size);
        double[] appendSeconds = new double[ROUNDS];
        double[] readSeconds = new double[ROUNDS];
        long cpuNs = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long from = log.logEndOffset();
            long started = System.nanoTime();
            long cpuStarted = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < batches; i++) {
                request.clear().put(template.duplicate()).flip();
                log.appendAsLeader(request, 0, AppendOrigin.CLIENT);
                log.advanceHighWatermark(log.logEndOffset());
            }
            cpuNs = THREADS.getCurrentThreadCpuTime() - cpuStarted;
            appendSeconds[round] = (System.nanoTime() - started) / 1e9;
            started = System.nanoTime();
            readAll(log, from);
            readSeconds[round] = (System.nanoTime() - started) / 1e9;
            log.advanceLogStartOffset(log.logEndOffset());
        }
        Arrays.sort(appendSeconds);
        Arrays.sort(readSeconds);
        double append = appendSeconds[ROUNDS / 2];
        double read = readSeconds[ROUNDS / 2];
        System.out.printf(
                "%4d x %5d B (batch %6d B): append %,10.0f batches/s %,12.0f records/s %6.0f MB/s"
                        + " %6.2f us CPU/batch | read cold %6.0f MB/s%n",
                records,
                recordBytes,
                size,
                batches / append,
                (double) batches * records / append,
                (double) batches * size / append / 1e6,
                cpuNs / 1e3 / batches,
                (double) batches * size / read / 1e6);
    }

    private static ByteBuffer template(int records, int recordBytes) {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (int i = 0; i < records; i++) {
            builder.append(System.currentTimeMillis(), null, new byte[recordBytes]);
        }
        return builder.build();
    }

    /** As a consumer of 1 MiB a fetch would; regions are read into memory. */
    private static void readAll(PartitionLog log, long from) throws IOException {
        ByteBuffer target = ByteBuffer.allocateDirect(1 << 20);
        RecordBatchView batch = new RecordBatchView();
        long next = from;
        while (next < log.highWatermark()) {
            FetchedRecords fetched = log.read(next, log.highWatermark(), 1 << 20, true);
            ByteBuffer bytes = fetched.records();
            FetchedRecords.FileRegion region = fetched.region();
            if (region != null) {
                target.clear().limit(region.lengthBytes());
                while (target.hasRemaining()) {
                    region.channel().read(target, region.position() + target.position());
                }
                bytes = target.flip();
            }
            if (bytes == null) {
                throw new IllegalStateException("neither bytes nor a region");
            }
            for (int at = bytes.position(); at < bytes.limit(); at += batch.sizeBytes()) {
                next = batch.wrap(bytes, at).nextOffset();
            }
        }
    }

    private static void removeAll(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
