package dev.millrace.log;

import static dev.millrace.log.LogFixture.ORDERS;
import static dev.millrace.log.LogFixture.ORDERS_ID;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.FetchedRecords.AbortedTransaction;
import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Loses power, and the disk, while a log is compacted: a reader of committed records then still
 * finds the last value of each key, nothing is there that was never written, and nothing is missing
 * that no cleaning has looked at.
 *
 * <p>A failure prints its seed; {@code -Dmillrace.test.seed=N} runs that one alone, {@code
 * -Dmillrace.test.crashSeeds=N} runs more than usual.
 */
class CompactionCrashTest {
    private static final Path PATH = Path.of("/disk/logs");
    private static final int DEFAULT_SEEDS = 400;
    private static final int STEPS_OF_A_CLEANING = 1000;

    @Test
    void after_any_crash_readers_find_the_last_value_of_each_key() {
        Long only = Long.getLong("millrace.test.seed");
        if (only != null) {
            runSeed(only);
            return;
        }
        int seeds = Integer.getInteger("millrace.test.crashSeeds", DEFAULT_SEEDS);
        for (long seed = 0; seed < seeds; seed++) {
            runSeed(seed);
        }
    }

    private static void runSeed(long seed) {
        try {
            new Story(seed).run();
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    @Test
    void a_crash_after_each_single_step_of_a_cleaning_leaves_the_old_segments_or_the_new()
            throws IOException {
        boolean completed = false;
        for (int steps = 0; !completed && steps < STEPS_OF_A_CLEANING; steps++) {
            Story story = new Story(steps % 7);
            for (int i = 0; i < 40; i++) {
                story.append();
            }
            story.endTransaction(10, true);
            story.endTransaction(11, false);
            story.log.flush();
            story.flushedEnd = story.log.logEndOffset();
            story.disk.failAfter(steps, "Input/output error");
            completed = story.tryClean();
            try {
                story.crashAndVerify();
            } catch (AssertionError e) {
                throw new AssertionError("after " + steps + " steps", e);
            }
        }
        assertThat(completed).as("more steps than were tried").isTrue();
    }

    /** One appended batch; the marker of a transaction has no records. */
    private record Appended(
            long baseOffset,
            long nextOffset,
            long producerId,
            boolean transactional,
            @Nullable Boolean commits,
            Map<String, @Nullable String> last) {}

    private static final class Story {
        final Random random;
        final SimulatedDisk disk;
        final ManualClock clock = new ManualClock(LogFixture.START_MS);
        final LogConfig config;
        final List<Appended> model = new ArrayList<>();
        final Cleaner cleaner;

        /** A story has transactions or deletes records: what was deleted of one is forgotten. */
        final boolean transactions;

        LogDirectory directory;
        PartitionLog log;
        long flushedEnd;

        /** Nothing at or above was ever cleaned. */
        long untouched;

        long logStart;
        int epoch;
        int written;

        Story(long seed) throws IOException {
            random = new Random(seed);
            transactions = random.nextBoolean();
            disk = new SimulatedDisk(random);
            config =
                    new Configs()
                            .compact()
                            .segmentBytes(600 + random.nextInt(2500))
                            .indexIntervalBytes(1 + random.nextInt(600))
                            .compaction(
                                    new CompactionConfig(
                                            random.nextInt(3) * 1000L, 0, Long.MAX_VALUE, 0))
                            .build();
            cleaner =
                    new Cleaner(
                            new CleanerConfig(
                                    OffsetMap.ENTRY_BYTES * (4L + random.nextInt(40)), 0.8, 4096),
                            new Throttle(Throttle.UNLIMITED));
            directory = open();
            log = directory.create(ORDERS, ORDERS_ID, config);
            directory.checkpoint();
        }

        private LogDirectory open() throws IOException {
            return LogDirectory.open(PATH, LogFixture.withoutCache(), topic -> config, disk, clock);
        }

        void run() throws IOException {
            int crashes = 1 + random.nextInt(4);
            for (int i = 0; i < crashes; i++) {
                if (random.nextInt(3) == 0) {
                    disk.failAfter(random.nextInt(200), "Input/output error");
                }
                int steps = random.nextInt(80);
                for (int step = 0; step < steps && !disk.hasFailed(); step++) {
                    step();
                }
                crashAndVerify();
            }
            directory.close();
            directory = open();
            assertThat(directory.cleanShutdown()).isTrue();
            flushedEnd = end();
            verify();
        }

        private void step() {
            try {
                clock.advanceMs(random.nextInt(300));
                int choice = random.nextInt(20);
                if (choice < 10) {
                    append();
                } else if (choice == 10) {
                    endTransaction(10 + random.nextInt(2), random.nextBoolean());
                } else if (choice == 11) {
                    log.flush();
                    flushedEnd = log.logEndOffset();
                } else if (choice == 12) {
                    directory.checkpoint();
                } else if (choice == 13) {
                    log.tidy();
                    directory.removeDeletedFiles();
                } else if (choice == 14) {
                    epoch++;
                    log.beginLeaderEpoch(epoch);
                } else if (choice == 15 && !transactions && random.nextInt(3) == 0) {
                    deleteRecords();
                } else {
                    tryClean();
                }
            } catch (IOException | KafkaStorageException e) {
                assertThat(disk.hasFailed()).as("an error the disk did not make: " + e).isTrue();
            }
        }

        /** True if it came to its end. */
        boolean tryClean() throws IOException {
            untouched =
                    Math.max(
                            untouched,
                            log.cleanable()
                                    .map(CleanableSection::firstUncleanableOffset)
                                    .orElse(0L));
            try {
                return log.clean(cleaner, log.liveProducers(), () -> false).isPresent();
            } catch (IOException e) {
                assertThat(disk.hasFailed()).as("an error the disk did not make: " + e).isTrue();
                return false;
            }
        }

        private void deleteRecords() throws IOException {
            logStart = Math.min(log.highWatermark(), log.logStartOffset() + random.nextInt(15));
            log.advanceLogStartOffset(logStart);
        }

        void append() throws IOException {
            long producerId = transactions && random.nextInt(3) == 0 ? 10 + random.nextInt(2) : -1;
            boolean transactional = producerId >= 0;
            RecordBatchBuilder batch =
                    new RecordBatchBuilder(random.nextInt(5) == 0 ? Codec.LZ4 : Codec.NONE);
            if (transactional) {
                batch.producer(producerId, (short) 0, sequence(producerId)).transactional();
            }
            Map<String, @Nullable String> last = new TreeMap<>();
            int count = 1 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                String key = "k" + random.nextInt(8);
                String value =
                        random.nextInt(5) == 0
                                ? null
                                : "v" + written++ + "x".repeat(random.nextInt(100));
                last.put(key, value);
                batch.append(
                        clock.millis(),
                        key.getBytes(UTF_8),
                        value == null ? null : value.getBytes(UTF_8));
            }
            // Before it is tried: if it fails, it may be there or not.
            long base = end();
            model.add(new Appended(base, base + count, producerId, transactional, null, last));
            log.appendAsLeader(batch.build(), epoch(), AppendOrigin.CLIENT);
            log.advanceHighWatermark(log.logEndOffset());
        }

        private int epoch() {
            return Math.max(epoch, log.latestEpoch().orElse(0));
        }

        private int sequence(long producerId) {
            int next = 0;
            for (Appended batch : model) {
                if (batch.producerId() == producerId && batch.commits() == null) {
                    next += (int) (batch.nextOffset() - batch.baseOffset());
                }
            }
            return next;
        }

        private void endTransaction(long producerId, boolean commit) throws IOException {
            if (!open(producerId)) {
                return;
            }
            long base = end();
            model.add(new Appended(base, base + 1, producerId, true, commit, Map.of()));
            log.appendAsLeader(
                    RecordBatchBuilder.endTransaction(
                            producerId, (short) 0, commit, 0, clock.millis()),
                    epoch(),
                    AppendOrigin.COORDINATOR);
            log.advanceHighWatermark(log.logEndOffset());
        }

        private boolean open(long producerId) {
            boolean open = false;
            for (Appended batch : model) {
                if (batch.producerId() == producerId) {
                    open = batch.commits() == null;
                }
            }
            return open;
        }

        private long end() {
            return model.isEmpty() ? 0 : model.get(model.size() - 1).nextOffset();
        }

        void crashAndVerify() throws IOException {
            disk.crash();
            directory = open();
            assertThat(directory.cleanShutdown()).isFalse();
            verify();
        }

        private void verify() throws IOException {
            log = directory.log(ORDERS).orElseThrow();
            long recoveredEnd = log.logEndOffset();
            assertThat(recoveredEnd).as("flushed, but lost").isGreaterThanOrEqualTo(flushedEnd);
            assertThat(recoveredEnd).as("never appended").isLessThanOrEqualTo(end());
            assertThat(log.logStartOffset()).isLessThanOrEqualTo(logStart);
            logStart = log.logStartOffset();
            model.removeIf(batch -> batch.nextOffset() > recoveredEnd);
            assertThat(end()).as("a whole batch").isEqualTo(recoveredEnd);
            assertThat(disk.list(PATH.resolve("orders-0")))
                    .noneMatch(name -> name.endsWith(".cleaned") || name.endsWith(".swap"));
            untouched = Math.min(untouched, recoveredEnd);
            log.advanceHighWatermark(recoveredEnd);
            endTransaction(10, random.nextBoolean());
            endTransaction(11, random.nextBoolean());
            if (logStart == 0) {
                assertThat(committed()).isEqualTo(expected());
            }
            verifyOffsets();
            flushedEnd = Math.min(flushedEnd, recoveredEnd);
        }

        /** The last committed value of each key, as it was written. */
        private Map<String, String> expected() {
            Map<String, String> values = new TreeMap<>();
            for (int i = 0; i < model.size(); i++) {
                if (!model.get(i).transactional() || commits(i)) {
                    model.get(i).last().forEach((key, value) -> put(values, key, value));
                }
            }
            return values;
        }

        private static void put(Map<String, String> values, String key, @Nullable String value) {
            if (value == null) {
                values.remove(key);
            } else {
                values.put(key, value);
            }
        }

        private boolean commits(int number) {
            for (Appended later : model.subList(number, model.size())) {
                Boolean commits = later.commits();
                if (commits != null && later.producerId() == model.get(number).producerId()) {
                    return commits;
                }
            }
            return false;
        }

        /** The same, as a consumer with read_committed finds it. */
        private Map<String, String> committed() throws IOException {
            Map<String, String> values = new TreeMap<>();
            long next = log.logStartOffset();
            long end = log.lastStableOffset();
            Set<Long> aborting = new HashSet<>();
            while (next < end) {
                FetchedRecords read = log.read(next, end, 500 + random.nextInt(3000), true);
                ByteBuffer bytes = LogFixture.bytes(read);
                assertThat(bytes.hasRemaining()).as("something at %d", next).isTrue();
                List<AbortedTransaction> ahead = new ArrayList<>(read.abortedTransactions());
                aborting.clear();
                for (RecordBatchView batch : RecordBatches.in(bytes)) {
                    batch.requireCrc();
                    while (!ahead.isEmpty() && ahead.get(0).firstOffset() <= batch.lastOffset()) {
                        aborting.add(ahead.remove(0).producerId());
                    }
                    if (batch.isControl()) {
                        aborting.remove(batch.producerId());
                    } else if (!batch.isTransactional() || !aborting.contains(batch.producerId())) {
                        batch.records().forEachRemaining(record -> take(values, record));
                    }
                    next = batch.nextOffset();
                }
            }
            return values;
        }

        private static void take(Map<String, String> values, LogRecord record) {
            byte[] value = record.valueBytes();
            String key = UTF_8.decode(Objects.requireNonNull(record.key())).toString();
            put(values, key, value == null ? null : new String(value, UTF_8));
        }

        private void verifyOffsets() throws IOException {
            List<Long> found =
                    LogFixture.records(log, log.logStartOffset(), log.logEndOffset()).stream()
                            .map(LogRecord::offset)
                            .toList();
            assertThat(found).isSorted().doesNotHaveDuplicates();
            for (long offset = Math.max(untouched, log.logStartOffset());
                    offset < log.logEndOffset();
                    offset++) {
                assertThat(found).as("never cleaned").contains(offset);
            }
        }
    }
}
