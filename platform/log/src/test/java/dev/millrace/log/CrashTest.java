package dev.millrace.log;

import static dev.millrace.log.LogFixture.ORDERS;
import static dev.millrace.log.LogFixture.ORDERS_ID;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.FetchedRecords.AbortedTransaction;
import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loses power, and the disk, at random moments, and compares the recovered log with what was
 * appended: everything flushed is there, what is there was appended, in order, once.
 *
 * <p>A failure prints its seed; {@code -Dmillrace.test.seed=N} runs that one alone, {@code
 * -Dmillrace.test.crashSeeds=N} runs more than usual.
 */
class CrashTest {
    private static final Path PATH = Path.of("/disk/logs");
    private static final int DEFAULT_SEEDS = 250;

    @Test
    void after_any_crash_the_log_is_a_prefix_of_what_was_appended_with_all_that_was_flushed() {
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

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Input/output error"})
    void a_failing_disk_stops_the_log_and_recovery_brings_back_what_was_flushed(String error)
            throws IOException {
        Story story = new Story(77);
        story.append();
        story.flush();
        story.disk.failAfter(0, error);

        assertThat(story.tryAppend()).isFalse();
        assertThat(story.tryAppend()).as("refuses until it is recovered").isFalse();
        story.crashAndVerify();
        assertThat(story.tryAppend()).isTrue();
    }

    private enum Kind {
        PLAIN,
        TRANSACTIONAL,
        COMMIT,
        ABORT
    }

    /** One appended batch, as the log should still have it. */
    private record Appended(
            long baseOffset,
            List<String> values,
            int epoch,
            long producerId,
            int sequence,
            Kind kind) {
        long nextOffset() {
            return baseOffset + values.size();
        }
    }

    private static final class Story {
        final Random random;
        final SimulatedDisk disk;
        final ManualClock clock = new ManualClock(LogFixture.START_MS);
        final LogConfig config;
        final List<Appended> model = new ArrayList<>();
        final Map<Long, Integer> nextSequence = new HashMap<>();
        LogDirectory directory;
        PartitionLog log;
        long flushedEnd;
        long logStart;

        /** Producers of records below may be forgotten, even if a crash brings the records back. */
        long greatestLogStart;

        /** A story has transactions or deletes records: what was deleted of one is forgotten. */
        final boolean transactions;

        int epoch;
        int written;

        Story(long seed) throws IOException {
            // Seeds that follow each other would begin with the same choices.
            random = new Random(new SplittableRandom(seed).nextLong());
            transactions = random.nextBoolean();
            disk = new SimulatedDisk(random);
            config =
                    new Configs()
                            .segmentBytes(1500 + random.nextInt(4000))
                            .indexIntervalBytes(1 + random.nextInt(600))
                            .build();
            directory = open();
            log = directory.create(ORDERS, ORDERS_ID, config);
        }

        private LogDirectory open() throws IOException {
            return LogDirectory.open(
                    PATH, LogFixture.directoryConfig(), topic -> config, disk, clock);
        }

        void run() throws IOException {
            int crashes = 1 + random.nextInt(4);
            for (int i = 0; i < crashes; i++) {
                if (random.nextInt(4) == 0) {
                    disk.failAfter(random.nextInt(60), "Input/output error");
                }
                int steps = random.nextInt(60);
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
                int choice = random.nextInt(24);
                if (choice < 13) {
                    append();
                } else if (choice < 15) {
                    flush();
                } else if (choice == 15) {
                    directory.checkpoint();
                } else if (choice == 16) {
                    epoch++;
                    log.beginLeaderEpoch(epoch);
                } else if (choice == 17) {
                    truncate();
                } else if (choice == 18) {
                    deleteRecords();
                } else if (choice == 19) {
                    if (random.nextBoolean()) {
                        log.tidy();
                    } else {
                        directory.removeDeletedFiles();
                    }
                } else if (!transactions) {
                    append();
                } else if (choice < 23) {
                    append(10 + random.nextInt(2), Kind.TRANSACTIONAL);
                } else {
                    endTransaction(10 + random.nextInt(2), random.nextBoolean());
                }
            } catch (IOException e) {
                assertThat(disk.hasFailed()).as("an error the disk did not make: " + e).isTrue();
            }
        }

        boolean tryAppend() {
            try {
                append();
                return true;
            } catch (IOException | KafkaStorageException e) {
                return false;
            }
        }

        void append() throws IOException {
            append(random.nextInt(3) - 1L, Kind.PLAIN);
        }

        private void append(long producerId, Kind kind) throws IOException {
            clock.advanceMs(random.nextInt(100));
            List<String> values = new ArrayList<>();
            int count = 1 + random.nextInt(5);
            for (int i = 0; i < count; i++) {
                values.add("value-" + written++ + "-" + "x".repeat(random.nextInt(200)));
            }
            int sequence = producerId < 0 ? -1 : nextSequence.getOrDefault(producerId, 0);
            AppendResult result =
                    log.appendAsLeader(
                            batch(values, producerId, sequence, kind), epoch, AppendOrigin.CLIENT);
            assertThat(result.duplicate()).isFalse();
            assertThat(result.baseOffset()).isEqualTo(end());
            model.add(new Appended(result.baseOffset(), values, epoch, producerId, sequence, kind));
            if (producerId >= 0) {
                nextSequence.put(producerId, sequence + values.size());
            }
            log.advanceHighWatermark(log.logEndOffset());
        }

        private void endTransaction(long producerId, boolean commit) throws IOException {
            if (!openTransactions().containsKey(producerId)) {
                return;
            }
            ByteBuffer marker =
                    RecordBatchBuilder.endTransaction(
                            producerId, (short) 0, commit, 0, clock.millis());
            String value =
                    UTF_8.decode(
                                    Objects.requireNonNull(
                                            RecordBatchView.at(marker, 0).records().next().value()))
                            .toString();
            Kind kind = commit ? Kind.COMMIT : Kind.ABORT;
            // Before it is tried: if it fails, it may be there or not.
            model.add(new Appended(end(), List.of(value), epoch, producerId, -1, kind));
            log.appendAsLeader(marker, epoch, AppendOrigin.COORDINATOR);
            log.advanceHighWatermark(log.logEndOffset());
        }

        /** Producer id to the first offset of its open transaction. */
        private Map<Long, Long> openTransactions() {
            return transactions(new ArrayList<>());
        }

        private Map<Long, Long> transactions(List<AbortedTransaction> aborted) {
            Map<Long, Long> open = new HashMap<>();
            for (Appended batch : model) {
                if (batch.kind() == Kind.TRANSACTIONAL) {
                    open.putIfAbsent(batch.producerId(), batch.baseOffset());
                } else if (batch.kind() != Kind.PLAIN) {
                    Long first = open.remove(batch.producerId());
                    if (first != null && batch.kind() == Kind.ABORT) {
                        aborted.add(new AbortedTransaction(batch.producerId(), first));
                    }
                }
            }
            return open;
        }

        private ByteBuffer batch(List<String> values, long producerId, int sequence, Kind kind) {
            RecordBatchBuilder builder =
                    new RecordBatchBuilder(random.nextInt(5) == 0 ? Codec.LZ4 : Codec.NONE);
            if (producerId >= 0) {
                builder.producer(producerId, (short) 0, sequence);
            }
            if (kind == Kind.TRANSACTIONAL) {
                builder.transactional();
            }
            for (String value : values) {
                builder.append(clock.millis(), null, value.getBytes(UTF_8));
            }
            return builder.build();
        }

        void flush() throws IOException {
            log.flush();
            flushedEnd = log.logEndOffset();
            assertThat(log.recoveryPoint()).isEqualTo(flushedEnd);
        }

        private void truncate() throws IOException {
            if (model.isEmpty() || random.nextBoolean()) {
                return;
            }
            long offset = model.get(random.nextInt(model.size())).baseOffset();
            if (offset < logStart) {
                return;
            }
            // Whether it gets through or not, what was above may be gone.
            flushedEnd = Math.min(flushedEnd, offset);
            try {
                log.truncateTo(offset);
            } finally {
                if (!disk.hasFailed()) {
                    forgetFrom(offset);
                    flushedEnd = Math.min(flushedEnd, end());
                }
            }
        }

        private void deleteRecords() throws IOException {
            if (!model.isEmpty() && !transactions) {
                long offset = model.get(random.nextInt(model.size())).nextOffset();
                logStart = Math.max(logStart, offset);
                greatestLogStart = Math.max(greatestLogStart, offset);
                log.advanceLogStartOffset(offset);
            }
        }

        private long end() {
            return model.isEmpty() ? 0 : model.get(model.size() - 1).nextOffset();
        }

        private void forgetFrom(long offset) {
            model.removeIf(batch -> batch.nextOffset() > offset);
            nextSequence.clear();
            for (Appended batch : model) {
                if (batch.sequence() >= 0) {
                    nextSequence.put(batch.producerId(), batch.sequence() + batch.values().size());
                }
            }
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
            forgetFrom(recoveredEnd);
            assertThat(end()).as("a whole batch").isEqualTo(recoveredEnd);

            logStart = log.logStartOffset();
            verifyRecords();
            verifyEpochs();
            verifyProducers();
            log.advanceHighWatermark(recoveredEnd);
            verifyTransactions();
            // Recovery makes nothing durable, so a second crash may take it again.
            flushedEnd = Math.min(flushedEnd, recoveredEnd);
        }

        private void verifyTransactions() throws IOException {
            if (model.isEmpty() || !transactions) {
                return;
            }
            List<AbortedTransaction> aborted = new ArrayList<>();
            Map<Long, Long> open = transactions(aborted);
            aborted.sort(Comparator.comparingLong(AbortedTransaction::firstOffset));

            assertThat(log.lastStableOffset())
                    .isEqualTo(open.values().stream().min(Long::compare).orElse(end()));
            assertThat(log.read(0, end(), 1 << 20, true).abortedTransactions()).isEqualTo(aborted);
        }

        private void verifyRecords() throws IOException {
            List<String> expected = new ArrayList<>();
            for (Appended batch : model) {
                for (int i = 0; i < batch.values().size(); i++) {
                    if (batch.baseOffset() + i >= logStart) {
                        expected.add(batch.values().get(i));
                    }
                }
            }
            List<String> found = new ArrayList<>();
            for (LogRecord record :
                    LogFixture.records(log, log.logStartOffset(), log.logEndOffset())) {
                if (record.offset() >= logStart) {
                    found.add(UTF_8.decode(Objects.requireNonNull(record.value())).toString());
                }
            }
            assertThat(found).isEqualTo(expected);
        }

        private void verifyEpochs() {
            Map<Integer, Long> ends = new HashMap<>();
            for (Appended batch : model) {
                ends.put(batch.epoch(), batch.nextOffset());
            }
            ends.forEach(
                    (batchEpoch, end) -> {
                        if (end > logStart) {
                            assertThat(log.endOffsetForEpoch(batchEpoch))
                                    .isEqualTo(Optional.of(new EpochEndOffset(batchEpoch, end)));
                        }
                    });
        }

        /** The last batch of each producer is a duplicate; what would follow it is in sequence. */
        private void verifyProducers() throws IOException {
            Map<Long, Appended> last = new HashMap<>();
            for (Appended batch : model) {
                if (batch.sequence() >= 0 && batch.baseOffset() >= greatestLogStart) {
                    last.put(batch.producerId(), batch);
                }
            }
            for (Appended batch : last.values()) {
                AppendResult again =
                        log.appendAsLeader(
                                batch(
                                        batch.values(),
                                        batch.producerId(),
                                        batch.sequence(),
                                        batch.kind()),
                                Math.max(epoch, log.latestEpoch().orElse(0)),
                                AppendOrigin.CLIENT);
                assertThat(again.duplicate()).as("%s again, in %s", batch, log).isTrue();
                assertThat(again.baseOffset()).isEqualTo(batch.baseOffset());
            }
        }
    }
}
