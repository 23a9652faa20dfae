package dev.millrace.log;

import static dev.millrace.log.LogFixture.START_MS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendTest {
    @TempDir Path path;

    @Test
    void offsets_count_up_over_batches_and_records_come_back_in_order() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            assertThat(f.append("a", "b")).isEqualTo(new AppendResult(0, 1, -1, 0, false));
            assertThat(f.append("c")).isEqualTo(new AppendResult(2, 2, -1, 0, false));

            assertThat(f.log.logEndOffset()).isEqualTo(3);
            assertThat(f.values()).containsExactly("a", "b", "c");
        }
    }

    @Test
    void several_batches_of_one_request_get_consecutive_offsets() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            ByteBuffer first = f.batch("a", "b");
            ByteBuffer second = f.batch("c");
            ByteBuffer both = ByteBuffer.allocateDirect(first.limit() + second.limit());
            both.put(first).put(second).flip();

            AppendResult result = f.append(both);

            assertThat(result.baseOffset()).isZero();
            assertThat(result.lastOffset()).isEqualTo(2);
            assertThat(f.values()).containsExactly("a", "b", "c");
        }
    }

    @Test
    void the_leader_epoch_is_written_into_the_batches_and_known_by_offset() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.log.appendAsLeader(f.batch("a"), 3, AppendOrigin.CLIENT);
            f.log.appendAsLeader(f.batch("b"), 7, AppendOrigin.CLIENT);

            ByteBuffer bytes = LogFixture.bytes(f.log.read(0, 2, 1000, true));
            assertThat(RecordBatches.in(bytes))
                    .extracting(RecordBatchView::leaderEpoch)
                    .containsExactly(3, 7);
            assertThat(f.log.latestEpoch()).hasValue(7);
        }
    }

    @Test
    void an_append_under_an_older_epoch_than_the_logs_is_fenced() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.log.beginLeaderEpoch(5);

            assertThatThrownBy(() -> f.log.appendAsLeader(f.batch("a"), 4, AppendOrigin.CLIENT))
                    .isInstanceOf(FencedLeaderEpochException.class)
                    .hasMessageContaining("epoch 5");
        }
    }

    @Test
    void a_flipped_bit_is_refused_and_nothing_of_the_request_is_appended() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            ByteBuffer good = f.batch("good");
            ByteBuffer bad = f.batch("bad");
            bad.put(bad.limit() - 1, (byte) (bad.get(bad.limit() - 1) ^ 1));
            ByteBuffer both = ByteBuffer.allocate(good.limit() + bad.limit());
            both.put(good).put(bad).flip();

            assertThatThrownBy(() -> f.append(both)).isInstanceOf(CorruptRecordException.class);
            assertThat(f.log.logEndOffset()).isZero();
            assertThat(f.log.sizeBytes()).isZero();
        }
    }

    @Test
    void a_truncated_batch_is_refused() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            ByteBuffer batch = f.batch("abc");
            batch.limit(batch.limit() - 1);

            assertThatThrownBy(() -> f.append(batch)).isInstanceOf(CorruptRecordException.class);
            assertThatThrownBy(() -> f.append(ByteBuffer.allocate(0)))
                    .isInstanceOf(InvalidRecordException.class);
        }
    }

    @Test
    void a_record_count_that_does_not_match_the_offsets_is_refused() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            ByteBuffer batch = f.batch("a", "b");
            RecordBatchView view = RecordBatchView.at(batch, 0);
            batch.putInt(RecordBatchView.RECORD_COUNT, 1);
            view.setLogAppendTime(1); // recomputes the CRC
            assertThatThrownBy(() -> f.append(batch))
                    .isInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("1 records");
        }
    }

    @Test
    void old_message_formats_are_refused_by_name() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            ByteBuffer batch = f.batch("a");
            batch.put(RecordBatchView.MAGIC, (byte) 1);

            assertThatThrownBy(() -> f.append(batch))
                    .isInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("message format v1");
        }
    }

    @Test
    void a_batch_over_max_message_bytes_or_segment_bytes_is_refused() throws IOException {
        LogConfig small = new Configs().maxMessageBytes(100).segmentBytes(300).build();
        try (LogFixture f = new LogFixture(path, small)) {
            assertThatThrownBy(() -> f.append("x".repeat(100)))
                    .isInstanceOf(RecordTooLargeException.class)
                    .hasMessageContaining("max.message.bytes=100");
            assertThatThrownBy(() -> f.append("x".repeat(400)))
                    .isInstanceOf(RecordBatchTooLargeException.class)
                    .hasMessageContaining("segment.bytes=300");
        }
    }

    @Test
    void log_append_time_replaces_the_producers_and_is_answered() throws IOException {
        try (LogFixture f = new LogFixture(path, new Configs().appendTime().build())) {
            ByteBuffer batch =
                    new RecordBatchBuilder(Codec.LZ4).append(5, null, "a".getBytes(UTF_8)).build();

            assertThat(f.append(batch).logAppendTimeMs()).isEqualTo(START_MS);
            assertThat(LogFixture.records(f.log, 0, 1).get(0).timestampMs()).isEqualTo(START_MS);
        }
    }

    @Test
    void timestamps_too_far_from_the_brokers_clock_are_refused() throws IOException {
        try (LogFixture f = new LogFixture(path, new Configs().beforeMaxMs(1000).build())) {
            assertThatThrownBy(() -> f.append(at(START_MS + 3_600_001)))
                    .isInstanceOf(InvalidTimestampException.class)
                    .hasMessageContaining("after.max.ms=3600000");
            assertThatThrownBy(() -> f.append(at(START_MS - 1001)))
                    .isInstanceOf(InvalidTimestampException.class)
                    .hasMessageContaining("before.max.ms=1000");
            f.append(at(START_MS + 3_600_000));
            f.append(at(START_MS - 1000));
        }
    }

    private static ByteBuffer at(long timestampMs) {
        return new RecordBatchBuilder().append(timestampMs, null, "a".getBytes(UTF_8)).build();
    }

    @Test
    void a_compacted_topic_needs_a_key_in_every_record() throws IOException {
        try (LogFixture f = new LogFixture(path, new Configs().compact().build())) {
            ByteBuffer batch =
                    new RecordBatchBuilder(Codec.SNAPPY)
                            .append(START_MS, "k".getBytes(UTF_8), "v".getBytes(UTF_8))
                            .append(START_MS, null, "v".getBytes(UTF_8))
                            .build();

            assertThatThrownBy(() -> f.append(batch))
                    .isInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("no key");
        }
    }

    @Test
    void clients_may_not_write_control_records_or_base_offsets() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            assertThatThrownBy(
                            () ->
                                    f.append(
                                            RecordBatchBuilder.endTransaction(
                                                    1, (short) 0, true, 0, START_MS)))
                    .isInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("control records");
            ByteBuffer shifted = f.batch("a");
            RecordBatchView.at(shifted, 0).setBaseOffset(10);
            assertThatThrownBy(() -> f.append(shifted))
                    .isInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("expected 0");
        }
    }

    @Test
    void the_topics_codec_replaces_the_producers() throws IOException {
        try (LogFixture f = new LogFixture(path, new Configs().compressionType("zstd").build())) {
            f.append(f.produced(9, 0, 0, "a", "b"));
            f.append(
                    new RecordBatchBuilder(Codec.GZIP)
                            .append(START_MS, null, "c".getBytes(UTF_8))
                            .build());

            ByteBuffer bytes = LogFixture.bytes(f.log.read(0, 3, 1000, true));
            assertThat(RecordBatches.in(bytes))
                    .extracting(RecordBatchView::codec)
                    .containsExactly(Codec.ZSTD, Codec.ZSTD);
            assertThat(f.values()).containsExactly("a", "b", "c");
            assertThat(f.append(f.produced(9, 0, 0, "a", "b")).duplicate()).isTrue();
        }
    }

    @Test
    void a_segment_rolls_by_size_and_its_base_is_the_next_offset() throws IOException {
        try (LogFixture f = new LogFixture(path, LogFixture.segmentBytes(200))) {
            f.append("x".repeat(50));
            f.append("y".repeat(50));
            f.append("z");

            assertThat(f.fileNames())
                    .contains("00000000000000000000.log", "00000000000000000001.log")
                    .doesNotContain("00000000000000000003.log");
            assertThat(f.values()).containsExactly("x".repeat(50), "y".repeat(50), "z");
        }
    }

    @Test
    void a_segment_rolls_by_the_time_of_its_records() throws IOException {
        try (LogFixture f = new LogFixture(path, new Configs().segmentMs(1000).build())) {
            f.append("a");
            f.clock.advanceMs(1000);
            f.append("b");
            f.clock.advanceMs(1);
            f.append("c");

            assertThat(f.fileNames())
                    .contains("00000000000000000002.log")
                    .doesNotContain("00000000000000000001.log");
        }
    }

    @Test
    void a_segment_rolls_when_its_index_is_full() throws IOException {
        LogConfig config = new Configs().segmentIndexBytes(36).indexIntervalBytes(1).build();
        try (LogFixture f = new LogFixture(path, config)) {
            for (int i = 0; i < 10; i++) {
                f.append("value" + i);
                f.clock.advanceMs(1);
            }
            assertThat(f.fileNames())
                    .filteredOn(name -> name.endsWith(".log"))
                    .hasSizeGreaterThan(1);
            assertThat(f.values()).hasSize(10).startsWith("value0").endsWith("value9");
        }
    }

    @Test
    void a_follower_keeps_offsets_and_epochs_and_stops_at_a_later_epoch() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            ByteBuffer first = f.batch("a");
            RecordBatchView.at(first, 0).setBaseOffset(10);
            RecordBatchView.at(first, 0).setLeaderEpoch(2);
            ByteBuffer later = f.batch("b");
            RecordBatchView.at(later, 0).setBaseOffset(11);
            RecordBatchView.at(later, 0).setLeaderEpoch(3);
            ByteBuffer both = ByteBuffer.allocate(first.limit() + later.limit());
            both.put(first.duplicate()).put(later).flip();

            f.log.appendAsFollower(both, 2);

            assertThat(f.log.logEndOffset()).isEqualTo(11);
            assertThat(f.log.latestEpoch()).hasValue(2);
            assertThat(LogFixture.bytes(f.log.read(0, 11, 1000, true))).isEqualTo(first);
            assertThatThrownBy(() -> f.log.appendAsFollower(first, 2))
                    .isInstanceOf(CorruptRecordException.class)
                    .hasMessageContaining("log ends at 11");
        }
    }

    @Test
    void flush_is_due_by_number_of_messages_and_by_time() throws IOException {
        LogConfig config = new Configs().flushMessages(3).flushMs(500).build();
        try (LogFixture f = new LogFixture(path, config)) {
            f.append("a", "b");
            assertThat(f.log.flushDue()).isFalse();
            f.append("c");
            assertThat(f.log.flushDue()).isTrue();
            f.log.flush();
            assertThat(f.log.recoveryPoint()).isEqualTo(3);
            assertThat(f.log.flushDue()).isFalse();
            f.append("d");
            assertThat(f.log.flushDueByTime()).isFalse();
            f.clock.advanceMs(500);
            assertThat(f.log.flushDueByTime()).isTrue();
            assertThat(f.log.flushDue()).as("nobody waits for flush.ms").isFalse();
        }
    }
}
