package dev.millrace.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.tools.DumpLogSegments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka's own code reads our files, and finds nothing wrong in them. */
class DumpLogSegmentsTest {
    private static final List<Codec> CODECS = List.of(Codec.values());

    @TempDir Path path;

    private static String dump(String... arguments) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        try (PrintStream captured = new PrintStream(out, true, UTF_8)) {
            System.setOut(captured);
            System.setErr(captured);
            DumpLogSegments.main(arguments);
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
        return out.toString(UTF_8);
    }

    private String files(String suffix) throws IOException {
        List<String> files = new ArrayList<>();
        for (String name : LocalDisk.INSTANCE.list(path.resolve("orders-0"))) {
            if (name.endsWith(suffix)) {
                files.add(path.resolve("orders-0").resolve(name).toString());
            }
        }
        assertThat(files).as(suffix).isNotEmpty();
        return String.join(",", files);
    }

    /** Several segments with every codec, producers, transactions, two epochs. */
    private void writeLog() throws IOException {
        LogConfig config = new Configs().segmentBytes(40_000).indexIntervalBytes(512).build();
        try (LogFixture f = new LogFixture(path, config)) {
            int sequence = 0;
            for (int i = 0; i < 400; i++) {
                f.clock.advanceMs(i % 7);
                Codec codec = CODECS.get(i % CODECS.size());
                RecordBatchBuilder batch = new RecordBatchBuilder(codec);
                if (i % 3 == 0) {
                    batch.producer(5, (short) 1, sequence);
                    sequence += 1 + i % 4;
                }
                for (int r = 0; r <= i % 4; r++) {
                    // Timestamps within a batch need not ascend.
                    batch.append(
                            f.clock.millis() - r * 3L,
                            ("key" + i).getBytes(UTF_8),
                            ("value" + i + "x".repeat(i % 300)).getBytes(UTF_8));
                }
                f.log.appendAsLeader(
                        batch.build(), i < 200 ? 0 : 4, PartitionLog.AppendOrigin.CLIENT);
                if (i % 50 == 0) {
                    transaction(f, i);
                }
            }
            f.log.advanceHighWatermark(f.log.logEndOffset());
        }
    }

    private static void transaction(LogFixture f, int number) throws IOException {
        int epoch = f.log.latestEpoch().orElse(0);
        f.log.appendAsLeader(
                f.transactional(9, 0, number / 50, "in a transaction"),
                epoch,
                PartitionLog.AppendOrigin.CLIENT);
        f.log.appendAsLeader(
                RecordBatchBuilder.endTransaction(
                        9, (short) 0, number % 100 == 0, 0, f.clock.millis()),
                epoch,
                PartitionLog.AppendOrigin.COORDINATOR);
    }

    @Test
    void segments_are_valid_to_the_last_record() throws IOException {
        writeLog();

        String dump = dump("--files", files(".log"), "--deep-iteration", "--print-data-log");

        assertThat(dump)
                .contains("Log starting offset: 0", "payload: value399", "endTxnMarker: ABORT")
                .contains("compresscodec: lz4", "compresscodec: zstd", "compresscodec: gzip")
                .contains("isvalid: true")
                .doesNotContain("isvalid: false")
                .doesNotContain("invalid bytes", "Exception");
        // The tool begins to count at 0 in every file, also of its own broker.
        assertThat(dump.lines().filter(line -> line.contains(" is followed by ")))
                .allMatch(line -> line.trim().startsWith("-1 is followed by"));
    }

    @Test
    void offset_and_time_indexes_point_where_they_say() throws IOException {
        writeLog();

        // Without --index-sanity-check it looks every entry up in the segment.
        String dump = dump("--files", files("index"), "--verify-index-only");
        assertThat(dump)
                .contains("Dumping")
                .doesNotContain("mismatch", "out of order", "not found", "Exception", "Error");
        String sane = dump("--files", files("index"), "--index-sanity-check");
        assertThat(sane).contains("passed sanity check").doesNotContain("failed", "Exception");
        String entries = dump("--files", files(".timeindex"));
        assertThat(entries).contains("timestamp: ").doesNotContain("mismatch", "Found");
    }

