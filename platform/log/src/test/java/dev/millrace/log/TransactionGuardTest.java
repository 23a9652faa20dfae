package dev.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No batch opens a transaction that nobody will end, and no marker ends another's (KIP-890). */
class TransactionGuardTest {
    private static final short V1 = 0;
    private static final short V2 = 2;

    @TempDir Path path;
    private LogFixture f;

    @BeforeEach
    void open() throws IOException {
        f = new LogFixture(path);
    }

    @AfterEach
    void close() throws IOException {
        f.close();
    }

    private @Nullable TxnGuard guard(int epoch, int sequence, boolean v2) {
        return f.log.transactionGuard(1, (short) epoch, sequence, v2);
    }

    private AppendResult append(int epoch, int sequence, @Nullable TxnGuard guard)
            throws IOException {
        return f.log.appendAsLeader(
                f.transactional(1, epoch, sequence, "v" + sequence),
                0,
                AppendOrigin.CLIENT,
                AppendTerms.guarded(guard));
    }

    private void marker(int epoch, short version) throws IOException {
        ByteBuffer marker =
                RecordBatchBuilder.endTransaction(1, (short) epoch, true, 0, f.clock.millis());
        f.log.appendAsLeader(marker, 0, AppendOrigin.COORDINATOR, AppendTerms.marker(version));
        f.log.advanceHighWatermark(f.log.logEndOffset());
    }

    @Test
    void the_first_batch_needs_a_guard_and_the_next_do_not() throws IOException {
        assertThatThrownBy(() -> append(0, 0, null)).isInstanceOf(InvalidTxnStateException.class);

        append(0, 0, guard(0, 0, false));
        assertThat(guard(0, 1, false)).isNull();
        append(0, 1, null);
        assertThat(f.log.logEndOffset()).isEqualTo(2);
    }

    @Test
    void a_marker_in_between_makes_the_guard_void() throws IOException {
        TxnGuard before = guard(0, 0, false);
        marker(0, V1);

        assertThatThrownBy(() -> append(0, 0, before)).isInstanceOf(InvalidTxnStateException.class);
        append(0, 0, guard(0, 0, false));
    }

    @Test
    void the_guard_of_an_earlier_question_is_no_answer_to_a_later_one() throws IOException {
        TxnGuard first = guard(0, 0, false);
        marker(0, V1);
        TxnGuard second = guard(0, 0, false);

        assertThatThrownBy(() -> append(0, 0, first)).isInstanceOf(InvalidTxnStateException.class);
        append(0, 0, second);
    }

    @Test
    void with_v2_the_last_marker_again_leaves_the_next_transactions_guard_alone()
            throws IOException {
        append(0, 0, guard(0, 0, true));
        marker(1, V2);
        TxnGuard next = guard(1, 0, true);
        marker(1, V2);

        append(1, 0, next);
        assertThat(f.log.lastStableOffset()).isEqualTo(3);
    }

    @Test
    void an_older_epoch_gets_no_guard() throws IOException {
        append(3, 0, guard(3, 0, false));
        assertThatThrownBy(() -> guard(2, 0, false))
                .isInstanceOf(InvalidProducerEpochException.class);
    }

    @Test
    void with_v2_an_unknown_producer_begins_at_sequence_zero() throws IOException {
        TxnGuard guard = guard(0, 5, true);
        assertThatThrownBy(() -> append(0, 5, guard))
                .isInstanceOf(OutOfOrderSequenceException.class);
        append(0, 0, guard);
    }

    @Test
    void with_v1_a_later_batch_is_not_appended_before_the_one_that_asked_first()
            throws IOException {
        TxnGuard guard = guard(0, 7, false);
        assertThat(guard(0, 8, false)).isSameAs(guard);

        assertThatThrownBy(() -> append(0, 8, guard))
                .isInstanceOf(OutOfOrderSequenceException.class);
        append(0, 7, guard);
        append(0, 8, null);
    }

    @Test
    void a_batch_outside_of_the_open_transaction_is_refused() throws IOException {
        append(0, 0, guard(0, 0, false));
        assertThatThrownBy(() -> f.append(f.produced(1, 0, 1, "plain")))
                .isInstanceOf(InvalidTxnStateException.class);
    }

    @Test
    void with_v2_a_marker_must_be_above_the_epoch_it_ends() throws IOException {
        append(0, 0, guard(0, 0, true));
        assertThatThrownBy(() -> marker(0, V2)).isInstanceOf(InvalidProducerEpochException.class);
        marker(1, V2);
        assertThat(f.log.lastStableOffset()).isEqualTo(2);
        marker(1, V2);
        assertThat(f.log.logEndOffset()).as("the same again does no harm").isEqualTo(3);
    }

    @Test
    void with_v1_a_marker_may_have_the_epoch_it_ends_or_a_later_one() throws IOException {
        append(0, 0, guard(0, 0, false));
        marker(0, V1);
        append(0, 1, guard(0, 1, false));
        marker(1, V1);
        assertThat(f.log.lastStableOffset()).isEqualTo(4);
        assertThatThrownBy(() -> marker(0, V1)).isInstanceOf(InvalidProducerEpochException.class);
    }

    @Test
    void a_transaction_whose_beginning_was_deleted_still_holds_the_last_stable_offset()
            throws IOException {
        append(0, 0, guard(0, 0, false));
        append(0, 1, null);
        f.append("other");
        f.log.advanceLogStartOffset(1);

        assertThat(f.log.lastStableOffset()).isEqualTo(1);
        marker(0, V1);
        assertThat(f.log.lastStableOffset()).isEqualTo(4);
    }

    @Test
    void a_guard_that_nobody_showed_is_forgotten_with_silent_producers() throws IOException {
        TxnGuard guard = guard(0, 0, false);
        f.clock.advanceMs(f.directoryConfig.producerIdExpirationMs());
        f.log.enforceRetention();

        assertThatThrownBy(() -> append(0, 0, guard)).isInstanceOf(InvalidTxnStateException.class);
    }

    @Test
    void producers_are_listed_with_their_open_transactions() throws IOException {
        append(0, 0, guard(0, 0, false));
        assertThat(f.log.producers())
                .containsExactly(new ProducerView(1, (short) 0, 0, f.clock.millis(), -1, 0));
        marker(0, V1);
        assertThat(f.log.producers())
                .containsExactly(new ProducerView(1, (short) 0, 0, f.clock.millis(), 0, -1));
    }
}
