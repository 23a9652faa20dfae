package dev.millrace.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.FetchedRecords.AbortedTransaction;
import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import dev.millrace.log.PartitionLog.TimestampedOffset;
import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Does the same to a log of ours and to one of Apache Kafka's, and compares what both say: answers
 * to appends, segments, what cleaning leaves, look-ups, producers. In the end each opens the
 * other's files.
 *
 * <p>A failure prints its seed; {@code -Dmillrace.test.seed=N} runs that one alone, {@code
 * -Dmillrace.test.oracleSeeds=N} runs more than usual.
 */
class KafkaOracleTest {
    private static final int DEFAULT_SEEDS = 300;
    private static final List<Codec> CODECS = List.of(Codec.values());

    @TempDir(factory = InMemory.class)
    Path path;

    /**
     * Where there is a file system in memory: both sync much, and it is not about the disk here.
     */
    static final class InMemory implements TempDirFactory {
        private static final Path SHARED_MEMORY = Path.of("/dev/shm");

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
                throws IOException {
            return Files.isWritable(SHARED_MEMORY)
                    ? Files.createTempDirectory(SHARED_MEMORY, "millrace-oracle")
                    : Files.createTempDirectory("millrace-oracle");
        }
    }

    @Test
    void kafkas_log_and_ours_agree() throws IOException {
        Long only = Long.getLong("millrace.test.seed");
        if (only != null) {
            runSeed(only);
            return;
        }
        int seeds = Integer.getInteger("millrace.test.oracleSeeds", DEFAULT_SEEDS);
        for (long seed = 0; seed < seeds; seed++) {
            runSeed(seed);
        }
    }