    @Test
    void an_active_segment_has_indexes_to_look_at_from_its_first_moment() throws IOException {
        LogConfig config = new Configs().indexIntervalBytes(100).build();
        try (LogFixture f = new LogFixture(path, config)) {
            for (int batches = 0; batches < 300; batches += 100) {
                // Of an index without entries the tool says that it is empty.
                assertThat(dump("--files", files("index"), "--index-sanity-check"))
                        .containsPattern("000.index (is empty|passed sanity check)")
                        .contains("000.timeindex passed sanity check")
                        .doesNotContain("failed", "Exception");
                for (int i = 0; i < 100; i++) {
                    f.append(f.produced(7, 0, batches + i, "x".repeat(200)));
                }
            }
            assertThat(LocalDisk.INSTANCE.list(path.resolve("orders-0")))
                    .contains("leader-epoch-checkpoint", "partition.metadata");
        }
    }

    @Test
    void producer_snapshots_and_transaction_indexes_parse() throws IOException {
        writeLog();

        assertThat(dump("--files", files(".snapshot")))
                .contains("producerId: 5 producerEpoch: 1", "producerId: 9 producerEpoch: 0")
                .doesNotContain("corrupt", "Exception");
        assertThat(dump("--files", files(".txnindex")))
                .contains("producerId: 9")
                .doesNotContain("Exception");
    }

    @Test
    void kafka_reads_the_checkpoints_and_metadata() throws IOException {
        writeLog();
        File folder = path.resolve("orders-0").toFile();

        for (String name :
                List.of(
                        LogFileNames.RECOVERY_POINTS,
                        LogFileNames.LOG_STARTS,
                        LogFileNames.HIGH_WATERMARKS)) {
            var offsets = new OffsetCheckpointFile(path.resolve(name).toFile(), null).read();
            assertThat(offsets).as(name).containsOnlyKeys(new TopicPartition("orders", 0));
        }
        var metadata =
                new PartitionMetadataFile(
                                folder.toPath().resolve("partition.metadata").toFile(), null)
                        .read();
        assertThat(metadata.topicId()).isEqualTo(LogFixture.ORDERS_ID);
        var epochs =
                new LeaderEpochCheckpointFile(
                                path.resolve("orders-0/leader-epoch-checkpoint").toFile(), null)
                        .read();
        assertThat(epochs).extracting(entry -> entry.epoch()).containsExactly(0, 4);
    }

    @Test
    void files_written_after_a_recovery_are_as_valid() throws IOException {
        writeLog();
        Path copy = path.resolveSibling(path.getFileName() + "-copy");
        CopiedDirectory.copy(path, copy);
        Files.delete(copy.resolve(LogFileNames.CLEAN_SHUTDOWN));
        Files.writeString(copy.resolve(LogFileNames.RECOVERY_POINTS), "0\n0\n");
        path = copy;
        try (LogFixture f =
                CopiedDirectory.openCrashed(
                        copy, new Configs().segmentBytes(40_000).indexIntervalBytes(512).build())) {
            assertThat(f.directory.cleanShutdown()).isFalse();
            f.log.flush();
        }
        segmentsAndIndexesAreValid();
    }

    private void segmentsAndIndexesAreValid() throws IOException {
        assertThat(dump("--files", files(".log"), "--deep-iteration"))
                .contains("isvalid: true")
                .doesNotContain("isvalid: false", "Exception");
        assertThat(dump("--files", files("index"), "--verify-index-only"))
                .doesNotContain("mismatch", "out of order", "not found", "Exception");
        assertThat(dump("--files", files(".txnindex"))).contains("producerId: 9");
    }
}
