package dev.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TruncationTest {
    @TempDir Path path;

    @Test
    void everything_at_and_above_the_offset_goes_over_segment_borders() throws IOException {
        try (LogFixture f = new LogFixture(path, LogFixture.segmentBytes(300))) {
            for (int i = 0; i < 20; i++) {
                f.append("value" + i);
            }
            f.log.flush();
            f.log.truncateTo(5);

            assertThat(f.log.logEndOffset()).isEqualTo(5);
            assertThat(f.log.highWatermark()).isEqualTo(5);
            assertThat(f.log.recoveryPoint()).isEqualTo(5);
            assertThat(f.values())
                    .containsExactly("value0", "value1", "value2", "value3", "value4");
            assertThat(f.append("again").baseOffset()).isEqualTo(5);
            f.restart();
            assertThat(f.values()).hasSize(6).endsWith("again");
        }
    }

    @Test
    void a_batch_that_contains_the_offset_goes_as_a_whole() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append("a");
            f.append("b", "c", "d");
            f.log.truncateTo(2);
            assertThat(f.log.logEndOffset()).isEqualTo(1);
        }
    }

    @Test
    void producers_forget_what_was_cut() throws IOException {
        try (LogFixture f = new LogFixture(path, LogFixture.segmentBytes(300))) {
            for (int i = 0; i < 10; i++) {
                f.append(f.produced(1, 0, i, "value" + i));
            }
            f.log.truncateTo(4);
            assertThat(f.append(f.produced(1, 0, 3, "value3")).duplicate()).isTrue();
            assertThat(f.append(f.produced(1, 0, 4, "value4")).baseOffset()).isEqualTo(4);
        }
    }

    @Test
    void epochs_of_cut_batches_are_forgotten_also_after_a_restart() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.log.appendAsLeader(f.batch("a", "b"), 1, AppendOrigin.CLIENT);
            f.log.appendAsLeader(f.batch("c", "d"), 2, AppendOrigin.CLIENT);
            f.log.flush();
            f.log.truncateTo(2);
            assertThat(f.log.latestEpoch()).hasValue(1);
            f.restart();
            assertThat(f.log.latestEpoch()).hasValue(1);
            assertThat(f.log.endOffsetForEpoch(2)).isEmpty();
        }
    }

    @Test
    void an_epoch_without_records_is_forgotten_where_nothing_is_cut() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.log.appendAsLeader(f.batch("a", "b"), 1, AppendOrigin.CLIENT);
            f.log.beginLeaderEpoch(2);
            f.log.truncateTo(2);
            assertThat(f.log.latestEpoch()).hasValue(1);
            f.restart();
            assertThat(f.log.latestEpoch()).hasValue(1);
            assertThat(f.log.logEndOffset()).isEqualTo(2);
        }
    }

    @Test
    void an_epoch_ends_where_the_next_known_one_begins() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.log.appendAsLeader(f.batch("a", "b"), 2, AppendOrigin.CLIENT);
            f.log.appendAsLeader(f.batch("c"), 5, AppendOrigin.CLIENT);
            f.log.beginLeaderEpoch(7);

            assertThat(f.log.endOffsetForEpoch(2)).contains(new EpochEndOffset(2, 2));
            assertThat(f.log.endOffsetForEpoch(4)).contains(new EpochEndOffset(2, 2));
            assertThat(f.log.endOffsetForEpoch(5)).contains(new EpochEndOffset(5, 3));
            assertThat(f.log.endOffsetForEpoch(7)).contains(new EpochEndOffset(7, 3));
            assertThat(f.log.endOffsetForEpoch(1)).contains(new EpochEndOffset(1, 0));
            assertThat(f.log.endOffsetForEpoch(8)).isEmpty();
            assertThat(f.log.endOffsetForEpoch(-1)).isEmpty();
        }
    }

    @Test
    void a_follower_below_its_leaders_start_begins_anew_there() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.produced(1, 0, 0, "old"));
            f.log.truncateFullyAndStartAt(1000);

            assertThat(f.log.logStartOffset()).isEqualTo(1000);
            assertThat(f.log.logEndOffset()).isEqualTo(1000);
            assertThat(f.log.highWatermark()).isEqualTo(1000);
            assertThat(f.log.latestEpoch()).isEmpty();
            assertThat(f.append("new").baseOffset()).isEqualTo(1000);
            f.restart();
            assertThat(f.values()).containsExactly("new");
        }
    }
}
