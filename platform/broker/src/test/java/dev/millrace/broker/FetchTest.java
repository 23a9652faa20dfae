package dev.millrace.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.wire.RawClient;
import dev.millrace.wire.RecordingLeakDetector;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetch and Produce as bytes on a socket: what no stock client does on purpose. */
class FetchTest {
    private static final short VERSION = 12;
    private static final String TOPIC = "t";

    @TempDir Path directory;
    private LocalBroker broker;
    private RawClient client;

    @BeforeEach
    void start() throws Exception {
        broker = brokerOn(new InMemoryCluster(1));
        client = new RawClient(broker.broker().address());
        broker.cluster.createTopic(TOPIC, 2, 1, Map.of(), Map.of());
        awaitOpen();
    }

    /** Settings of the broker; subclasses run the same with others. */
    Map<String, String> properties() {
        return Map.of();
    }

    private LocalBroker brokerOn(InMemoryCluster cluster) throws Exception {
        return new LocalBroker(directory, cluster, properties());
    }

    private void awaitOpen() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(
                        () ->
                                produce(0, "first").errorCode() == 0
                                        && produce(1, "first").errorCode() == 0);
    }

    @BeforeAll
    static void watch_every_buffer() throws Exception {
        RecordingLeakDetector.watchEverything();
        RecordingLeakDetector.leaks();
    }

    @AfterAll
    static void nothing_is_leaked() throws Exception {
        assertThat(RecordingLeakDetector.leaks()).isEmpty();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.SIMPLE);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        broker.close();
    }

    private ProduceResponseData.PartitionProduceResponse produce(int partition, String... values)
            throws IOException {
        client.send(ApiKeys.PRODUCE, 9, 1, produceRequest(partition, Batches.of(values)));
        ProduceResponseData response =
                (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 9).body();
        return response.responses().iterator().next().partitionResponses().get(0);
    }

    private static ProduceRequestData produceRequest(int partition, ByteBuffer batches) {
        ProduceRequestData request = new ProduceRequestData().setAcks((short) -1);
        request.topicData()
                .add(
                        new ProduceRequestData.TopicProduceData()
                                .setName(TOPIC)
                                .setPartitionData(
                                        List.of(RawClient.partition(partition, batches))));
        return request;
    }

    private static FetchPartition from(int partition, long offset) {
        return new FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(1 << 20);
    }

    private static FetchRequestData request(FetchPartition... partitions) {
        return new FetchRequestData()
                .setMaxWaitMs(0)
                .setMinBytes(1)
                .setMaxBytes(1 << 20)
                .setTopics(
                        List.of(
                                new FetchTopic()
                                        .setTopic(TOPIC)
                                        .setPartitions(List.of(partitions))));
    }

    private FetchResponseData fetch(FetchRequestData request) throws IOException {
        client.send(ApiKeys.FETCH, VERSION, 2, request);
        return (FetchResponseData) client.receive(ApiKeys.FETCH, VERSION).body();
    }

    private FetchResponseData.PartitionData fetchOne(FetchPartition partition) throws IOException {
        return fetch(request(partition)).responses().get(0).partitions().get(0);
    }

    private static void assertError(FetchResponseData.PartitionData answer, Errors error) {
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(error);
    }

    @Test
    void readers_older_than_zstd_get_what_comes_before_it_and_then_a_refusal() throws IOException {
        ByteBuffer zstd = zstd("a", "b");
        client.send(ApiKeys.PRODUCE, 9, 1, produceRequest(0, zstd));
        client.receive(ApiKeys.PRODUCE, 9);
        long compressed = end(0) - 2;

        assertError(fetchOne(from(0, compressed), 9), Errors.UNSUPPORTED_COMPRESSION_TYPE);
        assertError(fetchOne(from(0, compressed), 10), Errors.NONE);
        FetchResponseData.PartitionData before = fetchOne(from(0, 0), 9);
        assertError(before, Errors.NONE);
        assertThat(before.records().sizeInBytes())
                .isPositive()
                .isLessThan(fetchOne(from(0, 0), 10).records().sizeInBytes());
    }

    private static ByteBuffer zstd(String... values) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.ZSTD);
        for (String value : values) {
            batch.append(System.currentTimeMillis(), null, value.getBytes(UTF_8));
        }
        return batch.build();
    }

    private FetchResponseData.PartitionData fetchOne(FetchPartition partition, int version)
            throws IOException {
        client.send(ApiKeys.FETCH, version, 2, request(partition));
        return ((FetchResponseData) client.receive(ApiKeys.FETCH, version).body())
                .responses()
                .get(0)
                .partitions()
                .get(0);
    }

    @Test
    void a_refusal_names_the_records_that_are_to_blame() throws IOException {
        long nowMs = System.currentTimeMillis();
        RecordBatchBuilder batch = new RecordBatchBuilder();
        for (long aheadMs : new long[] {0, 7_200_000, 0, 7_200_000}) {
            batch.append(nowMs + aheadMs, null, new byte[] {1});
        }
        client.send(ApiKeys.PRODUCE, 9, 1, produceRequest(0, batch.build()));
        ProduceResponseData.PartitionProduceResponse answer =
                ((ProduceResponseData) client.receive(ApiKeys.PRODUCE, 9).body())
                        .responses()
                        .iterator()
                        .next()
                        .partitionResponses()
                        .get(0);

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.INVALID_TIMESTAMP);
        assertThat(answer.errorMessage()).contains("record 1 of the batch");
        assertThat(answer.recordErrors())
                .extracting(ProduceResponseData.BatchIndexAndErrorMessage::batchIndex)
                .containsExactly(1, 3);
        assertThat(answer.recordErrors())
                .allSatisfy(
                        error ->
                                assertThat(error.batchIndexErrorMessage())
                                        .contains("ahead of the broker's clock"));
    }

    @Test
    void an_offset_outside_of_the_log_is_out_of_range() throws IOException {
        assertError(fetchOne(from(0, 99)), Errors.OFFSET_OUT_OF_RANGE);
        assertError(fetchOne(from(0, -7)), Errors.OFFSET_OUT_OF_RANGE);
        assertError(fetchOne(from(0, 1)), Errors.NONE);
    }

    @Test
    void a_partition_or_topic_that_does_not_exist_is_unknown() throws IOException {
        assertError(fetchOne(from(7, 0)), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        FetchRequestData byId = request(from(0, 0));
        byId.topics().get(0).setTopic("").setTopicId(Uuid.randomUuid());
        client.send(ApiKeys.FETCH, 13, 3, byId);
        FetchResponseData answer = (FetchResponseData) client.receive(ApiKeys.FETCH, 13).body();
        assertError(answer.responses().get(0).partitions().get(0), Errors.UNKNOWN_TOPIC_ID);
    }

    @Test
    void an_older_leader_epoch_is_fenced_and_a_newer_one_unknown() throws IOException {
        broker.cluster.setLeaderEpoch(TOPIC, 5);
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertError(
                                        fetchOne(from(0, 0).setCurrentLeaderEpoch(5)),
                                        Errors.NONE));

        assertError(fetchOne(from(0, 0).setCurrentLeaderEpoch(4)), Errors.FENCED_LEADER_EPOCH);
        assertError(fetchOne(from(0, 0).setCurrentLeaderEpoch(6)), Errors.UNKNOWN_LEADER_EPOCH);
    }

    @Test
    void a_reader_that_has_read_beyond_the_end_of_its_epoch_learns_where_it_ended()
            throws IOException {
        long end = produce(0, "x").baseOffset() + 1;
        broker.cluster.setLeaderEpoch(TOPIC, 3);
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertError(
                                        fetchOne(from(0, 0).setCurrentLeaderEpoch(3)),
                                        Errors.NONE));
        produce(0, "y", "z");

        FetchResponseData.PartitionData answer =
                fetchOne(from(0, end + 1).setLastFetchedEpoch(0).setCurrentLeaderEpoch(3));

        assertError(answer, Errors.NONE);
        assertThat(answer.divergingEpoch().epoch()).isZero();
        assertThat(answer.divergingEpoch().endOffset()).isEqualTo(end);
        assertThat(answer.records().sizeInBytes()).isZero();
    }

    @Test
    void max_bytes_bounds_the_whole_answer_but_one_batch_always_fits() throws IOException {
        String large = "x".repeat(5000);
        long offset = produce(0, large).baseOffset();
        produce(0, large);
        long other = produce(1, large).baseOffset();

        List<FetchResponseData.PartitionData> answers =
                fetch(request(from(0, offset), from(1, other)).setMaxBytes(6000))
                        .responses()
                        .get(0)
                        .partitions();

        assertThat(answers.get(0).records().sizeInBytes()).isBetween(5000, 6000);
        assertThat(answers.get(1).records().sizeInBytes()).isZero();

        assertThat(fetchOne(from(0, offset).setPartitionMaxBytes(10)).records().sizeInBytes())
                .isBetween(5000, 6000);
    }

    @Test
    void a_fetch_waits_on_all_its_partitions_and_a_record_in_one_of_them_answers_it()
            throws IOException {
        try (RawClient waiting = new RawClient(broker.broker().address())) {
            waiting.send(
                    ApiKeys.FETCH,
                    VERSION,
                    9,
                    request(from(0, end(0)), from(1, end(1))).setMaxWaitMs(8000));
            produce(1, "woken");

            FetchResponseData answer =
                    (FetchResponseData) waiting.receive(ApiKeys.FETCH, VERSION).body();
            List<FetchResponseData.PartitionData> partitions =
                    answer.responses().get(0).partitions();
            assertThat(partitions.get(0).records().sizeInBytes()).isZero();
            assertThat(partitions.get(1).records().sizeInBytes()).isPositive();
        }
    }

    private long end(int partition) throws IOException {
        return fetchOne(from(partition, 0)).highWatermark();
    }

    @Test
    void a_fetch_on_a_topic_that_is_deleted_is_answered_at_once() throws IOException {
        try (RawClient waiting = new RawClient(broker.broker().address())) {
            waiting.send(ApiKeys.FETCH, VERSION, 9, request(from(0, end(0))).setMaxWaitMs(9000));
            broker.cluster.deleteTopic(broker.cluster.image().topic(TOPIC).orElseThrow().id());

            FetchResponseData answer =
                    (FetchResponseData) waiting.receive(ApiKeys.FETCH, VERSION).body();
            assertError(
                    answer.responses().get(0).partitions().get(0),
                    Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
    }

    @Test
    void many_fetches_may_wait_and_each_is_answered_once() throws Exception {
        List<RawClient> waiting = new ArrayList<>();
        long end = end(0);
        for (int i = 0; i < 50; i++) {
            RawClient one = new RawClient(broker.broker().address());
            one.send(ApiKeys.FETCH, VERSION, i, request(from(0, end)).setMaxWaitMs(9000));
            waiting.add(one);
        }
        produce(0, "for all");
        for (int i = 0; i < waiting.size(); i++) {
            RawClient.Response response = waiting.get(i).receive(ApiKeys.FETCH, VERSION);
            assertThat(response.correlationId()).isEqualTo(i);
            FetchResponseData answer = (FetchResponseData) response.body();
            assertThat(answer.responses().get(0).partitions().get(0).records().sizeInBytes())
                    .isPositive();
            waiting.get(i).close();
        }
    }

    @Test
    void records_that_have_left_memory_come_from_the_file_byte_for_byte() throws Exception {
        long first = end(0);
        for (int i = 0; i < 300; i++) {
            produce(0, "record " + i + " " + "x".repeat(2000));
        }
        // A restarted broker has nothing in memory.
        InMemoryCluster cluster = broker.cluster;
        stop();
        broker = brokerOn(cluster);
        client = new RawClient(broker.broker().address());

        List<Long> offsets = new ArrayList<>();
        long next = first;
        while (next < first + 300) {
            ByteBuffer batches = RawClient.batches(fetchOne(from(0, next)));
            int position = 0;
            while (position < batches.limit()) {
                RecordBatchView batch = RecordBatchView.at(batches, position).requireCrc();
                offsets.add(batch.baseOffset());
                next = batch.nextOffset();
                position += batch.sizeBytes();
            }
        }
        assertThat(offsets).hasSize(300).isSorted().startsWith(first);
    }

    @Test
    void a_corrupt_batch_is_refused_and_nothing_of_it_is_stored() throws IOException {
        long end = end(0);
        ByteBuffer batch = Batches.of("abc");
        batch.put(batch.limit() - 2, (byte) (batch.get(batch.limit() - 2) ^ 1));
        client.send(ApiKeys.PRODUCE, 9, 1, produceRequest(0, batch));
        ProduceResponseData response =
                (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 9).body();

        assertThat(
                        Errors.forCode(
                                response.responses()
                                        .iterator()
                                        .next()
                                        .partitionResponses()
                                        .get(0)
                                        .errorCode()))
                .isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(end(0)).isEqualTo(end);
    }

    @Test
    void what_a_produce_may_not_do_is_refused_for_its_partition() throws IOException {
        assertThat(refusal(request -> request.setAcks((short) 2)))
                .isEqualTo(Errors.INVALID_REQUIRED_ACKS);
        ByteBuffer ofNoTransaction =
                Batches.builder("x").producer(1, (short) 0, 0).transactional().build();
        assertThat(
                        refusal(
                                request ->
                                        request.topicData()
                                                .iterator()
                                                .next()
                                                .setPartitionData(
                                                        List.of(
                                                                RawClient.partition(
                                                                        0, ofNoTransaction)))))
                .isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        assertThat(refusal(request -> request.topicData().iterator().next().setName("nowhere")))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    @Test
    void a_produce_without_a_batch_or_with_a_codec_newer_than_its_version_is_refused()
            throws IOException {
        assertThat(
                        refusal(
                                request ->
                                        request.topicData()
                                                .iterator()
                                                .next()
                                                .setPartitionData(
                                                        List.of(
                                                                RawClient.partition(
                                                                        0,
                                                                        ByteBuffer.allocate(0))))))
                .isEqualTo(Errors.INVALID_RECORD);

        ByteBuffer zstd = new RecordBatchBuilder(Codec.ZSTD).append(1, null, new byte[10]).build();
        client.send(ApiKeys.PRODUCE, 6, 1, produceRequest(0, zstd));
        ProduceResponseData response =
                (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 6).body();
        assertThat(response.responses().iterator().next().partitionResponses().get(0).errorCode())
                .isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE.code());
    }

    private Errors refusal(Consumer<ProduceRequestData> change) throws IOException {
        ProduceRequestData request = produceRequest(0, Batches.of("x"));
        change.accept(request);
        client.send(ApiKeys.PRODUCE, 9, 1, request);
        ProduceResponseData response =
                (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 9).body();
        return Errors.forCode(
                response.responses().iterator().next().partitionResponses().get(0).errorCode());
    }
}
