package dev.millrace.broker.txn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.TestBroker;
import dev.millrace.broker.group.StockClients;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The transaction protocol request by request, with its error codes; also what stock clients of
 * today no longer send. The same expectations hold for Apache Kafka ({@code
 * -Dmillrace.test.bootstrap}).
 */
@Timeout(60)
class TransactionProtocolTest {
    private static TestBroker broker;
    private static RawTransactions raw;
    private static StockClients clients;
    private static String topic;

    private String id;

    @BeforeAll
    static void start() throws IOException {
        broker = TestBroker.start(Map.of("transaction.state.log.num.partitions", "4"));
        clients = new StockClients(broker);
        topic = clients.createTopic(2);
        raw = new RawTransactions(broker.bootstrapServers());
    }

    /** Goes on with another broker. */
    static void startInstead(Map<String, String> properties) throws IOException {
        stop();
        broker = TestBroker.start(properties);
        clients = new StockClients(broker);
        topic = clients.createTopic(2);
        raw = new RawTransactions(broker.bootstrapServers());
    }

    @AfterAll
    static void stop() throws IOException {
        raw.close();
        clients.close();
        broker.close();
    }

    @BeforeEach
    void newId() throws IOException {
        id = StockClients.unique("id");
        raw.findCoordinator(4, id, 1);
    }

    /** With its leader ready to be written to. */
    private static String newTopic() {
        String name = clients.createTopic(1);
        Awaitility.await().untilAsserted(() -> assertThat(producersOf(name).errorCode()).isZero());
        return name;
    }

    private static Errors error(InitProducerIdResponseData answer) {
        return Errors.forCode(answer.errorCode());
    }

    // ---- InitProducerId

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void every_init_raises_the_epoch(int version) throws IOException {
        InitProducerIdResponseData first = raw.init(version, id);
        InitProducerIdResponseData second = raw.init(version, id);

        assertThat(error(first)).isEqualTo(Errors.NONE);
        assertThat(first.producerEpoch()).isZero();
        assertThat(second.producerId()).isEqualTo(first.producerId());
        assertThat(second.producerEpoch()).isEqualTo((short) 1);
    }

    @Test
    void a_producer_goes_on_with_the_next_epoch_and_may_ask_again() throws IOException {
        long producerId = raw.init(4, id).producerId();

        InitProducerIdResponseData next = raw.init(4, id, 60_000, producerId, 0);
        InitProducerIdResponseData again = raw.init(4, id, 60_000, producerId, 0);

        assertThat(next.producerEpoch()).isEqualTo((short) 1);
        assertThat(again.producerEpoch()).isEqualTo((short) 1);
        assertThat(again.producerId()).isEqualTo(producerId);
    }

    @ParameterizedTest
    @CsvSource({"3, INVALID_PRODUCER_EPOCH", "4, PRODUCER_FENCED", "5, PRODUCER_FENCED"})
    void a_producer_that_was_succeeded_is_fenced(int version, Errors fenced) throws IOException {
        long producerId = raw.init(4, id).producerId();
        raw.init(4, id);

        assertThat(error(raw.init(version, id, 60_000, producerId, 0))).isEqualTo(fenced);
        assertThat(error(raw.init(version, id, 60_000, producerId + 1_000_000, 0)))
                .isEqualTo(fenced);
    }

    @Test
    void an_unknown_id_takes_any_expectation() throws IOException {
        InitProducerIdResponseData answer = raw.init(4, id, 60_000, 4711, 3);

        assertThat(error(answer)).isEqualTo(Errors.NONE);
        assertThat(answer.producerEpoch()).isZero();
        assertThat(answer.producerId()).isNotEqualTo(4711);
    }

