package dev.millrace.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompactionTest {
    private static final long DAY_MS = 86_400_000;
    private static final Cleaner CLEANER =
            new Cleaner(CleanerConfig.DEFAULT, new Throttle(Throttle.UNLIMITED));

    @TempDir Path path;

    private static Configs compacted() {
        return new Configs().compact().indexIntervalBytes(1);
    }

    /** Due at the first dirty byte. */
    private static CompactionConfig compaction(long deleteRetentionMs) {
        return new CompactionConfig(deleteRetentionMs, 0, Long.MAX_VALUE, 0);
    }

    private LogFixture open() throws IOException {
        return new LogFixture(path, compacted().build());
    }

    /** One record in a batch of its own: "key=value", or "key=" for a tombstone. */
    private static void put(LogFixture f, String... records) throws IOException {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        add(batch, f, records);
        f.append(batch.build());
        f.log.advanceHighWatermark(f.log.logEndOffset());
    }

    private static RecordBatchBuilder add(RecordBatchBuilder batch, LogFixture f, String... all) {
        for (String record : all) {
            int split = record.indexOf('=');
            String value = record.substring(split + 1);
            batch.append(
                    f.clock.millis(),
                    record.substring(0, split).getBytes(UTF_8),
                    value.isEmpty() ? null : value.getBytes(UTF_8));
        }
        return batch;
    }

    /** Ends the active segment: what was put so far can be cleaned. */
    private static void roll(LogFixture f) throws IOException {
        LogConfig before = f.log.config();
        f.log.updateConfig(compacted().segmentMs(1).compaction(before.compaction()).build());
        f.clock.advanceMs(10);
        f.log.enforceRetention();
        f.log.updateConfig(before);
    }

    private static Optional<CleanStats> clean(LogFixture f) throws IOException {
        return f.log.clean(CLEANER, f.log.liveProducers(), () -> false);
    }

    private static List<String> content(LogFixture f) throws IOException {
        return content(f.log);
    }

    private static List<String> content(PartitionLog log) throws IOException {
        List<String> content = new ArrayList<>();
        for (LogRecord record : LogFixture.records(log, log.logStartOffset(), log.logEndOffset())) {
            byte[] value = record.valueBytes();
            byte[] key = record.keyBytes();
            content.add(
                    record.offset()
                            + ":"
                            + (key == null ? "" : new String(key, UTF_8))
                            + "="
                            + (value == null ? "" : new String(value, UTF_8)));
        }
        return content;
    }

    private static List<RecordBatchView> batches(LogFixture f) throws IOException {
        List<RecordBatchView> found = new ArrayList<>();
        long next = f.log.logStartOffset();
        while (next < f.log.logEndOffset()) {
            ByteBuffer bytes =
                    LogFixture.bytes(f.log.read(next, f.log.logEndOffset(), 1 << 20, true));
            if (!bytes.hasRemaining()) {
                break;
            }
            for (RecordBatchView batch : RecordBatches.in(bytes)) {
                batch.requireCrc();
                found.add(batch);
                next = batch.nextOffset();
            }
        }
        return found;
    }

    @Test
    void the_last_record_of_each_key_stays_at_its_offset() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1", "b=1", "a=2");
            put(f, "c=1", "b=2");
            put(f, "a=3");
            roll(f);
            put(f, "b=3");

            CleanStats stats = clean(f).orElseThrow();

            assertThat(content(f)).containsExactly("3:c=1", "4:b=2", "5:a=3", "6:b=3");
            assertThat(stats.cleanedTo()).isEqualTo(6);
            assertThat(stats.recordsRead()).isEqualTo(6);
            assertThat(stats.recordsWritten()).isEqualTo(3);
            assertThat(stats.keys()).isEqualTo(3);
            assertThat(f.log.cleanedTo()).isEqualTo(6);
            assertThat(f.log.logStartOffset()).isZero();
            assertThat(f.log.logEndOffset()).isEqualTo(7);
        }
    }

    @Test
    void what_was_cleaned_is_the_same_after_a_restart() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1", "b=1", "a=2");
            put(f, "b=2");
            roll(f);
            clean(f);
            List<String> before = content(f);

            f.restart();

            assertThat(content(f)).isEqualTo(before).containsExactly("2:a=2", "3:b=2");
            assertThat(f.log.cleanedTo()).isEqualTo(4);
            assertThat(f.log.logEndOffset()).isEqualTo(4);
            assertThat(f.log.cleanable()).isEmpty();
            assertThat(f.fileNames()).noneMatch(n -> n.contains(".cleaned") || n.contains(".swap"));
        }
    }

    @Test
    void the_active_segment_is_left_alone() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1", "a=2");

            assertThat(f.log.cleanable()).isEmpty();
            assertThat(clean(f)).isEmpty();
            assertThat(content(f)).hasSize(2);
        }
    }

    @Test
    void what_is_not_committed_or_in_an_open_transaction_is_left_alone() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1");
            roll(f);
            RecordBatchBuilder open = new RecordBatchBuilder().producer(7, (short) 0, 0);
            f.append(add(open.transactional(), f, "a=2").build());
            f.log.advanceHighWatermark(f.log.logEndOffset());
            put(f, "a=3");
            roll(f);

            clean(f);

            assertThat(f.log.cleanedTo()).isEqualTo(1);
            assertThat(content(f)).containsExactly("0:a=1", "1:a=2", "2:a=3");
        }
    }

    @Test
    void small_segments_become_one_of_at_most_segment_bytes() throws IOException {
        try (LogFixture f = open()) {
            for (int i = 0; i < 20; i++) {
                put(f, "key-" + i + "=" + "x".repeat(100));
                roll(f);
            }
            f.updateConfig(compacted().segmentBytes(1000).build());

            clean(f);

            List<String> logs = f.fileNames().stream().filter(n -> n.endsWith(".log")).toList();
            assertThat(logs).hasSizeBetween(4, 6);
            assertThat(content(f)).hasSize(20);
            f.restart();
            assertThat(content(f)).hasSize(20);
        }
    }

    @Test
    void segments_with_a_record_younger_than_min_compaction_lag_wait() throws IOException {
        try (LogFixture f = open()) {
            f.updateConfig(
                    compacted()
                            .compaction(new CompactionConfig(DAY_MS, 60_000, Long.MAX_VALUE, 0))
                            .build());
            put(f, "a=1", "a=2");
            roll(f);
            f.clock.advanceMs(50_000);
            put(f, "a=3");
            roll(f);

            assertThat(f.log.cleanable()).isEmpty();
            f.clock.advanceMs(20_000);
            clean(f);

            assertThat(content(f)).containsExactly("1:a=2", "2:a=3");
        }
    }

    @Test
    void is_due_when_dirty_enough_or_when_max_compaction_lag_has_passed() throws IOException {
        try (LogFixture f = open()) {
            f.updateConfig(
                    compacted()
                            .compaction(new CompactionConfig(DAY_MS, 0, 3_600_000, 0.5))
                            .build());
            put(f, "a=" + "x".repeat(1000), "b=1");
            roll(f);
            assertThat(f.log.cleanable().orElseThrow().dirtyRatio()).isEqualTo(1);
            clean(f);
            put(f, "b=2");
            roll(f);

            CleanableSection fresh = f.log.cleanable().orElseThrow();
            assertThat(fresh.dirtyRatio()).isBetween(0.01, 0.2);
            assertThat(fresh.isDue(f.log.config().compaction())).isFalse();
            f.clock.advanceMs(3_700_000);
            CleanableSection overdue = f.log.cleanable().orElseThrow();
            assertThat(overdue.overdueMs()).isEqualTo(100_010);
            assertThat(overdue.isDue(f.log.config().compaction())).isTrue();
            f.restart();
            assertThat(f.log.cleanable().orElseThrow()).isEqualTo(overdue);
        }
    }

    @Test
    void the_active_segment_is_rolled_in_time_for_max_compaction_lag() throws IOException {
        try (LogFixture f = open()) {
            f.updateConfig(
                    compacted().compaction(new CompactionConfig(DAY_MS, 0, 1000, 0.5)).build());
            put(f, "a=1", "a=2");
            f.clock.advanceMs(1001);
            f.log.enforceRetention();

            assertThat(f.log.cleanable()).isPresent();
        }
    }

    @Test
    void a_tombstone_stays_for_delete_retention_after_the_first_cleaning_that_saw_it()
            throws IOException {
        try (LogFixture f = open()) {
            f.updateConfig(compacted().compaction(compaction(60_000)).build());
            put(f, "a=1", "b=1");
            put(f, "a=", "b=2");
            put(f, "z=1");
            roll(f);

            clean(f);
            assertThat(content(f)).containsExactly("2:a=", "3:b=2", "4:z=1");
            RecordBatchView batch = batches(f).get(0);
            assertThat(batch.hasDeleteHorizon()).isTrue();
            assertThat(batch.baseTimestamp()).isEqualTo(f.clock.millis() + 60_000);
            assertThat(batch.records().next().timestampMs()).isEqualTo(LogFixture.START_MS);
            assertThat(batch.maxTimestamp()).isEqualTo(LogFixture.START_MS);

            f.clock.advanceMs(59_000);
            put(f, "c=1");
            roll(f);
            clean(f);
            assertThat(content(f)).contains("2:a=", "3:b=2");

            f.clock.advanceMs(2000);
            put(f, "c=2");
            roll(f);
            clean(f);
            assertThat(content(f)).containsExactly("3:b=2", "4:z=1", "6:c=2");
        }
    }

    @Test
    void records_without_a_key_go() throws IOException {
        try (LogFixture f = new LogFixture(path, new Configs().build())) {
            f.append("no key");
            put(f, "a=1");
            f.updateConfig(compacted().build());
            roll(f);

            CleanStats stats = clean(f).orElseThrow();

            assertThat(content(f)).containsExactly("1:a=1");
            assertThat(stats.recordsWithoutKey()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void batches_keep_their_codec_headers_timestamps_and_offsets(Codec codec) throws IOException {
        try (LogFixture f = open()) {
            RecordBatchBuilder batch = new RecordBatchBuilder(codec);
            for (int i = 0; i < 50; i++) {
                batch.append(
                        f.clock.millis() - i,
                        UTF_8.encode("key" + i % 20),
                        UTF_8.encode("value" + i),
                        new RecordHeader("h", new byte[] {(byte) i}),
                        new RecordHeader("null", (byte[]) null));
            }
            f.append(batch.build());
            f.log.advanceHighWatermark(f.log.logEndOffset());
            List<LogRecord> before = LogFixture.records(f.log, 0, 50).subList(30, 50);
            roll(f);

            clean(f);

            RecordBatchView cleaned = batches(f).get(0);
            assertThat(cleaned.codec()).isEqualTo(codec);
            assertThat(cleaned.baseOffset()).isZero();
            assertThat(cleaned.lastOffset()).isEqualTo(49);
            assertThat(cleaned.recordCount()).isEqualTo(20);
            assertThat(cleaned.maxTimestamp()).isEqualTo(LogFixture.START_MS - 30);
            assertThat(LogFixture.records(f.log, 0, 50)).isEqualTo(before);
        }
    }

    @Test
    void the_last_batch_of_a_live_producer_stays_as_a_header() throws IOException {
        try (LogFixture f = open()) {
            f.append(add(new RecordBatchBuilder().producer(5, (short) 2, 0), f, "a=1").build());
            f.append(
                    add(new RecordBatchBuilder().producer(5, (short) 2, 1), f, "b=1", "a=2")
                            .build());
            put(f, "a=3", "b=2");
            roll(f);

            clean(f);

            assertThat(content(f)).containsExactly("3:a=3", "4:b=2");
            RecordBatchView header = batches(f).get(0);
            assertThat(header.recordCount()).isZero();
            assertThat(header.sizeBytes()).isEqualTo(RecordBatchView.HEADER_BYTES);
            assertThat(header.baseOffset()).isEqualTo(1);
            assertThat(header.lastOffset()).isEqualTo(2);
            assertThat(header.lastSequence()).isEqualTo(2);
            assertThat(header.producerEpoch()).isEqualTo((short) 2);

            f.directory.close();
            Files.delete(path.resolve(LogFileNames.CLEAN_SHUTDOWN));
            for (String name : f.fileNames()) {
                if (name.endsWith(".snapshot")) {
                    Files.delete(f.file(name));
                }
            }
            f.reopen();
            assertThat(
                            f.append(
                                            add(
                                                            new RecordBatchBuilder()
                                                                    .producer(5, (short) 2, 1),
                                                            f,
                                                            "b=1",
                                                            "a=2")
                                                    .build())
                                    .duplicate())
                    .isTrue();
        }
    }

    @Test
    void the_batch_before_the_end_of_the_cleaned_section_stays_so_that_readers_can_pass()
            throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1", "b=1");
            put(f, "b=2");
            roll(f);
            f.append(add(new RecordBatchBuilder(), f, "b=3").build());
            f.log.advanceHighWatermark(f.log.logEndOffset());
            roll(f);

            clean(f);
            f.updateConfig(compacted().compaction(compaction(0)).build());
            put(f, "b=");
            roll(f);
            clean(f);
            f.clock.advanceMs(1);
            put(f, "a=2");
            roll(f);
            clean(f);

            assertThat(content(f)).containsExactly("5:a=2");
            assertThat(batches(f)).extracting(RecordBatchView::nextOffset).containsExactly(6L);
        }
    }

    private static void transaction(LogFixture f, long producerId, int sequence, String... records)
            throws IOException {
        RecordBatchBuilder batch =
                new RecordBatchBuilder().producer(producerId, (short) 0, sequence);
        f.append(add(batch.transactional(), f, records).build());
    }

    private static void end(LogFixture f, long producerId, boolean commit) throws IOException {
        f.log.appendAsLeader(
                RecordBatchBuilder.endTransaction(
                        producerId, (short) 0, commit, 0, f.clock.millis()),
                0,
                AppendOrigin.COORDINATOR);
        f.log.advanceHighWatermark(f.log.logEndOffset());
    }

    @Test
    void records_of_aborted_transactions_go_and_older_values_stay() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1", "b=1");
            transaction(f, 7, 0, "a=2");
            transaction(f, 8, 0, "b=2");
            end(f, 7, false);
            end(f, 8, true);
            transaction(f, 7, 1, "c=1");
            end(f, 7, true);
            roll(f);

            clean(f);

            assertThat(content(f).stream().filter(r -> r.matches("\\d+:[a-z]=.*")).toList())
                    .containsExactly("0:a=1", "3:b=2", "6:c=1");
            assertThat(f.log.read(0, 8, 1 << 20, true).abortedTransactions())
                    .containsExactly(new AbortedTransaction(7, 2));
        }
    }

    @Test
    void markers_go_when_no_data_is_left_before_them_and_a_horizon_has_passed() throws IOException {
        try (LogFixture f = open()) {
            f.updateConfig(compacted().compaction(compaction(60_000)).build());
            transaction(f, 7, 0, "a=1");
            end(f, 7, false);
            transaction(f, 7, 1, "a=2");
            end(f, 7, true);
            transaction(f, 7, 2, "b=1");
            end(f, 7, true);
            put(f, "a=3");
            roll(f);

            clean(f);
            assertThat(batches(f)).extracting(RecordBatchView::baseOffset).contains(1L, 3L, 5L);
            assertThat(batches(f)).noneMatch(RecordBatchView::hasDeleteHorizon);
            assertThat(f.log.read(0, 5, 1 << 20, true).abortedTransactions()).hasSize(1);

            put(f, "z=1");
            roll(f);
            clean(f);
            assertThat(batches(f))
                    .filteredOn(RecordBatchView::hasDeleteHorizon)
                    .extracting(RecordBatchView::baseOffset)
                    .containsExactly(1L, 3L);
            assertThat(f.log.read(0, 5, 1 << 20, true).abortedTransactions()).isEmpty();

            f.clock.advanceMs(60_001);
            put(f, "z=2");
            roll(f);
            clean(f);
            assertThat(batches(f))
                    .extracting(RecordBatchView::baseOffset)
                    .containsExactly(4L, 5L, 6L, 8L);
        }
    }

    @Test
    void where_the_map_of_keys_is_full_cleaning_ends_and_goes_on_the_next_time()
            throws IOException {
        try (LogFixture f = open()) {
            for (int i = 0; i < 60; i++) {
                put(f, "k" + i % 30 + "=" + i);
            }
            roll(f);
            Cleaner small =
                    new Cleaner(
                            new CleanerConfig(10 * OffsetMap.ENTRY_BYTES, 0.5, 4096),
                            new Throttle(Throttle.UNLIMITED));

            CleanStats first = f.log.clean(small, f.log.liveProducers(), () -> false).orElseThrow();
            assertThat(first.keys()).isEqualTo(5);
            assertThat(first.cleanedTo()).isEqualTo(5);
            assertThat(content(f)).hasSize(60);

            int rounds = 1;
            while (f.log.cleanable().isPresent()) {
                assertThat(f.log.clean(small, f.log.liveProducers(), () -> false)).isPresent();
                rounds++;
                assertThat(rounds).isLessThan(100);
            }
            assertThat(rounds).isEqualTo(12);
            assertThat(content(f)).hasSize(30).startsWith("30:k0=30").endsWith("59:k29=59");
        }
    }

    @Test
    void keys_and_batches_larger_than_the_buffers_are_cleaned() throws IOException {
        try (LogFixture f = open()) {
            String huge = "k".repeat(300_000);
            put(f, huge + "1=1", huge + "2=1");
            put(f, huge + "1=" + "v".repeat(300_000));
            roll(f);
            Cleaner small =
                    new Cleaner(
                            new CleanerConfig(1 << 20, 0.9, 4096),
                            new Throttle(Throttle.UNLIMITED));

            f.log.clean(small, f.log.liveProducers(), () -> false);

            assertThat(LogFixture.records(f.log, 0, 3))
                    .extracting(LogRecord::offset)
                    .containsExactly(1L, 2L);
        }
    }

    @Test
    void readers_see_the_old_segments_or_the_new_ones_and_never_fail() throws Exception {
        try (LogFixture f =
                new LogFixture(
                        path,
                        dev.millrace.log.disk.LocalDisk.INSTANCE,
                        compacted().build(),
                        LogFixture.withoutCache())) {
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger reads = new AtomicInteger();
            put(f, "stays=1");
            ExecutorService threads = Executors.newFixedThreadPool(2);
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                readers.add(
                        threads.submit(
                                () -> {
                                    while (!done.get()) {
                                        long end = f.log.highWatermark();
                                        List<LogRecord> all = readPast(f.log, end);
                                        assertThat(all.get(0).offset()).isZero();
                                        assertThat(all)
                                                .extracting(LogRecord::offset)
                                                .isSorted()
                                                .doesNotHaveDuplicates();
                                        assertThat(all.get(all.size() - 1).offset())
                                                .isGreaterThanOrEqualTo(end - 1);
                                        reads.incrementAndGet();
                                    }
                                    return null;
                                }));
            }
            for (int round = 0; round < 60 || reads.get() < 20; round++) {
                for (int i = 0; i < 20; i++) {
                    put(f, "k" + i % 3 + "=" + "x".repeat(50), "other" + i + "=" + round);
                }
                roll(f);
                clean(f);
                f.directory.removeDeletedFiles();
                assertThat(round).isLessThan(2000);
            }
            done.set(true);
            for (Future<?> reader : readers) {
                reader.get(30, TimeUnit.SECONDS);
            }
            threads.shutdown();
        }
    }

    /**
     * From the start to at least the record before {@code end}, or those that came after it: all
     * below may have been compacted away since, and the reader then has to look again.
     */
    private static List<LogRecord> readPast(PartitionLog log, long end) throws IOException {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        List<LogRecord> all = new ArrayList<>();
        long next = 0;
        while (next < end) {
            for (LogRecord record : LogFixture.records(log, next, Long.MAX_VALUE)) {
                all.add(record);
                next = record.offset() + 1;
            }
            assertThat(System.nanoTime()).as("still at %d", next).isLessThan(deadlineNs);
        }
        return all;
    }

    @Test
    void what_memory_still_has_of_a_compacted_section_is_not_served() throws IOException {
        try (LogFixture f = open()) {
            transaction(f, 7, 0, "a=1");
            end(f, 7, false);
            put(f, "b=1", "b=2");
            roll(f);
            assertThat(f.log.readFromMemory(0, 4, 1000, true)).isNotNull();

            clean(f);

            assertThat(f.log.readFromMemory(0, 4, 1000, true)).isNull();
            put(f, "c=1");
            assertThat(f.log.readFromMemory(4, 5, 1000, true)).isNotNull();
        }
    }

    @Test
    void a_truncation_ends_a_cleaning_and_lowers_what_counts_as_clean() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1");
            put(f, "a=2");
            put(f, "b=1");
            roll(f);
            put(f, "b=2");
            AtomicInteger asked = new AtomicInteger();
            Optional<CleanStats> stats =
                    f.log.clean(
                            CLEANER,
                            f.log.liveProducers(),
                            () -> {
                                if (asked.incrementAndGet() == 2) {
                                    truncate(f, 2);
                                }
                                return false;
                            });

            assertThat(stats).isEmpty();
            assertThat(content(f)).containsExactly("0:a=1", "1:a=2");
            assertThat(f.log.cleanedTo()).isEqualTo(-1);
            put(f, "a=3");
            roll(f);
            clean(f);
            assertThat(content(f)).containsExactly("2:a=3");
            f.log.truncateTo(1);
            assertThat(f.log.cleanedTo()).isEqualTo(1);
        }
    }

    private static void truncate(LogFixture f, long offset) {
        try {
            f.log.truncateTo(offset);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_cleaning_ends_when_it_is_stopped_or_its_log_is_deleted() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1", "a=2");
            roll(f);

            assertThat(f.log.clean(CLEANER, f.log.liveProducers(), () -> true)).isEmpty();
            AtomicInteger asked = new AtomicInteger();
            PartitionLog deleted = f.log;
            assertThat(
                            deleted.clean(
                                    CLEANER,
                                    deleted.liveProducers(),
                                    () -> {
                                        if (asked.incrementAndGet() == 2) {
                                            deleteAndCreate(f);
                                        }
                                        return false;
                                    }))
                    .isEmpty();
            assertThat(f.fileNames()).noneMatch(n -> n.contains(".cleaned"));
            f.restart();
            assertThat(f.log.cleanedTo()).as("of the new log").isEqualTo(-1);
        }
    }

    private static void deleteAndCreate(LogFixture f) {
        try {
            f.directory.delete(LogFixture.ORDERS);
            f.directory.create(LogFixture.ORDERS, LogFixture.ORDERS_ID, f.config);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void segments_that_retention_gives_up_meanwhile_do_not_come_back() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1");
            roll(f);
            put(f, "a=2");
            put(f, "b=1");
            roll(f);
            AtomicInteger asked = new AtomicInteger();

            assertThat(
                            f.log.clean(
                                    CLEANER,
                                    f.log.liveProducers(),
                                    () -> {
                                        if (asked.incrementAndGet() == 2) {
                                            deleteRecords(f, 2);
                                        }
                                        return false;
                                    }))
                    .isEmpty();
            assertThat(content(f)).contains("2:b=1").doesNotContain("0:a=1");
            f.restart();
            assertThat(f.log.logStartOffset()).isEqualTo(2);
            clean(f);
            assertThat(content(f)).endsWith("2:b=1");
        }
    }

    private static void deleteRecords(LogFixture f, long offset) {
        try {
            f.log.advanceLogStartOffset(offset);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void compact_and_delete_do_both() throws IOException {
        try (LogFixture f = open()) {
            f.updateConfig(compacted().compactAndDelete().retentionMs(60_000).build());
            put(f, "old=1");
            roll(f);
            f.clock.advanceMs(61_000);
            put(f, "a=1", "a=2");
            roll(f);

            f.log.enforceRetention();
            clean(f);

            assertThat(content(f)).containsExactly("2:a=2");
            assertThat(f.log.logStartOffset()).isEqualTo(1);
        }
    }

    @Test
    void a_damaged_batch_stops_the_cleaning_and_leaves_the_log_as_it_was() throws IOException {
        try (LogFixture f =
                new LogFixture(
                        path,
                        dev.millrace.log.disk.LocalDisk.INSTANCE,
                        compacted().build(),
                        LogFixture.withoutCache())) {
            put(f, "a=1", "a=2");
            put(f, "b=1", "b=2");
            roll(f);
            Path log = f.file("00000000000000000000.log");
            byte[] bytes = Files.readAllBytes(log);
            bytes[bytes.length - 3] ^= 1;
            Files.write(log, bytes, StandardOpenOption.WRITE);

            assertThatThrownBy(() -> clean(f))
                    .isInstanceOf(CorruptRecordException.class)
                    .hasMessageContaining("offset 2");
            assertThat(f.fileNames()).noneMatch(n -> n.contains(".cleaned"));
            assertThat(Files.readAllBytes(log)).isEqualTo(bytes);
        }
    }

    @Test
    void kafkas_checkpoint_says_how_far_a_log_is_clean() throws IOException {
        try (LogFixture f = open()) {
            put(f, "a=1", "a=2");
            roll(f);
            clean(f);

            assertThat(path.resolve("cleaner-offset-checkpoint"))
                    .content()
                    .isEqualTo("0\n1\norders 0 2\n");
        }
    }
}
