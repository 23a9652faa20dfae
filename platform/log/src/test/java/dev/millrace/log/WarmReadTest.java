package dev.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read from files without waiting for them, and how positions in them are found. */
class WarmReadTest {
    private static final int STEP_BYTES = 8_000;
    private static final long GIB = 1L << 30;

    @TempDir private Path path;

    private LogFixture withoutCache(int indexIntervalBytes) throws IOException {
        LogConfig d = LogConfig.DEFAULT;
        LogConfig config =
                new LogConfig(
                        d.segmentBytes(),
                        d.segmentMs(),
                        d.segmentJitterMs(),
                        d.segmentIndexBytes(),
                        indexIntervalBytes,
                        d.retentionBytes(),
                        d.retentionMs(),
                        d.maxMessageBytes(),
                        d.cleanupDelete(),
                        d.cleanupCompact(),
                        d.logAppendTime(),
                        d.timestampBeforeMaxMs(),
                        d.timestampAfterMaxMs(),
                        d.compressionType(),
                        d.compressionLevel(),
                        d.preallocate(),
                        d.fileDeleteDelayMs(),
                        d.flushMessages(),
                        d.flushMs(),
                        d.ackOnDisk(),
                        d.compaction());
        return new LogFixture(path, LocalDisk.INSTANCE, config, LogFixture.withoutCache());
    }

    private static void append(LogFixture f, int batches) throws IOException {
        for (int i = 0; i < batches; i++) {
            f.append("x".repeat(900));
        }
    }

    /** Offsets of the batches that {@code fetched} has. */
    private static List<Long> offsets(FetchedRecords fetched) {
        List<Long> offsets = new ArrayList<>();
        ByteBuffer bytes = LogFixture.bytes(fetched);
        for (RecordBatchView batch : RecordBatches.in(bytes)) {
            offsets.add(batch.requireCrc().baseOffset());
        }
        return offsets;
    }

    @Test
    void who_reads_on_in_what_was_just_written_waits_for_nothing() throws IOException {
        try (LogFixture f = withoutCache(4096)) {
            append(f, 4000);
            long end = f.log.logEndOffset();
            assertThat(f.log.readAtOnce(1, end, STEP_BYTES, true))
                    .as("where that is, only the file knows")
                    .isNull();

            long next = 1;
            int waited = 0;
            while (next < end) {
                FetchedRecords read = f.log.readAtOnce(next, end, STEP_BYTES, true);
                if (read == null) {
                    waited++;
                    read = f.log.read(next, end, STEP_BYTES, true);
                }
                for (long offset : offsets(read)) {
                    assertThat(offset).isEqualTo(next++);
                }
            }
            // Four megabytes, an index of a thousand entries: once for each block of it.
            assertThat(waited).isBetween(1, 6);
        }
    }

    @Test
    void what_was_written_long_ago_is_waited_for_until_it_has_been_read_again() throws IOException {
        try (LogFixture f = withoutCache(4096)) {
            append(f, 6000);
            long end = f.log.logEndOffset();
            f.clock.advanceMs(61_000);
            assertThat(warm(f, 2000, end)).isFalse();

            for (long offset = 0; offset < end; offset += 300) {
                f.log.read(offset, end, 400_000, true);
            }

            assertThat(warm(f, 2000, end)).isTrue();
            f.clock.advanceMs(61_000);
            assertThat(warm(f, 2000, end)).isFalse();
        }
    }

    /** The position is known by then: it was asked for just before. */
    private static boolean warm(LogFixture f, long offset, long end) throws IOException {
        f.log.read(offset, end, 1000, true);
        return f.log.readAtOnce(offset, end, STEP_BYTES, true) != null;
    }

    @Test
    void a_region_says_whether_it_has_to_be_brought_into_memory() throws IOException {
        try (LogFixture f = withoutCache(4096)) {
            append(f, 3000);
            assertThat(region(f).warm()).isTrue();
            f.clock.advanceMs(61_000);
            assertThat(region(f).warm()).isFalse();
        }
    }

    private static FetchedRecords.FileRegion region(LogFixture f) throws IOException {
        return Objects.requireNonNull(
                f.log.read(100, f.log.logEndOffset(), 1 << 20, true).region());
    }

    @Test
    void much_that_has_passed_since_pushes_out_what_was_before() {
        Warmth warmth = new Warmth(GIB);
        Warmth.OfFile file = new Warmth.OfFile();
        file.written(0, 3 << 20, warmth.at(1000));
        for (int i = 0; i < 128; i++) {
            warmth.passed(1 << 20);
        }
        assertThat(file.has(0, 3 << 20, warmth.at(2000))).isTrue();
        warmth.passed(1 << 20);
        assertThat(file.has(0, 3 << 20, warmth.at(2000))).isFalse();
    }

    @Test
    void parts_count_once_they_were_written_or_read_to_their_end() {
        Warmth.Moment now = new Warmth(GIB).at(1_700_000_000_000L);
        Warmth.OfFile file = new Warmth.OfFile();
        int mib = 1 << 20;
        assertThat(file.has(0, 1, now)).isFalse();

        file.read(mib / 2, 2 * mib + 1, now);
        assertThat(file.has(0, 2 * mib, now)).isTrue();
        assertThat(file.has(0, 2 * mib + 1, now)).isFalse();
        assertThat(file.has(0, 0, now)).isFalse();

        file.written(2 * mib, 2 * mib + 1, now);
        assertThat(file.has(0, 2 * mib + 1, now)).isTrue();
        assertThat(file.has(3 * mib, 3 * mib + 1, now)).isFalse();
    }

    /** Several readers, in order and not, beside appends and truncations. */
    @Test
    void positions_are_found_whatever_was_looked_up_before() throws IOException {
        Random random = new Random(20);
        try (LogFixture f = withoutCache(1)) {
            append(f, 3000);
            long[] readers = new long[4];
            for (int i = 0; i < 12_000; i++) {
                long end = f.log.logEndOffset();
                int r = random.nextInt(readers.length);
                if (random.nextInt(100) == 0 || readers[r] >= end) {
                    readers[r] = random.nextInt((int) end);
                }
                FetchedRecords read = f.log.readAtOnce(readers[r], end, STEP_BYTES, true);
                if (read == null) {
                    read = f.log.read(readers[r], end, STEP_BYTES, true);
                }
                List<Long> offsets = offsets(read);
                assertThat(offsets).isNotEmpty();
                for (long offset : offsets) {
                    assertThat(offset).isEqualTo(readers[r]++);
                }
                if (i % 50 == 0) {
                    append(f, random.nextInt(20));
                }
                if (i % 2000 == 1999) {
                    f.log.truncateTo(random.nextInt((int) end));
                    append(f, 400);
                }
            }
        }
    }
}
