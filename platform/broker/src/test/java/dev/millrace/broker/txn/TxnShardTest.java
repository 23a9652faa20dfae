package dev.millrace.broker.txn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.txn.TxnCommand.ProducerIdAndEpoch;
import dev.millrace.broker.txn.TxnShard.Answer;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.TransactionCoordinatorFencedException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class TxnShardTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final TopicPartition T1 = new TopicPartition("t", 1);
    private static final short V2 = 2;

    private final FakeWorld world = new FakeWorld();
    private final TxnConfig config = TxnConfig.from(Map.of());
    private final TxnCount count = new TxnCount(3);
    private int epoch = 1;
    private TxnShard shard = load();

    private TxnShard load() {
        TxnShard loaded = new TxnShard(config, count, () -> world.nowMs, epoch++, world);
        world.log.forEach(batches -> TransactionLog.forEach(batches, loaded::replay));
        loaded.loaded();
        return loaded;
    }

    private static Answer get(Future<Answer> answer) {
        assertThat(answer.isComplete()).as("answered").isTrue();
        return answer.result();
    }

    private Answer init(String id) {
        return get(shard.init(id, 60_000, null));
    }

    private Future<Answer> add(String id, Answer producer, TopicPartition... partitions) {
        return shard.add(id, producer.producerId(), producer.epoch(), Set.of(partitions), V2);
    }

    private Future<Answer> end(String id, Answer producer, boolean commit) {
        return shard.end(id, producer.producerId(), producer.epoch(), commit, V2);
    }

    private TransactionState state(String id) {
        return Objects.requireNonNull(shard.transaction(id)).state();
    }

    @Test
    void a_decision_is_in_the_log_before_any_marker_is_written() {
        Answer producer = init("id");
        get(add("id", producer, T0, T1));
        world.slowLog = true;

        Future<Answer> ended = end("id", producer, true);
        assertThat(ended.isComplete()).isFalse();
        assertThat(world.sent).isEmpty();

        world.letAppend();
        assertThat(get(ended)).isEqualTo(new Answer(Errors.NONE, 100, (short) 1));
        assertThat(world.sent)
                .extracting(FakeWorld.Sent::marker)
                .containsOnly(new TxnMarker(100, (short) 1, true, 1, V2));
        assertThat(world.sent)
                .extracting(FakeWorld.Sent::partition)
                .containsExactlyInAnyOrder(T0, T1);
        world.letAppend();
        assertThat(state("id")).isEqualTo(TransactionState.COMPLETE_COMMIT);
    }

    @Test
    void a_loaded_shard_goes_on_with_what_was_decided() {
        Answer producer = init("id");
        get(add("id", producer, T0));
        world.slowMarkers = true;
        get(end("id", producer, false));
        assertThat(state("id")).isEqualTo(TransactionState.PREPARE_ABORT);

        world.slowMarkers = false;
        world.sent.clear();
        shard.close(Errors.NOT_COORDINATOR);
        shard = load();

        assertThat(world.sent)
                .extracting(FakeWorld.Sent::marker)
                .containsExactly(new TxnMarker(100, (short) 1, false, 2, V2));
        assertThat(state("id")).isEqualTo(TransactionState.COMPLETE_ABORT);
    }

    @Test
    void the_next_transaction_waits_for_the_markers_of_the_last_one() {
        Answer producer = init("id");
        get(add("id", producer, T0));
        world.slowMarkers = true;
        Answer next = get(end("id", producer, true));

        Future<Answer> added = add("id", next, T1);
        assertThat(added.isComplete()).isFalse();
        world.sent.get(0).promise().complete();

        assertThat(get(added).error()).isEqualTo(Errors.NONE);
        assertThat(Objects.requireNonNull(shard.transaction("id")).partitions())
                .containsExactly(T1);
    }

    @Test
    void who_waits_too_long_is_told_to_come_back() {
        Answer producer = init("id");
        get(add("id", producer, T0));
        world.slowMarkers = true;
        Answer next = get(end("id", producer, true));
        Future<Answer> added = add("id", next, T1);
        Future<Answer> initialized = shard.init("id", 60_000, null);

        world.pass(config.holdMs());

        assertThat(get(added).error()).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
        assertThat(get(initialized).error()).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
    }

    @Test
    void no_more_wait_than_there_is_room_for() {
        Answer producer = init("id");
        get(add("id", producer, T0));
        world.slowMarkers = true;
        Answer next = get(end("id", producer, true));
        for (int i = 0; i < TxnShard.MAX_WAITING; i++) {
            assertThat(add("id", next, T1).isComplete()).isFalse();
        }
        assertThat(get(add("id", next, T1)).error()).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
    }

    @Test
    void a_new_producer_aborts_what_is_ongoing_and_gets_the_epoch_after() {
        Answer zombie = init("id");
        get(add("id", zombie, T0));

        Answer successor = init("id");

        assertThat(successor).isEqualTo(new Answer(Errors.NONE, 100, (short) 2));
        assertThat(world.sent)
                .extracting(FakeWorld.Sent::marker)
                .containsExactly(new TxnMarker(100, (short) 1, false, 1, V2));
        assertThat(get(end("id", zombie, true)).error()).isEqualTo(Errors.PRODUCER_FENCED);
        assertThat(get(add("id", zombie, T1)).error()).isEqualTo(Errors.PRODUCER_FENCED);
    }

    @Test
    void a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced() {
        Answer silent = init("id");
        get(add("id", silent, T0));
        world.pass(60_000);
        shard.abortTimedOut();
        assertThat(state("id")).isEqualTo(TransactionState.ONGOING);

        world.pass(1);
        shard.abortTimedOut();

        assertThat(state("id")).isEqualTo(TransactionState.COMPLETE_ABORT);
        assertThat(get(end("id", silent, true)).error()).isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(get(add("id", silent, T1)).error()).isEqualTo(Errors.PRODUCER_FENCED);
        Answer goesOn = get(shard.init("id", 60_000, new ProducerIdAndEpoch(100, (short) 0)));
        assertThat(goesOn.error()).isEqualTo(Errors.NONE);
        assertThat(goesOn.epoch()).isEqualTo((short) 1);
    }

    @Test
    void a_coordinator_whose_clock_is_behind_keeps_no_transaction_open_beyond_its_timeout() {
        Answer silent = init("id");
        get(add("id", silent, T0));
        world.nowMs -= 3_600_000;
        shard = load();
        world.pass(60_001);

        shard.abortTimedOut();

        assertThat(state("id")).isEqualTo(TransactionState.COMPLETE_ABORT);
    }

    @Test
    void a_marker_that_could_not_be_written_is_tried_again() {
        Answer producer = init("id");
        get(add("id", producer, T0));
        world.slowMarkers = true;
        get(end("id", producer, true));
        world.sent.get(0).promise().fail(new NotLeaderOrFollowerException("moving"));
        assertThat(world.sent).hasSize(1);

        world.pass(20);
        assertThat(world.sent).hasSize(2);
        world.sent.get(1).promise().complete();
        assertThat(state("id")).isEqualTo(TransactionState.COMPLETE_COMMIT);
    }

    @Test
    void a_deleted_partition_and_one_with_a_later_epoch_need_no_marker() {
        Answer producer = init("id");
        get(add("id", producer, T0, T1));
        world.slowMarkers = true;
        get(end("id", producer, true));
        world.deleted.add(world.sent.get(0).partition());

        world.sent.get(0).promise().fail(new UnknownTopicOrPartitionException("deleted"));
        assertThat(state("id")).isEqualTo(TransactionState.PREPARE_COMMIT);
        world.sent.get(1).promise().fail(new InvalidProducerEpochException("later"));

        assertThat(state("id")).isEqualTo(TransactionState.COMPLETE_COMMIT);
    }

    @Test
    void a_coordinator_that_is_fenced_answers_nothing_any_more() {
        Answer producer = init("id");
        get(add("id", producer, T0));
        world.slowMarkers = true;
        Answer next = get(end("id", producer, true));
        Future<Answer> waiting = add("id", next, T0);
        world.sent.get(0).promise().fail(new TransactionCoordinatorFencedException("newer"));

        assertThat(world.broken).isNotNull();
        assertThat(get(waiting).error()).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(init("id").error()).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void an_append_that_was_refused_changes_nothing() {
        Answer producer = init("id");
        world.appendFailure = new NotEnoughReplicasException("one is missing");
        assertThat(get(add("id", producer, T0)).error())
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        world.appendFailure = null;

        assertThat(state("id")).isEqualTo(TransactionState.EMPTY);
        assertThat(get(add("id", producer, T0)).error()).isEqualTo(Errors.NONE);
    }

    @Test
    void after_an_append_of_unknown_outcome_the_shard_is_given_up() {
        Answer producer = init("id");
        world.appendFailure = new KafkaStorageException("disk");

        assertThat(get(add("id", producer, T0)).error()).isEqualTo(Errors.NOT_COORDINATOR);

        assertThat(world.broken).isNotNull();
        assertThat(init("other").error()).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void an_idle_id_expires_and_a_busy_one_does_not() {
        Answer busy = init("busy");
        get(add("busy", busy, T0));
        init("idle");
        world.pass(config.idExpirationMs());

        assertThat(shard.removeExpired().succeeded()).isTrue();

        assertThat(shard.transactions()).extracting(Transaction::id).containsExactly("busy");
        assertThat(count.ids()).isEqualTo(1);
        shard.close(Errors.NOT_COORDINATOR);
        shard = load();
        assertThat(shard.transactions()).extracting(Transaction::id).containsExactly("busy");
    }

    @Test
    void there_are_no_more_ids_than_the_limit() {
        for (String id : List.of("a", "b", "c")) {
            assertThat(init(id).error()).isEqualTo(Errors.NONE);
        }
        assertThat(init("d").error()).isEqualTo(Errors.POLICY_VIOLATION);
        assertThat(init("a").error()).isEqualTo(Errors.NONE);
    }

    @Test
    void before_the_feature_is_finalized_records_have_the_older_format() {
        world.serverVersion = 0;
        Answer producer = init("id");
        get(shard.add("id", producer.producerId(), producer.epoch(), Set.of(T0), (short) 0));
        get(shard.end("id", producer.producerId(), producer.epoch(), true, (short) 0));

        shard.close(Errors.NOT_COORDINATOR);
        shard = load();

        Transaction txn = Objects.requireNonNull(shard.transaction("id"));
        assertThat(txn.state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
        assertThat(txn.previousProducerId()).isEqualTo(Transaction.NONE);
    }
}