    private void runSeed(long seed) throws IOException {
        Path directory = path.resolve("seed-" + seed);
        try (Story story = new Story(directory, seed)) {
            story.run();
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static final class Story implements AutoCloseable {
        final Random random;
        final Path directory;
        final LogConfig config;
        final LogFixture ours;
        final ManualClock clock;
        KafkaLog kafka;

        /**
         * What a story may have together. Kafka's cleaner looks for aborted transactions from the
         * log start, or from the segment of the first dirty offset, and takes some that end before
         * for going on, and some that begin before for committed: it then compacts less, and later.
         * All three together are held against a model by {@link CleanedTransactionsTest}.
         */
        private enum Kind {
            CLEANS_AND_ABORTS,
            CLEANS_WITH_SMALL_MAPS_AND_DELETES,
            ABORTS_AND_DELETES
        }

        private static final List<Kind> KINDS = List.of(Kind.values());

        final Kind kind;

        final Map<Long, Integer> nextSequence = new HashMap<>();
        final Map<Long, Short> epochs = new HashMap<>();
        final Map<Long, List<ByteBuffer>> sent = new HashMap<>();
        final List<Long> openTransactions = new ArrayList<>();
        int leaderEpoch;
        int coordinatorEpoch;
        int written;

        Story(Path directory, long seed) throws IOException {
            this.directory = directory;
            random = new Random(seed);
            kind = KINDS.get(random.nextInt(KINDS.size()));
            config =
                    new Configs()
                            .compact()
                            .segmentBytes(1000 + random.nextInt(4000))
                            .segmentMs(random.nextInt(3) == 0 ? 60_000 : Long.MAX_VALUE)
                            .indexIntervalBytes(1 + random.nextInt(400))
                            .segmentIndexBytes(12_000)
                            .compaction(
                                    new CompactionConfig(
                                            random.nextInt(3) * 2000L,
                                            random.nextInt(3) == 0 ? 1000 : 0,
                                            Long.MAX_VALUE,
                                            0))
                            .build();
            Files.createDirectories(directory);
            ours =
                    new LogFixture(
                            directory.resolve("ours"),
                            LocalDisk.INSTANCE,
                            config,
                            LogFixture.withoutCache());
            clock = ours.clock;
            kafka = new KafkaLog(kafkaFolder(), config, clock, 0, 0, true);
        }

        private Path kafkaFolder() {
            return directory.resolve("kafka").resolve("orders-0");
        }

        void run() throws IOException {
            int steps = 40 + random.nextInt(100);
            for (int i = 0; i < steps; i++) {
                step();
            }
            commit();
            compareAll();
            crossOpen();
        }

        private void step() throws IOException {
            clock.advanceMs(random.nextInt(500));
            int choice = random.nextInt(40);
            if (choice < 16) {
                append(batch(-1, false));
            } else if (choice < 22) {
                produce(1 + random.nextInt(3), false);
            } else if (choice < 27) {
                produce(10 + random.nextInt(3), true);
            } else if (choice < 30) {
                endTransaction();
            } else if (choice == 30) {
                leaderEpoch++;
                ours.log.beginLeaderEpoch(leaderEpoch);
                kafka.log.assignEpochStartOffset(leaderEpoch, kafka.log.logEndOffset());
            } else if (choice == 31) {
                clock.advanceMs(random.nextInt(20_000));
            } else if (choice < 35) {
                commit();
            } else if (choice == 35) {
                deleteRecords();
            } else if (choice == 36) {
                lookUp();
            } else {
                commit();
                if (kind != Kind.ABORTS_AND_DELETES) {
                    clean();
                }
            }
        }

        private void commit() throws IOException {
            ours.log.advanceHighWatermark(ours.log.logEndOffset());
            kafka.log.updateHighWatermark(kafka.log.logEndOffset());
            compareStable(ours.log, kafka);
        }

        /** Kafka's may be the beginning of a batch of which DeleteRecords has left the rest. */
        private static void compareStable(PartitionLog mine, KafkaLog theirs) {
            assertThat(mine.lastStableOffset())
                    .as("last stable offset of %s", mine)
                    .isEqualTo(Math.max(theirs.log.lastStableOffset(), mine.logStartOffset()));
        }

        private void deleteRecords() throws IOException {
            if (kind != Kind.CLEANS_AND_ABORTS && random.nextInt(3) == 0) {
                // Not all: we then roll and give up the active segment, Kafka does not.
                long offset =
                        Math.min(
                                Math.min(ours.log.highWatermark(), ours.log.logEndOffset() - 1),
                                ours.log.logStartOffset() + random.nextInt(20));
                if (offset <= ours.log.logStartOffset()) {
                    return;
                }
                ours.log.advanceLogStartOffset(offset);
                kafka.deleteRecords(offset);
                assertThat(ours.log.logStartOffset()).isEqualTo(kafka.log.logStartOffset());
            }
        }

        // ---- appends

        private RecordBatchBuilder builder() {
            Codec codec =
                    random.nextInt(3) == 0 ? CODECS.get(random.nextInt(CODECS.size())) : Codec.NONE;
            return new RecordBatchBuilder(codec);
        }

        private ByteBuffer batch(long producerId, boolean transactional) {
            RecordBatchBuilder batch = builder();
            int count = 1 + random.nextInt(5);
            if (producerId >= 0) {
                short epoch = epochs.getOrDefault(producerId, (short) 0);
                int sequence = nextSequence.getOrDefault(producerId, 0);
                batch.producer(producerId, epoch, sequence);
                if (transactional) {
                    batch.transactional();
                }
            }
            for (int i = 0; i < count; i++) {
                addRecord(batch);
            }
            return batch.build();
        }

        private void addRecord(RecordBatchBuilder batch) {
            String key = "key-" + random.nextInt(12);
            ByteBuffer value =
                    random.nextInt(5) == 0
                            ? null
                            : UTF_8.encode("v" + written++ + "x".repeat(random.nextInt(120)));
            long timestamp = clock.millis() - random.nextInt(800);
            if (random.nextInt(4) == 0) {
                batch.append(
                        timestamp,
                        UTF_8.encode(key),
                        value,
                        new RecordHeader("h" + written, new byte[] {1, 2}));
            } else {
                batch.append(timestamp, UTF_8.encode(key), value);
            }
        }

        /** Mostly what follows; sometimes again what was sent before, or what is out of order. */
        private void produce(long producerId, boolean transactional) throws IOException {
            List<ByteBuffer> before = sent.computeIfAbsent(producerId, id -> new ArrayList<>());
            int choice = random.nextInt(20);
            if (choice < 3 && !before.isEmpty()) {
                int back = Math.min(before.size(), 1 + random.nextInt(7));
                append(before.get(before.size() - back));
                return;
            }
            int sequence = nextSequence.getOrDefault(producerId, 0);
            boolean stale = false;
            if (choice == 3) {
                nextSequence.put(producerId, sequence + 1 + random.nextInt(3));
            } else if (choice == 4 && !openTransactions.contains(producerId)) {
                epochs.merge(producerId, (short) 1, (a, b) -> (short) (a + b));
                nextSequence.put(producerId, 0);
            } else if (choice == 5) {
                stale = epochs.getOrDefault(producerId, (short) 0) > 0;
            }
            if (stale) {
                epochs.merge(producerId, (short) -1, (a, b) -> (short) (a + b));
            }
            ByteBuffer batch = batch(producerId, transactional);
            if (append(batch)) {
                before.add(batch);
                RecordBatchView view = RecordBatchView.at(batch, 0);
                nextSequence.put(producerId, view.lastSequence() + 1);
                if (transactional && !openTransactions.contains(producerId)) {
                    openTransactions.add(producerId);
                }
            } else {
                nextSequence.put(producerId, sequence);
                if (stale) {
                    epochs.merge(producerId, (short) 1, (a, b) -> (short) (a + b));
                }
            }
        }

        private void endTransaction() throws IOException {
            long producerId =
                    openTransactions.isEmpty()
                            ? 10 + random.nextInt(3)
                            : openTransactions.remove(random.nextInt(openTransactions.size()));
            ByteBuffer marker =
                    RecordBatchBuilder.endTransaction(
                            producerId,
                            epochs.getOrDefault(producerId, (short) 0),
                            kind == Kind.CLEANS_WITH_SMALL_MAPS_AND_DELETES || random.nextBoolean(),
                            coordinatorEpoch,
                            clock.millis());
            append(marker, true);
        }

        private boolean append(ByteBuffer batch) throws IOException {
            return append(batch, false);
        }

        /** True if both took it as new. */
        private boolean append(ByteBuffer batch, boolean coordinator) throws IOException {
            long end = ours.log.logEndOffset();
            ByteBuffer copy = ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
            String theirs = answer(kafka, batch, leaderEpoch, coordinator);
            String mine = answer(ours.log, copy, leaderEpoch, coordinator);
            boolean appended = ours.log.logEndOffset() > end;
            assertThat(mine)
                    .as("append of %s at %s", RecordBatchView.at(batch, 0), end)
                    .isEqualTo(theirs);
            assertThat(ours.log.logEndOffset()).isEqualTo(kafka.log.logEndOffset());
            if (!appended && activeBase(kafka.segments()) != activeBase(segments())) {
                // Kafka makes room for a batch before it looks whether it takes it.
                rollOurs();
            }
            return appended;
        }

        /** Offsets, or an error. */
        private static String answer(
                KafkaLog log, ByteBuffer batch, int leaderEpoch, boolean coordinator) {
            try {
                LogAppendInfo info = log.append(batch, leaderEpoch, coordinator);
                return info.firstOffset() + ".." + info.lastOffset();
            } catch (RuntimeException e) {
                return Errors.forException(e).name();
            }
        }

        private static String answer(
                PartitionLog log, ByteBuffer batch, int leaderEpoch, boolean coordinator)
                throws IOException {
            try {
                AppendResult result =
                        log.appendAsLeader(
                                batch,
                                leaderEpoch,
                                coordinator ? AppendOrigin.COORDINATOR : AppendOrigin.CLIENT);
                return result.baseOffset() + ".." + result.lastOffset();
            } catch (ApiException e) {
                return Errors.forException(e).name();
            }
        }

        private static long activeBase(List<Long> segments) {
            return segments.get(segments.size() - 1);
        }

        private void rollOurs() throws IOException {
            ours.log.updateConfig(new Configs().compact().segmentMs(-1).build());
            ours.log.enforceRetention();
            ours.log.updateConfig(config);
        }

        // ---- cleaning

        private void clean() throws IOException {
            ours.log.flush();
            assertThat(activeBase(segments()))
                    .as("active segment")
                    .isEqualTo(activeBase(kafka.segments()));
            CleanerConfig cleaner =
                    kind == Kind.CLEANS_WITH_SMALL_MAPS_AND_DELETES && random.nextBoolean()
                            ? new CleanerConfig(OffsetMap.ENTRY_BYTES * 10L, 0.5, 4096)
                            : new CleanerConfig(1 << 20, 0.9, 4096 + random.nextInt(20_000));
            Optional<LogToClean> theirs = kafka.cleanable();
            Optional<CleanableSection> mine = ours.log.cleanable();
            assertThat(mine.isPresent()).isEqualTo(theirs.isPresent());
            if (theirs.isPresent()) {
                CleanableSection section = mine.orElseThrow();
                assertThat(section.firstDirtyOffset()).isEqualTo(theirs.get().firstDirtyOffset());
                assertThat(section.firstUncleanableOffset())
                        .isEqualTo(theirs.get().firstUncleanableOffset());
                assertThat(kafka.clean(cleaner)).isTrue();
                assertThat(
                                ours.log.clean(
                                        new Cleaner(cleaner, new Throttle(Throttle.UNLIMITED)),
                                        ours.log.liveProducers(),
                                        () -> false))
                        .isPresent();
                assertThat(Optional.of(ours.log.cleanedTo())).isEqualTo(kafka.cleanedTo);
            }
            compareBatches(ourBatches(), kafka.batches());
        }

        private List<Long> segments() throws IOException {
            List<Long> found = new ArrayList<>();
            for (String name : ours.fileNames()) {
                LogFileNames.offsetOf(name, LogFileNames.LOG).ifPresent(found::add);
            }
            return found;
        }

        private List<RecordBatchView> ourBatches() throws IOException {
            return batchesOf(ours.path.resolve("orders-0"));
        }

        private static List<RecordBatchView> batchesOf(Path folder) throws IOException {
            List<RecordBatchView> all = new ArrayList<>();
            for (String name : LocalDisk.INSTANCE.list(folder)) {
                if (name.endsWith(LogFileNames.LOG)) {
                    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name)));
                    for (int at = 0; at < bytes.limit(); at += RecordBatchView.sizeAt(bytes, at)) {
                        all.add(RecordBatchView.at(bytes, at));
                    }
                }
            }
            return all;
        }