    @Test
    void what_makes_no_sense_is_refused() throws IOException {
        assertThat(error(raw.init(4, ""))).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(error(raw.init(4, id, 60_000, 1, -1))).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(error(raw.init(4, id, 60_000, -1, 1))).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(error(raw.init(4, id, 0, -1, -1))).isEqualTo(Errors.INVALID_TRANSACTION_TIMEOUT);
        assertThat(error(raw.init(4, id, 900_001, -1, -1)))
                .isEqualTo(Errors.INVALID_TRANSACTION_TIMEOUT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void init_aborts_what_is_ongoing(int version) throws IOException {
        InitProducerIdResponseData first = raw.init(version, id);
        raw.add(3, id, first.producerId(), 0, topic, 0);

        InitProducerIdResponseData second = raw.init(version, id);

        assertThat(error(second)).isEqualTo(Errors.NONE);
        assertThat(second.producerEpoch()).isEqualTo((short) 2);
        assertThat(raw.endError(4, id, first.producerId(), 0, true))
                .isEqualTo(Errors.PRODUCER_FENCED);
    }

    // ---- AddPartitionsToTxn, AddOffsetsToTxn

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void partitions_are_added_by_the_current_producer_only(int version) throws IOException {
        Errors fenced = version < 2 ? Errors.INVALID_PRODUCER_EPOCH : Errors.PRODUCER_FENCED;
        assertThat(raw.add(version, id, 1, 0, topic, 0))
                .isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
        long producerId = raw.init(4, id).producerId();

        assertThat(raw.add(version, id, producerId + 1, 0, topic, 0))
                .isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
        assertThat(raw.add(version, id, producerId, 1, topic, 0)).isEqualTo(fenced);
        assertThat(raw.add(version, id, producerId, 0, topic, 0)).isEqualTo(Errors.NONE);
        assertThat(raw.add(version, id, producerId, 0, topic, 0)).isEqualTo(Errors.NONE);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void no_partition_is_added_if_one_does_not_exist(int version) throws IOException {
        long producerId = raw.init(4, id).producerId();

        assertThat(raw.add(version, id, producerId, 0, topic, List.of(0, 9), false))
                .containsExactlyInAnyOrder(
                        Errors.OPERATION_NOT_ATTEMPTED, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(raw.add(4, id, producerId, 0, topic, List.of(0), true))
                .containsExactly(Errors.TRANSACTION_ABORTABLE);
    }

    @Test
    void brokers_ask_which_partitions_are_part_of_it() throws IOException {
        long producerId = raw.init(4, id).producerId();
        raw.add(3, id, producerId, 0, topic, 1);

        assertThat(raw.add(4, id, producerId, 0, topic, List.of(0, 1), true))
                .containsExactlyInAnyOrder(Errors.TRANSACTION_ABORTABLE, Errors.NONE);
        assertThat(raw.add(4, id, producerId, 7, topic, List.of(1), true))
                .containsExactly(Errors.PRODUCER_FENCED);
    }

    // ---- EndTxn

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void with_v1_a_transaction_ends_once_and_the_epoch_stays(int version) throws IOException {
        Errors fenced = version < 2 ? Errors.INVALID_PRODUCER_EPOCH : Errors.PRODUCER_FENCED;
        assertThat(raw.endError(version, id, 1, 0, true))
                .isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
        long producerId = raw.init(4, id).producerId();
        assertThat(raw.endError(version, id, producerId, 0, true))
                .isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(raw.endError(version, id, producerId, 0, false))
                .isEqualTo(Errors.INVALID_TXN_STATE);
        raw.add(3, id, producerId, 0, topic, 0);
        assertThat(raw.endError(version, id, producerId, 1, true)).isEqualTo(fenced);

        assertThat(raw.endError(version, id, producerId, 0, true)).isEqualTo(Errors.NONE);
        assertThat(raw.endError(version, id, producerId, 0, true)).isEqualTo(Errors.NONE);
        assertThat(raw.endError(version, id, producerId, 0, false))
                .isEqualTo(Errors.INVALID_TXN_STATE);

        raw.add(3, id, producerId, 0, topic, 0);
        assertThat(raw.endError(version, id, producerId, 0, false)).isEqualTo(Errors.NONE);
        assertThat(raw.endError(version, id, producerId, 0, true))
                .isEqualTo(Errors.INVALID_TXN_STATE);
    }

    @Test
    void with_v2_every_end_raises_the_epoch_and_may_be_asked_for_again() throws IOException {
        long producerId = raw.init(4, id).producerId();
        raw.add(4, id, producerId, 0, topic, 0);

        EndTxnResponseData committed = raw.end(5, id, producerId, 0, true);
        assertThat(committed.errorCode()).isZero();
        assertThat(committed.producerId()).isEqualTo(producerId);
        assertThat(committed.producerEpoch()).isEqualTo((short) 1);

        EndTxnResponseData again = raw.end(5, id, producerId, 0, true);
        assertThat(again.errorCode()).isZero();
        assertThat(again.producerEpoch()).isEqualTo((short) 1);
        assertThat(raw.endError(5, id, producerId, 0, false)).isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(raw.endError(5, id, producerId, 1, true)).isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(raw.endError(5, id, producerId, 2, true)).isEqualTo(Errors.PRODUCER_FENCED);

        EndTxnResponseData nothingAborted = raw.end(5, id, producerId, 1, false);
        assertThat(nothingAborted.errorCode()).isZero();
        assertThat(nothingAborted.producerEpoch()).isEqualTo((short) 2);
        assertThat(raw.end(5, id, producerId, 1, false).producerEpoch()).isEqualTo((short) 2);
        assertThat(raw.endError(5, id, producerId, 1, true)).isEqualTo(Errors.INVALID_TXN_STATE);
    }

    @Test
    void with_v2_an_empty_transaction_may_be_aborted_and_not_committed() throws IOException {
        long producerId = raw.init(4, id).producerId();

        assertThat(raw.endError(5, id, producerId, 0, true)).isEqualTo(Errors.INVALID_TXN_STATE);
        EndTxnResponseData aborted = raw.end(5, id, producerId, 0, false);
        assertThat(aborted.errorCode()).isZero();
        assertThat(aborted.producerEpoch()).isEqualTo((short) 1);
    }

    // ---- Produce

    @ParameterizedTest
    @CsvSource({"9, INVALID_TXN_STATE", "10, INVALID_TXN_STATE", "11, TRANSACTION_ABORTABLE"})
    void with_v1_a_partition_must_have_been_added(int version, Errors notAdded) throws IOException {
        long producerId = raw.init(4, id).producerId();

        assertThat(raw.produce(version, id, producerId, 0, 0, topic, 0, "early"))
                .isEqualTo(notAdded);
        raw.add(3, id, producerId, 0, topic, 0);
        assertThat(raw.produce(version, id, producerId, 0, 0, topic, 0, "in"))
                .isEqualTo(Errors.NONE);
        assertThat(raw.endError(4, id, producerId, 0, true)).isEqualTo(Errors.NONE);
        // Answered when all markers are written.
        assertThat(raw.endError(4, id, producerId, 0, true)).isEqualTo(Errors.NONE);
        assertThat(raw.produce(version, id, producerId, 0, 1, topic, 0, "late"))
                .isEqualTo(notAdded);
    }

    @Test
    void with_v2_the_first_record_adds_its_partition() throws IOException {
        long producerId = raw.init(4, id).producerId();

        assertThat(raw.produce(12, id, producerId, 0, 0, topic, 0, "in")).isEqualTo(Errors.NONE);
        assertThat(raw.add(4, id, producerId, 0, topic, List.of(0), true))
                .containsExactly(Errors.NONE);
        assertThat(raw.end(5, id, producerId, 0, true).errorCode()).isZero();

        assertThat(raw.produce(12, id, producerId, 0, 1, topic, 0, "late"))
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
        assertThat(raw.produce(12, id, producerId, 1, 0, topic, 0, "next")).isEqualTo(Errors.NONE);
        assertThat(raw.end(5, id, producerId, 1, false).errorCode()).isZero();
    }

    @Test
    void with_v2_the_first_record_in_a_partition_has_sequence_0() throws IOException {
        long producerId = raw.init(4, id).producerId();

        assertThat(raw.produce(12, id, producerId, 0, 1, topic, 0, "gap"))
                .isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
        assertThat(raw.produce(12, id, producerId, 0, 0, topic, 0, "first")).isEqualTo(Errors.NONE);
        assertThat(raw.produce(12, id, producerId, 0, 0, topic, 0, "first")).isEqualTo(Errors.NONE);
        assertThat(raw.produce(12, id, producerId, 0, 2, topic, 0, "gap"))
                .isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
        assertThat(raw.end(5, id, producerId, 0, false).errorCode()).isZero();
    }

    @Test
    void a_foreign_producer_id_is_no_part_of_the_transaction() throws IOException {
        long producerId = raw.init(4, id).producerId();

        assertThat(raw.produce(12, id, producerId + 1_000_000, 0, 0, topic, 0, "x"))
                .isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
        assertThat(raw.produce(12, id, producerId, 5, 0, topic, 0, "x"))
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    }

    // ---- offsets

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void offsets_wait_for_the_end_of_their_transaction(int version) throws IOException {
        String group = StockClients.unique("g");
        raw.findCoordinator(4, group, 0);
        long producerId = raw.init(4, id).producerId();
        if (version < 5) {
            assertThat(raw.addOffsets(Math.min(version, 3), id, producerId, 0, group))
                    .isEqualTo(Errors.NONE);
        }

        assertThat(
                        raw.commitOffsets(
                                version, raw.offsetCommit(id, producerId, 0, group, topic, 42)))
                .isEqualTo(Errors.NONE);
        assertThat(raw.fetchOffset(group, topic, false).committedOffset()).isEqualTo(-1);
        OffsetFetchResponseData.OffsetFetchResponsePartitions unstable =
                raw.fetchOffset(group, topic, true);
        assertThat(unstable.errorCode()).isEqualTo(Errors.UNSTABLE_OFFSET_COMMIT.code());
        assertThat(unstable.committedOffset()).isEqualTo(-1);

        raw.end(version < 5 ? 4 : 5, id, producerId, 0, true);
        // The answer is given when the decision is in the log, maybe before its markers.
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(raw.fetchOffset(group, topic, true).committedOffset())
                                        .isEqualTo(42));
    }

    @ParameterizedTest
    @CsvSource({"3, INVALID_TXN_STATE", "4, TRANSACTION_ABORTABLE"})
    void with_v1_offsets_must_have_been_added(int version, Errors notAdded) throws IOException {
        String group = StockClients.unique("g");
        raw.findCoordinator(4, group, 0);
        long producerId = raw.init(4, id).producerId();

        assertThat(
                        raw.commitOffsets(
                                version, raw.offsetCommit(id, producerId, 0, group, topic, 42)))
                .isEqualTo(notAdded);
    }

    @Test
    void offsets_are_fenced_by_member_and_generation() throws IOException {
        String group = StockClients.unique("g");
        raw.findCoordinator(4, group, 0);
        long producerId = raw.init(4, id).producerId();
        TxnOffsetCommitRequestData unknown =
                raw.offsetCommit(id, producerId, 0, group, topic, 1).setGenerationId(3);
        assertThat(raw.commitOffsets(5, unknown)).isEqualTo(Errors.ILLEGAL_GENERATION);

        clients.produce(topic, 1, "for a member");
        try (KafkaConsumer<String, String> consumer = clients.subscribed(group, topic)) {
            StockClients.poll(consumer, 1);
            TxnOffsetCommitRequestData stranger =
                    raw.offsetCommit(id, producerId, 0, group, topic, 1)
                            .setMemberId("stranger")
                            .setGenerationId(consumer.groupMetadata().generationId());
            assertThat(raw.commitOffsets(5, stranger)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
            TxnOffsetCommitRequestData late =
                    raw.offsetCommit(id, producerId, 0, group, topic, 1)
                            .setMemberId(consumer.groupMetadata().memberId())
                            .setGenerationId(consumer.groupMetadata().generationId() + 1);
            assertThat(raw.commitOffsets(5, late)).isEqualTo(Errors.ILLEGAL_GENERATION);
            TxnOffsetCommitRequestData anonymous =
                    raw.offsetCommit(id, producerId, 0, group, topic, 1);
            assertThat(raw.commitOffsets(5, anonymous)).isEqualTo(Errors.NONE);
        }
    }

    // ---- markers

    @Test
    void a_late_marker_does_not_end_the_next_transaction() throws IOException {
        String alone = newTopic();
        long producerId = raw.init(4, id).producerId();
        raw.produce(12, id, producerId, 0, 0, alone, 0, "first");
        raw.end(5, id, producerId, 0, true);
        assertThat(raw.produce(12, id, producerId, 1, 0, alone, 0, "second"))
                .isEqualTo(Errors.NONE);

        assertThat(raw.writeMarker(2, producerId, 1, true, 100, 2, alone))
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
        assertThat(raw.writeMarker(2, producerId, 0, true, 100, 2, alone))
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
        assertThat(raw.writeMarker(1, producerId, 0, true, 100, 0, alone))
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);

        raw.end(5, id, producerId, 1, false);
    }

    @Test
    void a_marker_of_an_older_coordinator_is_refused() throws IOException {
        String alone = newTopic();
        long producerId = 5_000_000_000L;
        assertThat(raw.writeMarker(1, producerId, 0, true, 7, 0, alone)).isEqualTo(Errors.NONE);

        assertThat(raw.writeMarker(1, producerId, 0, true, 6, 0, alone))
                .isEqualTo(Errors.TRANSACTION_COORDINATOR_FENCED);
        assertThat(raw.writeMarker(2, producerId, 0, true, 7, 2, alone)).isEqualTo(Errors.NONE);
        assertThat(raw.writeMarker(1, producerId, 0, true, 7, 0, "nowhere"))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    // ---- questions

    @Test
    void transactions_and_their_producers_are_described() throws IOException {
        String alone = newTopic();
        long producerId = raw.init(4, id, 40_000, -1, -1).producerId();
        raw.produce(12, id, producerId, 0, 0, alone, 0, "open");

        DescribeTransactionsResponseData described =
                raw.client()
                        .call(
                                ApiKeys.DESCRIBE_TRANSACTIONS,
                                0,
                                new DescribeTransactionsRequestData()
                                        .setTransactionalIds(List.of(id, id + "-unknown")),
                                DescribeTransactionsResponseData::new);
        DescribeTransactionsResponseData.TransactionState state =
                described.transactionStates().get(0);
        assertThat(state.transactionState()).isEqualTo("Ongoing");
        assertThat(state.producerId()).isEqualTo(producerId);
        assertThat(state.producerEpoch()).isZero();
        assertThat(state.transactionTimeoutMs()).isEqualTo(40_000);
        assertThat(state.topics().find(alone).partitions()).containsExactly(0);
        assertThat(described.transactionStates().get(1).errorCode())
                .isEqualTo(Errors.TRANSACTIONAL_ID_NOT_FOUND.code());

        DescribeProducersResponseData.PartitionResponse producers = producersOf(alone);
        assertThat(producers.activeProducers()).hasSize(1);
        DescribeProducersResponseData.ProducerState open = producers.activeProducers().get(0);
        assertThat(open.producerId()).isEqualTo(producerId);
        assertThat(open.lastSequence()).isZero();
        assertThat(open.currentTxnStartOffset()).isZero();
        assertThat(open.coordinatorEpoch()).isEqualTo(-1);

        raw.end(5, id, producerId, 0, true);
        Awaitility.await()
                .untilAsserted(
                        () -> {
                            DescribeProducersResponseData.ProducerState ended =
                                    producersOf(alone).activeProducers().get(0);
                            assertThat(ended.currentTxnStartOffset()).isEqualTo(-1);
                            assertThat(ended.producerEpoch()).isEqualTo(1);
                            assertThat(ended.coordinatorEpoch()).isNotNegative();
                        });
    }

    private static DescribeProducersResponseData.PartitionResponse producersOf(String topic)
            throws IOException {
        return raw.client()
                .call(
                        ApiKeys.DESCRIBE_PRODUCERS,
                        0,
                        new DescribeProducersRequestData()
                                .setTopics(
                                        List.of(
                                                new DescribeProducersRequestData.TopicRequest()
                                                        .setName(topic)
                                                        .setPartitionIndexes(List.of(0)))),
                        DescribeProducersResponseData::new)
                .topics()
                .get(0)
                .partitions()
                .get(0);
    }

    @Test
    void transactions_are_listed_by_state_producer_duration_and_pattern() throws IOException {
        long producerId = raw.init(4, id).producerId();
        raw.add(3, id, producerId, 0, topic, 0);
        String idle = id + "-idle";
        raw.init(4, idle);

        assertThat(list(0, new ListTransactionsRequestData())).contains(id, idle);
        ListTransactionsRequestData ongoing =
                new ListTransactionsRequestData().setStateFilters(List.of("Ongoing", "Tired"));
        assertThat(list(1, ongoing)).contains(id).doesNotContain(idle);
        assertThat(listed(1, ongoing).unknownStateFilters()).containsExactly("Tired");
        assertThat(
                        list(
                                0,
                                new ListTransactionsRequestData()
                                        .setProducerIdFilters(List.of(producerId))))
                .containsExactly(id);
        assertThat(
                        list(
                                1,
                                new ListTransactionsRequestData()
                                        .setStateFilters(List.of("Ongoing"))
                                        .setDurationFilter(3_600_000)))
                .doesNotContain(id);
        assertThat(list(2, new ListTransactionsRequestData().setTransactionalIdPattern(id + ".*")))
                .containsExactlyInAnyOrder(id, idle);
        assertThat(
                        listed(
                                        2,
                                        new ListTransactionsRequestData()
                                                .setTransactionalIdPattern("(oops"))
                                .errorCode())
                .isEqualTo(Errors.INVALID_REGULAR_EXPRESSION.code());
        raw.end(4, id, producerId, 0, false);
    }

    private static ListTransactionsResponseData listed(
            int version, ListTransactionsRequestData request) throws IOException {
        return raw.client()
                .call(
                        ApiKeys.LIST_TRANSACTIONS,
                        version,
                        request,
                        ListTransactionsResponseData::new);
    }

    private static List<String> list(int version, ListTransactionsRequestData request)
            throws IOException {
        return listed(version, request).transactionStates().stream()
                .map(ListTransactionsResponseData.TransactionState::transactionalId)
                .toList();
    }
}
