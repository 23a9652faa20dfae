package dev.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.TransactionCoordinatorFencedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerStateTest {
    @TempDir Path path;

    @Test
    void any_of_the_last_five_batches_sent_again_answers_its_first_offsets() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            for (int i = 0; i < 7; i++) {
                f.append(f.produced(1, 0, 2 * i, "a" + i, "b" + i));
            }
            for (int i = 2; i < 7; i++) {
                PartitionLog.AppendResult again = f.append(f.produced(1, 0, 2 * i, "a", "b"));
                assertThat(again.duplicate()).isTrue();
                assertThat(again.baseOffset()).isEqualTo(2L * i);
                assertThat(again.lastOffset()).isEqualTo(2L * i + 1);
            }
            assertThat(f.log.logEndOffset()).isEqualTo(14);
            assertThatThrownBy(() -> f.append(f.produced(1, 0, 2, "a", "b")))
                    .isInstanceOf(OutOfOrderSequenceException.class);
        }
    }

    @Test
    void they_are_known_after_a_restart_too_though_a_snapshot_has_only_the_last()
            throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            for (int i = 0; i < 7; i++) {
                f.append(f.produced(1, 0, 2 * i, "a" + i, "b" + i));
                f.append(f.produced(2, 0, i, "c" + i));
            }

            f.directory.close();
            f.reopen();

            for (int i = 2; i < 7; i++) {
                PartitionLog.AppendResult again = f.append(f.produced(1, 0, 2 * i, "a", "b"));
                assertThat(again.duplicate()).isTrue();
                assertThat(again.baseOffset()).isEqualTo(3L * i);
            }
            assertThat(f.append(f.produced(1, 0, 14, "d")).duplicate()).isFalse();
            assertThat(f.append(f.produced(2, 0, 7, "d")).duplicate()).isFalse();
        }
    }

    @Test
    void a_gap_in_the_sequence_says_which_was_expected() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.produced(1, 0, 0, "a"));

            assertThatThrownBy(() -> f.append(f.produced(1, 0, 2, "c")))
                    .isInstanceOf(OutOfOrderSequenceException.class)
                    .hasMessageContaining("expected sequence 1, got 2");
        }
    }

    @Test
    void the_sequence_goes_on_at_zero_after_the_greatest_int() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.produced(1, 0, Integer.MAX_VALUE - 1, "a", "b"));
            f.append(f.produced(1, 0, 0, "c"));
            assertThat(f.values()).containsExactly("a", "b", "c");
        }
    }

    @Test
    void an_older_epoch_is_fenced_and_a_newer_one_begins_at_sequence_zero() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.produced(1, 4, 0, "a"));

            assertThatThrownBy(() -> f.append(f.produced(1, 3, 1, "b")))
                    .isInstanceOf(InvalidProducerEpochException.class);
            assertThatThrownBy(() -> f.append(f.produced(1, 5, 1, "b")))
                    .isInstanceOf(OutOfOrderSequenceException.class);
            f.append(f.produced(1, 5, 0, "b"));
            f.append(f.produced(1, 5, 1, "c"));
        }
    }

    @Test
    void an_unknown_producer_may_begin_anywhere() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.produced(1, 0, 17, "a"));
            f.append(f.produced(1, 0, 18, "b"));
            assertThat(f.log.logEndOffset()).isEqualTo(2);
        }
    }

    @Test
    void a_producer_silent_for_longer_than_the_expiration_is_forgotten() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.produced(1, 0, 0, "a"));
            f.clock.advanceMs(f.directoryConfig.producerIdExpirationMs());
            f.log.enforceRetention();

            assertThat(f.append(f.produced(1, 0, 0, "a")).duplicate()).isFalse();
        }
    }

    @Test
    void the_expiration_can_be_changed_while_logs_are_open() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.produced(1, 0, 0, "a"));
            f.clock.advanceMs(1_000);
            f.log.enforceRetention();
            assertThat(f.append(f.produced(1, 0, 0, "a")).duplicate()).isTrue();

            f.directory.producerIdExpirationMs(1_000);
            f.log.enforceRetention();

            assertThat(f.append(f.produced(1, 0, 0, "a")).duplicate()).isFalse();
        }
    }

    @Test
    void two_batches_of_a_producer_in_one_request_are_refused() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            var first = f.produced(1, 0, 0, "a");
            var second = f.produced(1, 0, 1, "b");
            var both = ByteBuffer.allocate(first.limit() + second.limit());
            both.put(first).put(second).flip();

            assertThatThrownBy(() -> f.append(both)).isInstanceOf(InvalidRecordException.class);
        }
    }

    @Test
    void duplicates_are_recognised_after_a_restart_and_after_a_crash() throws IOException {
        LogFixture f = new LogFixture(path, LogFixture.segmentBytes(300));
        for (int i = 0; i < 10; i++) {
            f.append(f.produced(1, 2, i, "value" + i));
        }
        f.restart();
        assertThat(f.append(f.produced(1, 2, 9, "value9")).baseOffset()).isEqualTo(9);
        f.append(f.produced(1, 2, 10, "value10"));
        f.restart();
        // A process that dies: nothing is closed, the files stay as they are.
        Path copy = path.resolveSibling(path.getFileName() + "-copy");
        CopiedDirectory.copy(path, copy);
        try (LogFixture crashed = CopiedDirectory.openCrashed(copy, LogFixture.segmentBytes(300))) {
            assertThat(crashed.append(crashed.produced(1, 2, 10, "value10")).duplicate()).isTrue();
            assertThat(crashed.append(crashed.produced(1, 2, 11, "value11")).baseOffset())
                    .isEqualTo(11);
        }
        f.close();
    }

    @Test
    void an_open_transaction_holds_the_last_stable_offset_until_its_marker() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append("before");
            f.append(f.transactional(1, 0, 0, "t1"));
            f.append("after");
            assertThat(f.log.highWatermark()).isEqualTo(3);
            assertThat(f.log.lastStableOffset()).isEqualTo(1);

            f.endTransaction(1, 0, true);
            assertThat(f.log.lastStableOffset()).as("marker not replicated yet").isEqualTo(1);
            f.log.advanceHighWatermark(4);
            assertThat(f.log.lastStableOffset()).isEqualTo(4);
        }
    }

    @Test
    void aborted_transactions_are_answered_with_the_range_they_overlap() throws IOException {
        LogFixture f = new LogFixture(path, LogFixture.segmentBytes(400));
        f.append(f.transactional(1, 0, 0, "bad")); // 0
        f.append("plain"); // 1
        f.append(f.transactional(2, 0, 0, "good")); // 2
        f.endTransaction(1, 0, false); // 3
        f.append("x".repeat(300)); // 4, in the next segment
        f.append(f.transactional(3, 0, 0, "bad")); // 5
        f.endTransaction(2, 0, true); // 6
        f.endTransaction(3, 0, false); // 7
        f.log.advanceHighWatermark(f.log.logEndOffset());
        for (int restarts = 0; restarts < 2; restarts++) {
            assertThat(f.log.read(0, 2, 1000, true).abortedTransactions())
                    .containsExactly(new FetchedRecords.AbortedTransaction(1, 0));
            assertThat(f.log.read(1, 8, 1000, true).abortedTransactions())
                    .containsExactly(
                            new FetchedRecords.AbortedTransaction(1, 0),
                            new FetchedRecords.AbortedTransaction(3, 5));
            assertThat(f.log.read(4, 8, 1000, true).abortedTransactions())
                    .containsExactly(new FetchedRecords.AbortedTransaction(3, 5));
            f.restart();
        }
        f.close();
    }

    @Test
    void an_open_transaction_is_still_open_after_a_restart() throws IOException {
        LogFixture f = new LogFixture(path);
        f.append(f.transactional(1, 0, 0, "t1"));
        f.append("after");
        f.restart();
        assertThat(f.log.lastStableOffset()).isZero();
        f.endTransaction(1, 0, false);
        f.log.advanceHighWatermark(f.log.logEndOffset());
        assertThat(f.log.lastStableOffset()).isEqualTo(3);
        f.close();
    }

    @Test
    void a_marker_of_an_older_coordinator_is_refused() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append(f.transactional(1, 0, 0, "t1"));
            f.log.appendAsLeader(marker(f, 5), 0, AppendOrigin.COORDINATOR);

            assertThatThrownBy(
                            () -> f.log.appendAsLeader(marker(f, 4), 0, AppendOrigin.COORDINATOR))
                    .isInstanceOf(TransactionCoordinatorFencedException.class);
        }
    }

    private static ByteBuffer marker(LogFixture f, int coordinatorEpoch) {
        return RecordBatchBuilder.endTransaction(
                1, (short) 0, true, coordinatorEpoch, f.clock.millis());
    }
}
