package dev.millrace.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.FetchedRecords.AbortedTransaction;
import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions that commit and abort, DeleteRecords, cleaning with large and small maps, restarts
 * with and without a crash, all in one log, held against what a reader of committed records must
 * see of it. (Apache Kafka's cleaner is no measure for this: see {@link KafkaOracleTest}.)
 *
 * <p>A failure prints its seed; {@code -Dmillrace.test.seed=N} runs that one alone, {@code
 * -Dmillrace.test.oracleSeeds=N} runs more than usual.
 */
class CleanedTransactionsTest {
    private static final int DEFAULT_SEEDS = 200;
    private static final int KEYS = 10;

    @TempDir(factory = KafkaOracleTest.InMemory.class)
    Path path;

    @Test
    void a_reader_of_committed_records_sees_the_last_of_each_key_and_nothing_that_was_aborted()
            throws IOException {
        Long only = Long.getLong("millrace.test.seed");
        int seeds = Integer.getInteger("millrace.test.oracleSeeds", DEFAULT_SEEDS);
        long cleaned = 0;
        for (long seed = only == null ? 0 : only;
                seed < (only == null ? seeds : only + 1);
                seed++) {
            Path directory = Files.createDirectory(path.resolve("seed-" + seed));
            try (Story story = new Story(directory, seed)) {
                story.run();
                cleaned += story.recordsCleaned;
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThat(cleaned).as("records that were cleaned away").isPositive();
    }

    /** A record that was appended; {@code value} null is a tombstone. */
    private record Appended(long offset, String key, @Nullable String value) {}

    private static final class Story implements AutoCloseable {
        private final Random random;
        private final LogFixture log;

        /** By offset: records that a reader of committed ones may see. */
        private final TreeMap<Long, Appended> committed = new TreeMap<>();

        /** By producer. */
        private final Map<Long, List<Appended>> open = new HashMap<>();

        private final Map<Long, Integer> epochs = new HashMap<>();
        private final Map<Long, Integer> nextSequence = new HashMap<>();
        private int written;
        private long recordsCleaned;

        Story(Path directory, long seed) throws IOException {
            random = new Random(seed);
            LogConfig config =
                    new Configs()
                            .compact()
                            .segmentBytes(800 + random.nextInt(3000))
                            .indexIntervalBytes(1 + random.nextInt(300))
                            .compaction(
                                    new CompactionConfig(
                                            random.nextInt(3) * 1000L, 0, Long.MAX_VALUE, 0))
                            .build();
            log = new LogFixture(directory, LocalDisk.INSTANCE, config, LogFixture.withoutCache());
        }

        void run() throws IOException {
            int steps = 60 + random.nextInt(120);
            for (int i = 0; i < steps; i++) {
                log.clock.advanceMs(random.nextInt(400));
                int choice = random.nextInt(40);
                if (choice < 12) {
                    append(-1);
                } else if (choice < 24) {
                    append(10 + random.nextInt(3));
                } else if (choice < 31) {
                    end(10 + random.nextInt(3), random.nextInt(2) == 0);
                } else if (choice < 33) {
                    deleteRecords();
                } else if (choice < 38) {
                    clean();
                } else {
                    restart(choice == 38);
                }
            }
            for (long producer : List.copyOf(open.keySet())) {
                end(producer, random.nextBoolean());
            }
            check();
            clean();
            restart(true);
            check();
        }

        /** A batch of a producer's transaction, or of nobody's. */
        private void append(long producerId) throws IOException {
            boolean transactional = producerId >= 0;
            RecordBatchBuilder batch = new RecordBatchBuilder();
            if (transactional) {
                if (!open.containsKey(producerId)) {
                    // As since transactions v2; also, all that is known of it may be deleted.
                    epochs.merge(producerId, 1, Integer::sum);
                    nextSequence.put(producerId, 0);
                }
                batch.producer(
                        producerId, epoch(producerId), nextSequence.getOrDefault(producerId, 0));
                batch.transactional();
            }
            List<Appended> records = new ArrayList<>();
            long end = log.log.logEndOffset();
            for (int i = 0; i <= random.nextInt(3); i++) {
                String key = "key-" + random.nextInt(KEYS);
                String value =
                        random.nextInt(5) == 0
                                ? null
                                : "v" + written++ + "x".repeat(random.nextInt(60));
                batch.append(
                        log.clock.millis(),
                        UTF_8.encode(key),
                        value == null ? null : UTF_8.encode(value));
                records.add(new Appended(end + i, key, value));
            }
            log.log.appendAsLeader(batch.build(), 0, AppendOrigin.CLIENT);
            if (transactional) {
                nextSequence.merge(producerId, records.size(), Integer::sum);
                open.computeIfAbsent(producerId, id -> new ArrayList<>()).addAll(records);
            } else {
                records.forEach(record -> committed.put(record.offset, record));
            }
            commitToReaders();
        }

        private short epoch(long producerId) {
            return epochs.getOrDefault(producerId, 0).shortValue();
        }

        private void commitToReaders() {
            log.log.advanceHighWatermark(log.log.logEndOffset());
        }

        private void end(long producerId, boolean commit) throws IOException {
            List<Appended> records = open.remove(producerId);
            if (records == null) {
                return;
            }
            log.log.appendAsLeader(
                    RecordBatchBuilder.endTransaction(
                            producerId, epoch(producerId), commit, 0, log.clock.millis()),
                    0,
                    AppendOrigin.COORDINATOR);
            if (commit) {
                records.forEach(record -> committed.put(record.offset, record));
            }
            commitToReaders();
        }

        private void deleteRecords() throws IOException {
            long start = log.log.logStartOffset();
            log.log.advanceLogStartOffset(
                    Math.min(log.log.highWatermark(), start + random.nextInt(30)));
        }

        private void clean() throws IOException {
            CleanerConfig config =
                    random.nextBoolean()
                            ? new CleanerConfig(OffsetMap.ENTRY_BYTES * 10L, 0.5, 4096)
                            : new CleanerConfig(1 << 20, 0.9, 4096);
            log.log
                    .clean(
                            new Cleaner(config, new Throttle(Throttle.UNLIMITED)),
                            log.log.liveProducers(),
                            () -> false)
                    .ifPresent(
                            stats ->
                                    recordsCleaned += stats.recordsRead() - stats.recordsWritten());
            check();
        }

        private void restart(boolean cleanly) throws IOException {
            if (cleanly) {
                log.restart();
            } else {
                // What a killed process leaves: files as they are, no clean end.
                log.log.flush();
                log.directory.checkpoint();
                log.directory.close();
                Files.deleteIfExists(log.path.resolve(LogFileNames.CLEAN_SHUTDOWN));
                log.reopen();
            }
            commitToReaders();
            check();
        }

        private void check() throws IOException {
            long start = log.log.logStartOffset();
            long stable = log.log.lastStableOffset();
            Map<Long, Appended> seen = readCommitted(start, stable);
            seen.forEach(
                    (offset, record) ->
                            assertThat(record)
                                    .as("offset %d", offset)
                                    .isEqualTo(committed.get(offset)));
            Map<String, Appended> last = new HashMap<>();
            committed
                    .subMap(start, Math.max(start, stable))
                    .values()
                    .forEach(record -> last.put(record.key, record));
            Map<String, Appended> lastSeen = new HashMap<>();
            seen.values().forEach(record -> lastSeen.put(record.key, record));
            for (Map.Entry<String, Appended> each : last.entrySet()) {
                if (each.getValue().value != null || lastSeen.containsKey(each.getKey())) {
                    assertThat(lastSeen.get(each.getKey()))
                            .as("last of %s", each.getKey())
                            .isEqualTo(each.getValue());
                }
            }
            assertThat(last.keySet()).containsAll(lastSeen.keySet());
        }

        /** As a consumer with {@code isolation.level=read_committed} does it. */
        private Map<Long, Appended> readCommitted(long start, long stable) throws IOException {
            TreeMap<Long, Appended> seen = new TreeMap<>();
            Set<Long> aborting = new HashSet<>();
            long offset = start;
            while (offset < stable) {
                FetchedRecords read = log.log.read(offset, stable, 1 + random.nextInt(4000), true);
                ByteBuffer bytes = read.records();
                if (bytes == null || !bytes.hasRemaining()) {
                    break;
                }
                ArrayDeque<AbortedTransaction> aborted =
                        new ArrayDeque<>(read.abortedTransactions());
                RecordBatchView batch = new RecordBatchView();
                for (int at = bytes.position(); at < bytes.limit(); at += batch.sizeBytes()) {
                    batch.wrap(bytes, at);
                    for (AbortedTransaction txn = aborted.peek();
                            txn != null && txn.firstOffset() <= batch.lastOffset();
                            txn = aborted.peek()) {
                        aborting.add(txn.producerId());
                        aborted.remove();
                    }
                    long producerId = batch.producerId();
                    if (batch.isControl()) {
                        aborting.remove(producerId);
                    } else if (!batch.isTransactional() || !aborting.contains(producerId)) {
                        long from = offset;
                        batch.records()
                                .forEachRemaining(
                                        record -> {
                                            if (record.offset() >= from) {
                                                seen.put(
                                                        record.offset(),
                                                        new Appended(
                                                                record.offset(),
                                                                String.valueOf(text(record.key())),
                                                                text(record.value())));
                                            }
                                        });
                    }
                    offset = batch.nextOffset();
                }
            }
            return seen;
        }

        private static @Nullable String text(@Nullable ByteBuffer bytes) {
            return bytes == null ? null : UTF_8.decode(bytes.duplicate()).toString();
        }

        @Override
        public void close() throws IOException {
            log.close();
        }
    }
}
