package dev.millrace.broker.txn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.txn.TxnCommand.ProducerIdAndEpoch;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TxnMachineTest {
    private static final Set<TopicPartition> T0 = Set.of(new TopicPartition("t", 0));
    private static final short LAST = Short.MAX_VALUE - 1;
    private static final long PRODUCER = 7;
    private static final long FRESH = 8;
    private static final short V1 = 0;
    private static final short V2 = 2;
    private static final long NOW = 1_000;

    private static Transaction txn(TransactionState state, int epoch) {
        return new Transaction(
                "id",
                PRODUCER,
                PRODUCER,
                Transaction.NONE,
                (short) epoch,
                Transaction.NO_EPOCH,
                60_000,
                state,
                state == TransactionState.ONGOING || state.isPrepared() ? T0 : Set.of(),
                state == TransactionState.EMPTY ? -1 : 500,
                500,
                V2);
    }

    private static Verdict decide(@Nullable Transaction txn, TxnCommand command) {
        return TxnMachine.decide("id", txn, command, Transaction.NONE, V2, NOW);
    }

    private static Verdict decideWithFreshId(@Nullable Transaction txn, TxnCommand command) {
        return TxnMachine.decide("id", txn, command, FRESH, V2, NOW);
    }

    private static Transaction moved(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Move.class);
        return ((Verdict.Move) verdict).next();
    }

    private static TxnCommand.Init init() {
        return new TxnCommand.Init(60_000, null);
    }

    private static TxnCommand.Init init(long producerId, int epoch) {
        return new TxnCommand.Init(60_000, new ProducerIdAndEpoch(producerId, (short) epoch));
    }

    private static TxnCommand.End end(int epoch, boolean commit) {
        return new TxnCommand.End(PRODUCER, (short) epoch, commit, V2);
    }

    // ---- epochs that are used up

    @Test
    void a_new_producer_gets_a_new_id_when_the_epochs_are_used_up() {
        Transaction full = txn(TransactionState.COMPLETE_COMMIT, LAST);
        assertThat(decide(full, init())).isInstanceOf(Verdict.NeedProducerId.class);

        Transaction next = moved(decideWithFreshId(full, init()));

        assertThat(next.producerId()).isEqualTo(FRESH);
        assertThat(next.epoch()).isZero();
        assertThat(next.previousProducerId()).isEqualTo(PRODUCER);
    }

    @Test
    void a_producer_that_lost_that_answer_may_ask_again_under_its_old_id() {
        Transaction full = txn(TransactionState.COMPLETE_COMMIT, LAST);
        Transaction rotated = moved(decideWithFreshId(full, init(PRODUCER, LAST)));
        assertThat(rotated.lastEpoch()).isEqualTo(LAST);

        Transaction again = moved(decide(rotated, init(PRODUCER, LAST)));

        assertThat(again.producerId()).isEqualTo(FRESH);
        assertThat(again.epoch()).isZero();
        assertThat(decide(rotated, init(PRODUCER, LAST - 1)))
                .isEqualTo(Verdict.refuse(Errors.PRODUCER_FENCED));
    }

    @Test
    void with_v2_the_end_that_uses_up_the_epochs_gives_the_next_id() {
        Transaction ongoing = txn(TransactionState.ONGOING, LAST);
        assertThat(decide(ongoing, end(LAST, true))).isInstanceOf(Verdict.NeedProducerId.class);

        Transaction decided = moved(decideWithFreshId(ongoing, end(LAST, true)));
        assertThat(decided.producerId()).as("of the markers").isEqualTo(PRODUCER);
        assertThat(decided.epoch()).as("of the markers").isEqualTo(Short.MAX_VALUE);
        Transaction completed = decided.completed(NOW);
        assertThat(completed.producerId()).isEqualTo(FRESH);
        assertThat(completed.epoch()).isZero();

        assertThat(decide(completed, end(LAST, true)))
                .as("asked again, under the old id")
                .isEqualTo(new Verdict.Unchanged(FRESH, (short) 0));
        assertThat(decide(completed, end(LAST, false)))
                .isEqualTo(Verdict.refuse(Errors.INVALID_TXN_STATE));
        assertThat(decide(completed, end(LAST - 1, true)))
                .isEqualTo(Verdict.refuse(Errors.INVALID_PRODUCER_ID_MAPPING));
    }

    @Test
    void fencing_an_ongoing_transaction_that_has_used_up_its_epochs_changes_the_id_too() {
        Transaction ongoing = txn(TransactionState.ONGOING, LAST);
        assertThat(decide(ongoing, init())).isInstanceOf(Verdict.NeedProducerId.class);
        Verdict verdict = decideWithFreshId(ongoing, init());
        assertThat(verdict).isInstanceOf(Verdict.AbortFirst.class);
        Transaction completed = ((Verdict.AbortFirst) verdict).next().completed(NOW);
        assertThat(completed.producerId()).isEqualTo(FRESH);

        Transaction initialized = moved(decide(completed, init()));
        assertThat(initialized.epoch()).isEqualTo((short) 1);
    }

    // ---- who is fenced

    @ParameterizedTest
    @EnumSource(
            value = TransactionState.class,
            names = {"PREPARE_COMMIT", "PREPARE_ABORT"})
    void while_markers_are_written_producers_wait(TransactionState state) {
        Transaction prepared = txn(state, 1);
        assertThat(decide(prepared, init()))
                .isEqualTo(Verdict.refuse(Errors.CONCURRENT_TRANSACTIONS));
        assertThat(decide(prepared, new TxnCommand.Add(PRODUCER, (short) 1, T0, V2)))
                .isEqualTo(Verdict.refuse(Errors.CONCURRENT_TRANSACTIONS));
        boolean commits = state == TransactionState.PREPARE_COMMIT;
        assertThat(decide(prepared, end(0, commits)))
                .isEqualTo(Verdict.refuse(Errors.CONCURRENT_TRANSACTIONS));
        assertThat(decide(prepared, end(0, !commits)))
                .isEqualTo(Verdict.refuse(Errors.INVALID_TXN_STATE));
    }

    /** Outcomes: aborts, same (as before), or the error. */
    @ParameterizedTest
    @CsvSource({
        "EMPTY,           again,   abort,  PRODUCER_FENCED",
        "EMPTY,           current, abort,  aborts",
        "EMPTY,           again,   commit, PRODUCER_FENCED",
        "EMPTY,           current, commit, INVALID_TXN_STATE",
        "COMPLETE_ABORT,  again,   abort,  same",
        "COMPLETE_ABORT,  current, abort,  aborts",
        "COMPLETE_ABORT,  again,   commit, INVALID_TXN_STATE",
        "COMPLETE_ABORT,  current, commit, INVALID_TXN_STATE",
        "COMPLETE_COMMIT, again,   abort,  INVALID_TXN_STATE",
        "COMPLETE_COMMIT, current, abort,  aborts",
        "COMPLETE_COMMIT, again,   commit, same",
        "COMPLETE_COMMIT, current, commit, INVALID_TXN_STATE"
    })
    void with_v2_the_epoch_tells_a_repetition_from_the_next_end(
            TransactionState state, String which, String result, String outcome) {
        Transaction idle = txn(state, 5);
        Verdict verdict = decide(idle, end(which.equals("again") ? 4 : 5, result.equals("commit")));
        switch (outcome) {
            case "aborts" -> {
                Transaction aborting = moved(verdict);
                assertThat(aborting.state()).isEqualTo(TransactionState.PREPARE_ABORT);
                assertThat(aborting.epoch()).isEqualTo((short) 6);
                assertThat(aborting.startMs()).isEqualTo(NOW);
            }
            case "same" ->
                    assertThat(verdict).isEqualTo(new Verdict.Unchanged(PRODUCER, (short) 5));
            default -> assertThat(verdict).isEqualTo(Verdict.refuse(Errors.valueOf(outcome)));
        }
    }

    @Test
    void with_v1_the_markers_keep_the_epoch_and_an_abort_by_the_coordinator_raises_it() {
        Transaction ongoing = txn(TransactionState.ONGOING, 3);
        Transaction ended =
                moved(decide(ongoing, new TxnCommand.End(PRODUCER, (short) 3, true, V1)));
        assertThat(ended.epoch()).isEqualTo((short) 3);
        assertThat(ended.version()).isEqualTo(V1);

        Verdict fenced = TxnMachine.decide("id", ongoing, init(), Transaction.NONE, (short) 1, NOW);
        assertThat(((Verdict.AbortFirst) fenced).next().epoch()).isEqualTo((short) 4);
        assertThat(((Verdict.AbortFirst) fenced).next().version()).isEqualTo(V1);
    }

    @Test
    void only_what_is_overdue_expires() {
        Transaction ongoing = txn(TransactionState.ONGOING, 3);
        TxnCommand expire = new TxnCommand.Expire(PRODUCER, (short) 3);
        assertThat(decide(ongoing, expire)).isEqualTo(Verdict.refuse(Errors.INVALID_TXN_STATE));
        Verdict late =
                TxnMachine.decide("id", ongoing, expire, Transaction.NONE, V2, 500 + 60_000 + 1);
        assertThat(moved(late).state()).isEqualTo(TransactionState.PREPARE_ABORT);
        assertThat(moved(late).epoch()).isEqualTo((short) 4);
    }

    @Test
    void a_transaction_begins_with_its_first_partition_and_keeps_its_time() {
        Transaction first =
                moved(
                        decide(
                                txn(TransactionState.COMPLETE_COMMIT, 1),
                                new TxnCommand.Add(PRODUCER, (short) 1, T0, V2)));
        assertThat(first.startMs()).isEqualTo(NOW);
        Transaction second =
                moved(
                        TxnMachine.decide(
                                "id",
                                first,
                                new TxnCommand.Add(
                                        PRODUCER,
                                        (short) 1,
                                        Set.of(new TopicPartition("u", 1)),
                                        V2),
                                Transaction.NONE,
                                V2,
                                NOW + 50));
        assertThat(second.startMs()).isEqualTo(NOW);
        assertThat(second.updateMs()).isEqualTo(NOW + 50);
        assertThat(second.partitions()).hasSize(2);
        assertThat(decide(second, new TxnCommand.Add(PRODUCER, (short) 1, T0, V2)))
                .isEqualTo(new Verdict.Unchanged(PRODUCER, (short) 1));
    }
}