        /** Kafka does not look which transactions were aborted below the log start. */
        private void compareBatches(
                List<RecordBatchView> allMine, List<RecordBatchView> allTheirs) {
            List<RecordBatchView> mine = visible(allMine);
            List<RecordBatchView> theirs = visible(allTheirs);
            for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
                assertThat(describe(mine.get(i))).isEqualTo(describe(theirs.get(i)));
            }
            assertThat(mine).hasSameSizeAs(theirs);
        }

        private List<RecordBatchView> visible(List<RecordBatchView> batches) {
            return batches.stream()
                    .filter(b -> b.nextOffset() > ours.log.logStartOffset())
                    .toList();
        }

        /** All of a batch that a reader can see, and a recovery, and a later cleaning. */
        private static String describe(RecordBatchView batch) {
            batch.requireCrc();
            StringBuilder text = new StringBuilder(batch.toString().replaceAll("\\d+ bytes, ", ""));
            text.append(batch.codec());
            text.append(batch.isTransactional() ? " transactional" : "");
            text.append(batch.isControl() ? " control" : "");
            text.append(batch.hasLogAppendTime() ? " append time" : "");
            text.append(batch.hasDeleteHorizon() ? " horizon " + batch.baseTimestamp() : "");
            text.append(" max ").append(batch.maxTimestamp());
            batch.records()
                    .forEachRemaining(record -> text.append("\n  ").append(describe(record)));
            return text.toString();
        }

        private static String describe(LogRecord record) {
            return record.offset()
                    + "@"
                    + record.timestampMs()
                    + " "
                    + text(record.key())
                    + "="
                    + text(record.value())
                    + record.headers();
        }

        private static String text(@Nullable ByteBuffer bytes) {
            return bytes == null ? "null" : UTF_8.decode(bytes.duplicate()).toString();
        }

        // ---- look-ups

        private void compareAll() throws IOException {
            ours.log.flush();
            compareBatches(ourBatches(), kafka.batches());
            for (int i = 0; i < 20; i++) {
                lookUp();
            }
            // We forget epochs below the log start when that is durable; Kafka at once.
            ours.directory.checkpoint();
            ours.log.enforceRetention();
            compareEpochs(ours.log, kafka);
        }

        private void lookUp() throws IOException {
            lookUp(ours.log, kafka, false);
        }

        /**
         * @param recovered whether one of them was recovered after a crash
         */
        private void lookUp(PartitionLog mine, KafkaLog theirs, boolean recovered)
                throws IOException {
            long start = mine.logStartOffset();
            long end = mine.logEndOffset();
            if (start == end) {
                return;
            }
            long timestamp = LogFixture.START_MS + random.nextInt(60_000);
            Optional<TimestampAndOffset> at =
                    theirs.log
                            .fetchOffsetByTimestamp(timestamp, Optional.empty())
                            .timestampAndOffsetOpt();
            Optional<TimestampedOffset> ourAt = mine.offsetForTimestamp(timestamp);
            // Kafka looks into one segment only, and misses what follows if nothing is left there.
            if (at.isPresent() || ourAt.isEmpty()) {
                compareTimes("at " + timestamp, ourAt, at);
            }
            compareTimes(
                    "greatest",
                    mine.maxTimestampOffset(),
                    theirs.log
                            .fetchOffsetByTimestamp(
                                    ListOffsetsRequest.MAX_TIMESTAMP, Optional.empty())
                            .timestampAndOffsetOpt());
            long from = start + random.nextInt((int) (end - start));
            long to = from + 1 + random.nextInt((int) (end - from));
            FetchedRecords read = mine.read(from, to, 1 << 20, true);
            if (read.sizeBytes() > 0) {
                List<AbortedTransaction> expected =
                        theirs.log.collectAbortedTransactions(from, to).stream()
                                // Kafka's answer is for its cleaner: from the log start.
                                .filter(t -> t.lastOffset() >= from)
                                .map(t -> new AbortedTransaction(t.producerId(), t.firstOffset()))
                                .sorted(Comparator.comparingLong(AbortedTransaction::firstOffset))
                                .toList();
                if (recovered) {
                    List<RecordBatchView> batches = theirs.batches();
                    assertThat(remaining(read.abortedTransactions(), batches, start, to))
                            .isEqualTo(remaining(expected, batches, start, to));
                } else {
                    assertThat(read.abortedTransactions()).isEqualTo(expected);
                }
            }
        }

        /** A recovery knows of a transaction only from its first record that is left. */
        private static List<AbortedTransaction> remaining(
                List<AbortedTransaction> transactions,
                List<RecordBatchView> batches,
                long start,
                long to) {
            List<AbortedTransaction> remaining = new ArrayList<>();
            for (AbortedTransaction txn : transactions) {
                batches.stream()
                        .filter(b -> b.producerId() == txn.producerId())
                        .filter(b -> b.baseOffset() >= txn.firstOffset())
                        .filter(b -> b.isControl() || b.recordCount() > 0)
                        .filter(b -> b.lastOffset() >= start)
                        .findFirst()
                        .filter(b -> !b.isControl() && b.baseOffset() < to)
                        .map(b -> new AbortedTransaction(txn.producerId(), b.baseOffset()))
                        .ifPresent(remaining::add);
            }
            remaining.sort(Comparator.comparingLong(AbortedTransaction::firstOffset));
            return remaining;
        }

        private static void compareTimes(
                String what,
                Optional<TimestampedOffset> mine,
                Optional<TimestampAndOffset> theirs) {
            assertThat(mine.map(t -> t.timestampMs() + "@" + t.offset()))
                    .as(what)
                    .isEqualTo(theirs.map(t -> t.timestamp + "@" + t.offset));
        }

        private void compareEpochs(PartitionLog mine, KafkaLog theirs) {
            for (int epoch = 0; epoch <= leaderEpoch + 1; epoch++) {
                assertThat(mine.endOffsetForEpoch(epoch))
                        .as("epoch %d", epoch)
                        .isEqualTo(
                                theirs.log
                                        .endOffsetForEpoch(epoch)
                                        .map(e -> new EpochEndOffset(e.epoch(), e.offset())));
            }
        }

        // ---- each opens the files of the other

        private void crossOpen() throws IOException {
            long start = ours.log.logStartOffset();
            long end = ours.log.logEndOffset();
            long cleaned = ours.log.cleanedTo();
            ours.directory.close();
            kafka.close();
            Map<Long, String> mine = producers(ours.path.resolve("orders-0"), end);
            Map<Long, String> theirs = producers(kafkaFolder(), end);
            assertThat(mine).isEqualTo(theirs);

            boolean clean = random.nextBoolean();
            Path ourCopy = Files.createDirectories(directory.resolve("ours-for-kafka/orders-0"));
            CopiedDirectory.copyFiles(ours.path.resolve("orders-0"), ourCopy);
            Path kafkaCopy = directory.resolve("kafka-for-us");
            prepare(kafkaCopy, start, end, cleaned, clean);
            try (KafkaLog opened =
                            new KafkaLog(
                                    ourCopy,
                                    config,
                                    clock,
                                    start,
                                    clean ? end : random.nextInt((int) end + 1),
                                    clean);
                    LogFixture fixture =
                            LogFixture.existing(
                                    kafkaCopy,
                                    LocalDisk.INSTANCE,
                                    config,
                                    LogFixture.withoutCache())) {
                fixture.clock.advanceMs(clock.millis() - fixture.clock.millis());
                assertThat(opened.log.logEndOffset()).isEqualTo(end);
                assertThat(opened.log.logStartOffset()).isEqualTo(start);
                assertThat(fixture.log.logEndOffset()).isEqualTo(end);
                assertThat(fixture.log.logStartOffset()).isEqualTo(start);
                compareBatches(batchesOf(ourCopy), batchesOf(kafkaFolder()));
                compareBatches(batchesOf(kafkaCopy.resolve("orders-0")), batchesOf(kafkaFolder()));
                opened.log.updateHighWatermark(end);
                fixture.log.advanceHighWatermark(end);
                if (clean || start == 0) {
                    // Where a transaction began below the log start, a recovery may not find.
                    compareStable(fixture.log, opened);
                }
                compareEpochs(fixture.log, opened);
                for (int i = 0; i < 20; i++) {
                    lookUp(fixture.log, opened, !clean);
                }
                lastBatchesAreDuplicates(fixture.log, opened, !clean);
            }
        }

        /** A directory of ours around Kafka's files. */
        private void prepare(Path path, long start, long end, long cleaned, boolean clean)
                throws IOException {
            Files.createDirectories(path.resolve("orders-0"));
            CopiedDirectory.copyFiles(kafkaFolder(), path.resolve("orders-0"));
            for (String name : List.of("meta.properties", ".kafka_cleanshutdown")) {
                if (clean || !name.startsWith(".")) {
                    Files.copy(ours.path.resolve(name), path.resolve(name));
                }
            }
            if (!Files.exists(path.resolve("orders-0/partition.metadata"))) {
                Files.copy(
                        ours.path.resolve("orders-0/partition.metadata"),
                        path.resolve("orders-0/partition.metadata"));
            }
            checkpoint(path, LogFileNames.LOG_STARTS, start);
            if (clean) {
                checkpoint(path, LogFileNames.RECOVERY_POINTS, end);
            } else if (random.nextBoolean()) {
                checkpoint(path, LogFileNames.RECOVERY_POINTS, random.nextInt((int) end + 1));
            }
            if (cleaned >= 0) {
                checkpoint(path, LogFileNames.CLEANED_TO, cleaned);
            }
        }

        private static void checkpoint(Path path, String name, long offset) throws IOException {
            Files.writeString(path.resolve(name), "0\n1\norders 0 " + offset + "\n");
        }

        /** Of the snapshot at the end. */
        private static Map<Long, String> producers(Path folder, long end) throws IOException {
            Path file = LogFileNames.segmentFile(folder, end, LogFileNames.SNAPSHOT);
            Map<Long, String> all = new TreeMap<>();
            for (ProducerEntry entry :
                    Objects.requireNonNull(ProducerSnapshot.read(LocalDisk.INSTANCE, file))) {
                all.put(
                        entry.producerId,
                        "epoch %d, sequence %d, offset %d, delta %d, time %d, coordinator %d, txn %d"
                                .formatted(
                                        entry.epoch,
                                        entry.lastSequence(),
                                        entry.lastOffset(),
                                        entry.lastOffsetDelta(),
                                        entry.lastTimestampMs,
                                        entry.coordinatorEpoch,
                                        entry.txnFirstOffset));
            }
            return all;
        }

        /** A recovery finds producers from the log start on; one may have had a snapshot. */
        private void lastBatchesAreDuplicates(PartitionLog mine, KafkaLog theirs, boolean recovered)
                throws IOException {
            long start = mine.logStartOffset();
            int epoch = Math.max(leaderEpoch, mine.latestEpoch().orElse(0));
            for (List<ByteBuffer> batches : sent.values()) {
                if (!batches.isEmpty()) {
                    ByteBuffer last = batches.get(batches.size() - 1);
                    ByteBuffer copy =
                            ByteBuffer.allocate(last.remaining()).put(last.duplicate()).flip();
                    String expected = answer(theirs, last, epoch, false);
                    String answer = answer(mine, copy, epoch, false);
                    if (!recovered || !(isBelow(start, expected) || isBelow(start, answer))) {
                        assertThat(answer)
                                .as("%s again", RecordBatchView.at(last, 0))
                                .isEqualTo(expected);
                    }
                }
            }
        }

        private static boolean isBelow(long offset, String answer) {
            return answer.matches("\\d.*")
                    && Long.parseLong(answer.substring(0, answer.indexOf('.'))) < offset;
        }

        @Override
        public void close() throws IOException {
            ours.directory.close();
            kafka.close();
        }
    }
}
