package dev.millrace.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadTest {
    @TempDir @Nullable Path path;

    private Path path() {
        return Objects.requireNonNull(path);
    }

    @Test
    void offsets_outside_the_log_are_out_of_range_and_the_log_end_is_empty() throws IOException {
        try (LogFixture f = new LogFixture(path())) {
            f.append("a", "b");
            f.log.advanceLogStartOffset(1);

            assertThat(f.log.read(2, 2, 100, true).sizeBytes()).isZero();
            assertThatThrownBy(() -> f.log.read(3, 3, 100, true))
                    .isInstanceOf(OffsetOutOfRangeException.class)
                    .hasMessageContaining("which has 1 to 2");
            assertThatThrownBy(() -> f.log.read(0, 2, 100, true))
                    .isInstanceOf(OffsetOutOfRangeException.class);
        }
    }

    @Test
    void the_first_batch_is_answered_even_if_larger_only_when_asked() throws IOException {
        for (LogDirectoryConfig each :
                List.of(LogFixture.directoryConfig(), LogFixture.withoutCache())) {
            Path directory = path().resolve("d" + each.tailCacheBytes());
            try (LogFixture f =
                    new LogFixture(directory, LocalDisk.INSTANCE, LogConfig.DEFAULT, each)) {
                f.append("x".repeat(500));
                f.append("y");

                assertThat(f.log.read(0, 2, 100, true).sizeBytes()).isGreaterThan(500);
                assertThat(f.log.read(0, 2, 100, false).sizeBytes()).isZero();
                assertThat(f.log.read(0, 2, 0, true).sizeBytes()).isGreaterThan(500);
            }
        }
    }

    @Test
    void nothing_at_or_above_the_bound_is_answered() throws IOException {
        for (LogDirectoryConfig each :
                List.of(LogFixture.directoryConfig(), LogFixture.withoutCache())) {
            Path directory = path().resolve("d" + each.tailCacheBytes());
            try (LogFixture f =
                    new LogFixture(directory, LocalDisk.INSTANCE, LogConfig.DEFAULT, each)) {
                f.append("a", "b");
                f.append("c");

                assertThat(LogFixture.values(f.log, 0, 2)).containsExactly("a", "b");
                assertThat(f.log.read(0, 1, 1000, true).sizeBytes())
                        .as("a batch is not cut")
                        .isZero();
                assertThat(f.log.read(2, 2, 1000, true).sizeBytes()).isZero();
            }
        }
    }

    @Test
    void readers_that_have_caught_up_touch_no_file() throws IOException {
        try (LogFixture f = new LogFixture(path())) {
            f.append("a");
            f.append("b");
            Files.write(f.file("00000000000000000000.log"), new byte[0]);

            assertThat(f.values()).containsExactly("a", "b");
        }
    }

    @Test
    void what_was_read_from_the_cache_stays_as_it_was() throws IOException {
        LogDirectoryConfig d = LogFixture.directoryConfig();
        LogDirectoryConfig small =
                new LogDirectoryConfig(d.clusterId(), d.nodeId(), 1000, 1, 10_000, 10_000, 1 << 20);
        try (LogFixture f = new LogFixture(path(), LocalDisk.INSTANCE, LogConfig.DEFAULT, small)) {
            f.append("first");
            ByteBuffer read = LogFixture.bytes(f.log.read(0, 1, 1000, true));
            for (int i = 0; i < 100; i++) {
                f.append("x".repeat(900));
            }
            RecordBatchView batch = RecordBatches.in(read).iterator().next().requireCrc();
            assertThat(batch.records().next().valueBytes()).isEqualTo("first".getBytes(UTF_8));
            assertThat(f.values()).hasSize(101);
        }
    }

    @Test
    void the_shared_budget_bounds_all_caches_together() {
        TailCache.Budget budget = new TailCache.Budget(20_000);
        List<TailCache> caches = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            caches.add(new TailCache(8_192, budget));
        }
        Random random = new Random(3);
        for (int i = 0; i < 1000; i++) {
            TailCache cache = caches.get(random.nextInt(caches.size()));
            cache.append(batchOf(random.nextInt(3000)), 0);
            assertThat(budget.usedBytes()).isBetween(0L, 20_000L);
            assertThat(cache.heldBytes()).isBetween(0, 8_192);
        }
        caches.forEach(TailCache::clear);
        assertThat(budget.usedBytes()).isZero();
    }

    private static ByteBuffer batchOf(int bytes) {
        return new RecordBatchBuilder().append(1, null, new byte[bytes]).build();
    }

    @Test
    void memory_is_used_again_only_when_cache_and_readers_are_done_with_it() {
        TailCache.Budget budget = new TailCache.Budget(100_000);
        TailCache cache = new TailCache(100_000, budget);
        ByteBuffer batch = batchOf(3000);
        cache.append(batch, 0);
        FetchedRecords first = Objects.requireNonNull(cache.read(0, 1, 10_000, true));
        FetchedRecords second = Objects.requireNonNull(cache.read(0, 1, 10_000, true));
        cache.clear();
        first.done();
        assertThat(budget.memory().idleBytes()).isZero();

        cache.append(batchOf(2000), 0);
        assertThat(second.records()).isEqualTo(batch);
        second.done();
        assertThat(budget.memory().idleBytes()).isEqualTo(4096);
        cache.clear();
        assertThat(budget.memory().idleBytes()).isEqualTo(8192);
        cache.append(batch, 0);
        assertThat(budget.memory().idleBytes()).isEqualTo(4096);
    }

    @Test
    void idle_memory_is_bounded() {
        ChunkMemory memory = new ChunkMemory(10_000);
        List<ByteBuffer> taken = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            taken.add(memory.take(4096));
        }
        taken.forEach(memory::give);
        assertThat(memory.idleBytes()).isEqualTo(8192);
        memory.give(memory.take(5000));
        assertThat(memory.idleBytes()).isEqualTo(8192);
    }

    @Test
    void readers_and_an_appender_that_reuses_memory_never_see_each_others_bytes() throws Exception {
        TailCache.Budget budget = new TailCache.Budget(64 << 10);
        TailCache cache = new TailCache(32 << 10, budget);
        AtomicLong end = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong hits = new AtomicLong();
        List<Thread> readers = new ArrayList<>();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 3; i++) {
            Thread reader =
                    new Thread(
                            () -> {
                                try {
                                    while (!stop.get()) {
                                        long bound = end.get();
                                        long from = Math.max(0, bound - 20);
                                        FetchedRecords read = cache.read(from, bound, 8192, true);
                                        if (read != null && read.records() != null) {
                                            RecordBatches.in(read.records())
                                                    .forEach(RecordBatchView::requireCrc);
                                            hits.incrementAndGet();
                                            read.done();
                                        }
                                    }
                                } catch (Throwable e) {
                                    failures.add(e);
                                }
                            });
            reader.start();
            readers.add(reader);
        }
        Random random = new Random(5);
        long deadlineNs = System.nanoTime() + 20_000_000_000L;
        for (int i = 0; i < 50_000 || hits.get() < 1000; i++) {
            assertThat(System.nanoTime()).isLessThan(deadlineNs);
            ByteBuffer batch = batchOf(random.nextInt(3000));
            RecordBatchView.at(batch, 0).setBaseOffset(i);
            cache.append(batch, 0);
            end.set(i + 1);
        }
        stop.set(true);
        for (Thread reader : readers) {
            reader.join(10_000);
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void idle_logs_give_their_cache_back() throws IOException {
        TailCache.Budget budget = new TailCache.Budget(20_000);
        TailCache cache = new TailCache(8_192, budget);
        cache.append(batchOf(10), 1000);

        cache.releaseIfIdle(1500, 1000);
        assertThat(budget.usedBytes()).isPositive();
        cache.releaseIfIdle(2000, 1000);
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void large_reads_of_cold_segments_are_file_regions_of_whole_batches() throws IOException {
        try (LogFixture f =
                new LogFixture(
                        path(), LocalDisk.INSTANCE, LogConfig.DEFAULT, LogFixture.withoutCache())) {
            for (int i = 0; i < 1000; i++) {
                f.append("x".repeat(500) + i);
            }
            FetchedRecords fetched = f.log.read(3, 1000, 300_000, true);

            assertThat(fetched.region()).isNotNull();
            assertThat(fetched.sizeBytes()).isBetween(128 << 10, 300_000);
            List<RecordBatchView> batches = new ArrayList<>();
            RecordBatches.in(LogFixture.bytes(fetched)).forEach(batches::add);
            assertThat(batches.get(0).baseOffset()).isEqualTo(3);
            assertThat(batches.stream().mapToInt(RecordBatchView::sizeBytes).sum())
                    .isEqualTo(fetched.sizeBytes());

            FetchedRecords bounded = f.log.read(0, 600, 10_000_000, true);
            assertThat(RecordBatches.in(LogFixture.bytes(bounded)))
                    .allMatch(batch -> batch.lastOffset() < 600);
            assertThat(f.values()).hasSize(1000);
        }
    }

    @Test
    void a_region_stays_readable_until_the_delete_delay_has_passed() throws IOException {
        LogDirectoryConfig d = LogFixture.directoryConfig();
        LogDirectoryConfig delayed = new LogDirectoryConfig(d.clusterId(), 1, 1000, 1, 0, 0, 1000);
        LogConfig config = new Configs().segmentBytes(20_000).retentionBytes(0).build();
        try (LogFixture f = new LogFixture(path(), LocalDisk.INSTANCE, config, delayed)) {
            for (int i = 0; i < 50; i++) {
                f.append("x".repeat(1000));
            }
            FetchedRecords fetched = f.log.read(0, 50, 15_000, true);
            assertThat(fetched.region()).isNotNull();
            assertThat(f.log.enforceRetention()).isPositive();
            f.directory.removeDeletedFiles();

            RecordBatches.in(LogFixture.bytes(fetched)).forEach(RecordBatchView::requireCrc);
            f.clock.advanceMs(60_000);
            f.directory.removeDeletedFiles();
            assertThat(f.fileNames()).noneMatch(name -> name.endsWith(".deleted"));
            assertThat(Objects.requireNonNull(fetched.region()).channel().isOpen()).isFalse();
        }
    }

    @Test
    void any_thread_may_read_and_flush_while_the_owner_appends() throws Exception {
        LogConfig config = new Configs().segmentBytes(100_000).indexIntervalBytes(300).build();
        LogDirectoryConfig d = LogFixture.directoryConfig();
        LogDirectoryConfig smallCache =
                new LogDirectoryConfig(d.clusterId(), 1, 1000, 1, 20_000, 20_000, 2_000);
        try (LogFixture f = new LogFixture(path(), LocalDisk.INSTANCE, config, smallCache)) {
            AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int step = i;
                Thread reader =
                        new Thread(
                                () -> {
                                    try {
                                        readAll(f.log, 5_000, 1_000 + 7_000 * step);
                                    } catch (Throwable e) {
                                        failure.compareAndSet(null, e);
                                    }
                                });
                reader.start();
                readers.add(reader);
            }
            Thread flusher =
                    new Thread(
                            () -> {
                                try {
                                    while (f.log.recoveryPoint() < 5_000) {
                                        f.log.flush();
                                        f.directory.checkpoint();
                                    }
                                } catch (Throwable e) {
                                    failure.compareAndSet(null, e);
                                }
                            });
            flusher.start();
            readers.add(flusher);
            for (int i = 0; i < 5_000; i++) {
                f.append("value-" + i);
            }
            for (Thread reader : readers) {
                reader.join(30_000);
                assertThat(reader.isAlive()).isFalse();
            }
            assertThat(failure.get()).isNull();
        }
    }

    private static void readAll(PartitionLog log, long until, int maxBytes) throws IOException {
        long next = 0;
        while (next < until) {
            long bound = log.highWatermark();
            ByteBuffer bytes = LogFixture.bytes(log.read(next, bound, maxBytes, true));
            if (!bytes.hasRemaining()) {
                Thread.onSpinWait();
            }
            for (RecordBatchView batch : RecordBatches.in(bytes)) {
                batch.requireCrc();
                assertThat(batch.lastOffset()).isLessThan(bound);
                if (batch.lastOffset() < next) {
                    throw new AssertionError("batch " + batch + " is before " + next);
                }
                assertThat(batch.baseOffset()).isEqualTo(next);
                assertThat(batch.records().next().valueBytes())
                        .isEqualTo(("value-" + next).getBytes(UTF_8));
                next = batch.nextOffset();
            }
        }
    }

    /** Every offset, whatever the sizes: the answer begins with its batch and has whole batches. */
    @Property(tries = 40)
    void every_offset_is_found_with_and_without_the_cache(
            @ForAll @IntRange(min = 1, max = 2000) int interval,
            @ForAll @IntRange(min = 300, max = 20_000) int segmentBytes,
            @ForAll @IntRange(min = 0, max = 30_000) int cacheBytes,
            @ForAll @IntRange(min = 0, max = 3_000) int maxBytes,
            @ForAll long seed)
            throws IOException {
        Path directory = Files.createTempDirectory("read");
        LogConfig config =
                new Configs().indexIntervalBytes(interval).segmentBytes(segmentBytes).build();
        LogDirectoryConfig cached =
                new LogDirectoryConfig("c", 1, 1000, 1, cacheBytes, cacheBytes, 1000);
        Random random = new Random(seed);
        LogFixture f = new LogFixture(directory, LocalDisk.INSTANCE, config, cached);
        try {
            List<Long> bases = new ArrayList<>();
            for (int i = 0; i < 80; i++) {
                long base = f.log.logEndOffset();
                String[] values = new String[1 + random.nextInt(4)];
                Arrays.fill(values, "v".repeat(random.nextInt(50)));
                f.append(values);
                for (int v = 0; v < values.length; v++) {
                    bases.add(base);
                }
            }
            long end = f.log.logEndOffset();
            for (int restart = 0; restart < 2; restart++) {
                for (int offset = 0; offset < end; offset++) {
                    FetchedRecords fetched = f.log.read(offset, end, maxBytes, true);
                    ByteBuffer bytes = LogFixture.bytes(fetched);
                    RecordBatchView first = RecordBatches.in(bytes).iterator().next();
                    assertThat(first.baseOffset()).isEqualTo(bases.get(offset));
                    int whole = 0;
                    for (RecordBatchView batch : RecordBatches.in(bytes)) {
                        whole += batch.sizeBytes();
                    }
                    assertThat(whole).isEqualTo(fetched.sizeBytes());
                    assertThat(whole).isLessThanOrEqualTo(Math.max(maxBytes, first.sizeBytes()));
                }
                f.restart();
            }
        } finally {
            f.close();
            try (var files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
