package dev.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.log.LogFixture.Configs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionTest {
    @TempDir Path path;

    /** One batch of about 170 bytes fills a segment. */
    private static Configs oneBatchPerSegment() {
        return new Configs().segmentBytes(200);
    }

    private static String wide(int number) {
        return number + "x".repeat(99);
    }

    @Test
    void segments_older_than_retention_ms_go_oldest_first() throws IOException {
        try (LogFixture f = new LogFixture(path, oneBatchPerSegment().retentionMs(1000).build())) {
            for (int i = 0; i < 4; i++) {
                f.append(wide(i));
                f.clock.advanceMs(400);
            }
            // Now 1600 ms after the first: 0 and 1 are older than a second.
            assertThat(f.log.enforceRetention()).isEqualTo(2);
            assertThat(f.log.logStartOffset()).isEqualTo(2);
            assertThat(f.values()).containsExactly(wide(2), wide(3));
        }
    }

    @Test
    void the_last_segment_expires_too_and_the_offsets_go_on() throws IOException {
        try (LogFixture f = new LogFixture(path, oneBatchPerSegment().retentionMs(1000).build())) {
            f.append(wide(0));
            f.append(wide(1));
            f.clock.advanceMs(1001);

            assertThat(f.log.enforceRetention()).isEqualTo(2);
            assertThat(f.log.logStartOffset()).isEqualTo(2);
            assertThat(f.log.sizeBytes()).isZero();
            assertThat(f.append("next").baseOffset()).isEqualTo(2);
            f.restart();
            assertThat(f.log.logStartOffset()).isEqualTo(2);
            assertThat(f.values()).containsExactly("next");
        }
    }

    @Test
    void size_keeps_at_least_retention_bytes() throws IOException {
        try (LogFixture f =
                new LogFixture(path, oneBatchPerSegment().retentionBytes(400).build())) {
            for (int i = 0; i < 5; i++) {
                f.append(wide(i));
            }
            f.log.enforceRetention();
            assertThat(f.log.sizeBytes()).isBetween(400L, 570L);
            assertThat(f.values()).endsWith(wide(4)).hasSize(3);
        }
    }

    @Test
    void nothing_at_or_above_the_high_watermark_is_deleted() throws IOException {
        try (LogFixture f = new LogFixture(path, oneBatchPerSegment().retentionMs(1).build())) {
            f.append(wide(0));
            f.append(f.batch(wide(1)));
            f.append(f.batch(wide(2)));
            f.clock.advanceMs(1000);
            assertThat(f.log.highWatermark()).isEqualTo(1);

            assertThat(f.log.enforceRetention()).isEqualTo(1);
            assertThat(f.log.logStartOffset()).isEqualTo(1);
        }
    }

    @Test
    void a_compacted_only_topic_keeps_its_segments() throws IOException {
        LogConfig config = oneBatchPerSegment().compact().retentionMs(1).retentionBytes(0).build();
        try (LogFixture f = new LogFixture(path, LogFixture.segmentBytes(200))) {
            f.append(wide(0));
            f.append(wide(1));
            f.updateConfig(config);
            f.clock.advanceMs(1000);
            assertThat(f.log.enforceRetention()).isZero();
        }
    }

    @Test
    void a_quiet_segment_is_rolled_by_time_so_that_it_can_expire() throws IOException {
        try (LogFixture f = new LogFixture(path, new Configs().segmentMs(1000).build())) {
            f.append("a");
            f.clock.advanceMs(1001);
            f.log.enforceRetention();
            assertThat(f.fileNames()).contains("00000000000000000001.log");
        }
    }

    @Test
    void deleted_records_raise_the_log_start_and_whole_segments_go() throws IOException {
        try (LogFixture f = new LogFixture(path, LogFixture.segmentBytes(400))) {
            for (int i = 0; i < 6; i++) {
                f.append(wide(i));
            }
            f.log.advanceLogStartOffset(3);

            f.log.tidy();

            assertThat(f.log.logStartOffset()).isEqualTo(3);
            assertThat(f.values()).startsWith(wide(3));
            assertThat(f.fileNames())
                    .contains("00000000000000000000.log.deleted", "00000000000000000002.log");
            f.log.advanceLogStartOffset(1);
            assertThat(f.log.logStartOffset()).as("never goes back").isEqualTo(3);
            f.restart();
            assertThat(f.log.logStartOffset()).isEqualTo(3);
        }
    }

    @Test
    void the_owner_gives_up_segments_in_memory_and_leaves_their_files_to_a_worker()
            throws IOException {
        try (LogFixture f = new LogFixture(path, oneBatchPerSegment().retentionMs(1000).build())) {
            for (int i = 0; i < 4; i++) {
                f.append(wide(i));
            }
            f.log.tidy();
            f.append(wide(4));
            f.clock.advanceMs(1001);
            List<String> before = f.fileNames();

            assertThat(f.log.enforceRetention()).isEqualTo(5);
            List<String> created = new ArrayList<>(f.fileNames());
            created.removeAll(before);
            assertThat(created)
                    .as("sealed and rolled, no more")
                    .containsExactly(
                            "00000000000000000005.index",
                            "00000000000000000005.log",
                            "00000000000000000005.timeindex");
            assertThat(f.fileNames()).containsAll(before);
            assertThat(f.log.tidyDue()).isTrue();

            f.log.tidy();
            assertThat(f.log.tidyDue()).isFalse();
            assertThat(f.fileNames())
                    .contains("00000000000000000000.log.deleted")
                    .doesNotContain("00000000000000000000.log");
        }
    }

    @Test
    void what_was_rolled_away_is_made_durable_by_the_worker_that_tidies() throws IOException {
        try (LogFixture f = new LogFixture(path, oneBatchPerSegment().build())) {
            f.append(wide(0));
            assertThat(f.log.tidyDue()).isFalse();
            f.append(wide(1));
            assertThat(f.log.tidyDue()).isTrue();
            f.log.tidy();
            assertThat(f.log.recoveryPoint()).isEqualTo(2);
            assertThat(f.fileNames()).contains("00000000000000000001.snapshot");
        }
    }

    @Test
    void few_producer_snapshots_stay_however_often_the_log_rolls() throws IOException {
        try (LogFixture f = new LogFixture(path, oneBatchPerSegment().build())) {
            for (int i = 0; i < 20; i++) {
                f.append(wide(i));
                if (i % 7 == 0) {
                    f.log.tidy();
                }
            }
            f.log.tidy();
            assertThat(f.fileNames()).filteredOn(name -> name.endsWith(".snapshot")).hasSize(2);
        }
    }

    @Test
    void records_above_the_high_watermark_cannot_be_deleted() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append("a");
            f.append(f.batch("b"));
            assertThatThrownBy(() -> f.log.advanceLogStartOffset(2))
                    .isInstanceOf(OffsetOutOfRangeException.class)
                    .hasMessageContaining("high watermark is 1");
        }
    }

    @Test
    void deleting_everything_leaves_an_empty_log_that_goes_on() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append("a", "b");
            f.log.advanceLogStartOffset(2);
            assertThat(f.log.sizeBytes()).isZero();
            assertThat(f.append("c").baseOffset()).isEqualTo(2);
        }
    }

    @Test
    void the_high_watermark_never_goes_back_and_never_passes_the_log_end() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.batch("a", "b", "c"));
            assertThat(f.log.advanceHighWatermark(2)).isTrue();
            assertThat(f.log.advanceHighWatermark(1)).isFalse();
            assertThat(f.log.highWatermark()).isEqualTo(2);
            assertThat(f.log.advanceHighWatermark(100)).isTrue();
            assertThat(f.log.highWatermark()).isEqualTo(3);
            f.restart();
            assertThat(f.log.highWatermark()).isEqualTo(3);
        }
    }
}
