package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.wire.RawClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Incremental fetch sessions (KIP-227) as bytes on a socket, and as a stock consumer uses them. */
class FetchSessionTest {
    private static final int BY_NAME = 12;
    private static final int BY_ID = 17;

    private static TestBroker broker;
    private static Clients clients;
    private static Admin admin;
    private static KafkaProducer<String, String> producer;

    private RawClient client;
    private String topic;
    private Uuid topicId;

    @BeforeAll
    static void start() {
        broker = TestBroker.start();
        clients = new Clients(broker.bootstrapServers());
        admin = clients.admin();
        producer = clients.producer(Map.of());
    }

    @AfterAll
    static void stop() {
        producer.close();
        admin.close();
        broker.close();
    }

    @BeforeEach
    void connect() throws Exception {
        String[] address = broker.bootstrapServers().split(":");
        client = new RawClient(new InetSocketAddress(address[0], Integer.parseInt(address[1])));
        topic = "sessions-" + UUID.randomUUID();
        topicId = create(topic, 3);
        for (int partition = 0; partition < 3; partition++) {
            produce(partition, "first of " + partition);
        }
    }

    @AfterEach
    void disconnect() throws Exception {
        client.close();
        admin.deleteTopics(List.of(topic)).all().get(10, TimeUnit.SECONDS);
    }

    private static Uuid create(String name, int partitions) throws Exception {
        return admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                .topicId(name)
                .get(20, TimeUnit.SECONDS);
    }

    private void produce(int partition, String value) throws Exception {
        producer.send(new ProducerRecord<>(topic, partition, null, value))
                .get(10, TimeUnit.SECONDS);
    }

    private static FetchPartition from(int partition, long offset) {
        return new FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(1 << 20);
    }

    private FetchRequestData request(int sessionId, int epoch, FetchPartition... partitions) {
        FetchRequestData request =
                new FetchRequestData()
                        .setSessionId(sessionId)
                        .setSessionEpoch(epoch)
                        .setMaxWaitMs(100)
                        .setMinBytes(1)
                        .setMaxBytes(1 << 20);
        if (partitions.length > 0) {
            request.topics()
                    .add(
                            new FetchTopic()
                                    .setTopic(topic)
                                    .setTopicId(topicId)
                                    .setPartitions(List.of(partitions)));
        }
        return request;
    }

    private FetchRequestData forget(FetchRequestData request, Integer... partitions) {
        request.forgottenTopicsData()
                .add(
                        new ForgottenTopic()
                                .setTopic(topic)
                                .setTopicId(topicId)
                                .setPartitions(List.of(partitions)));
        return request;
    }

    private FetchResponseData fetch(int version, FetchRequestData request) throws IOException {
        client.send(ApiKeys.FETCH, version, 2, request);
        return (FetchResponseData) client.receive(ApiKeys.FETCH, version).body();
    }

    /** A session in which everything up to the end has been read. */
    private int openAtTheEnd(int version) throws IOException {
        FetchResponseData opened =
                fetch(version, request(0, 0, from(0, 1), from(1, 1), from(2, 1)));
        assertThat(opened.sessionId()).isPositive();
        return opened.sessionId();
    }

    private static List<PartitionData> partitions(FetchResponseData response) {
        return response.responses().stream().flatMap(t -> t.partitions().stream()).toList();
    }

    private static List<Integer> numbers(FetchResponseData response) {
        return partitions(response).stream().map(PartitionData::partitionIndex).toList();
    }

    private static Errors error(FetchResponseData response) {
        return Errors.forCode(response.errorCode());
    }

    @Test
    void the_first_answer_has_all_partitions_and_the_next_only_those_with_news() throws Exception {
        for (int version : new int[] {BY_NAME, BY_ID}) {
            FetchResponseData opened =
                    fetch(version, request(0, 0, from(0, 0), from(1, 1), from(2, 1)));
            assertThat(numbers(opened)).containsExactlyInAnyOrder(0, 1, 2);
            int id = opened.sessionId();

            FetchResponseData quiet = fetch(version, request(id, 1, from(0, 1)));
            assertThat(error(quiet)).isEqualTo(Errors.NONE);
            assertThat(quiet.sessionId()).isEqualTo(id);
            assertThat(quiet.responses()).isEmpty();
        }

        int id = openAtTheEnd(BY_ID);
        produce(1, "news");
        FetchResponseData news = fetch(BY_ID, request(id, 1));
        assertThat(numbers(news)).containsExactly(1);
        assertThat(news.responses().get(0).topicId()).isEqualTo(topicId);
        assertThat(partitions(news).get(0).records().sizeInBytes()).isPositive();
        assertThat(partitions(news).get(0).highWatermark()).isEqualTo(2);
    }

    @Test
    void a_partition_that_is_read_on_is_told_again_as_long_as_it_has_records() throws Exception {
        int id = openAtTheEnd(BY_ID);
        produce(2, "news");
        assertThat(numbers(fetch(BY_ID, request(id, 1)))).containsExactly(2);
        assertThat(numbers(fetch(BY_ID, request(id, 2)))).containsExactly(2);
        assertThat(numbers(fetch(BY_ID, request(id, 3, from(2, 2))))).isEmpty();
    }

    @Test
    void a_waiting_incremental_request_is_answered_by_a_partition_it_does_not_name()
            throws Exception {
        int id = openAtTheEnd(BY_ID);
        client.send(ApiKeys.FETCH, BY_ID, 9, request(id, 1).setMaxWaitMs(8000));
        produce(0, "woken");

        FetchResponseData answer = (FetchResponseData) client.receive(ApiKeys.FETCH, BY_ID).body();
        assertThat(numbers(answer)).containsExactly(0);
    }

    @Test
    void a_request_out_of_turn_is_refused_and_does_not_count() throws Exception {
        int id = openAtTheEnd(BY_ID);
        FetchResponseData tooEarly = fetch(BY_ID, request(id, 2));
        assertThat(error(tooEarly)).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
        assertThat(tooEarly.sessionId()).isZero();
        assertThat(tooEarly.responses()).isEmpty();

        assertThat(error(fetch(BY_ID, request(id, 1)))).isEqualTo(Errors.NONE);
        assertThat(error(fetch(BY_ID, request(id, 1))))
                .isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
    }

    @Test
    void a_session_that_nobody_opened_is_not_found() throws Exception {
        assertThat(error(fetch(BY_ID, request(0, 1)))).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(error(fetch(BY_ID, request(2_000_000_000, 7))))
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    @Test
    void a_session_by_names_is_not_read_on_by_ids_nor_the_other_way_round() throws Exception {
        int byName = openAtTheEnd(BY_NAME);
        assertThat(error(fetch(BY_ID, request(byName, 1))))
                .isEqualTo(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
        int byId = openAtTheEnd(BY_ID);
        assertThat(error(fetch(BY_NAME, request(byId, 1))))
                .isEqualTo(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
    }

    @Test
    void forgotten_partitions_are_not_read_and_without_any_left_the_session_ends()
            throws Exception {
        int id = openAtTheEnd(BY_ID);
        produce(0, "unheard");
        produce(1, "heard");
        assertThat(numbers(fetch(BY_ID, forget(request(id, 1), 0)))).containsExactly(1);

        FetchResponseData last = fetch(BY_ID, forget(request(id, 2), 1, 2));
        assertThat(error(last)).isEqualTo(Errors.NONE);
        assertThat(last.sessionId()).isZero();
        assertThat(last.responses()).isEmpty();
        assertThat(error(fetch(BY_ID, request(id, 3))))
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    @Test
    void a_partition_may_join_later_and_is_told_in_full() throws Exception {
        FetchResponseData opened = fetch(BY_ID, request(0, 0, from(0, 1)));
        FetchResponseData joined = fetch(BY_ID, request(opened.sessionId(), 1, from(1, 1)));
        assertThat(numbers(joined)).containsExactly(1);
        assertThat(partitions(joined).get(0).highWatermark()).isEqualTo(1);
    }

    @Test
    void an_error_is_told_every_time_and_its_end_too() throws Exception {
        FetchResponseData opened = fetch(BY_ID, request(0, 0, from(0, 99), from(1, 1)));
        int id = opened.sessionId();
        for (int epoch = 1; epoch < 3; epoch++) {
            FetchResponseData again = fetch(BY_ID, request(id, epoch));
            assertThat(numbers(again)).containsExactly(0);
            assertThat(Errors.forCode(partitions(again).get(0).errorCode()))
                    .isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
        }
        FetchResponseData over = fetch(BY_ID, request(id, 3, from(0, 1)));
        assertThat(numbers(over)).containsExactly(0);
        assertThat(partitions(over).get(0).errorCode()).isZero();
        assertThat(partitions(over).get(0).highWatermark()).isEqualTo(1);
    }

    @Test
    void an_unknown_topic_does_not_keep_others_from_being_read() throws Exception {
        FetchRequestData request = request(0, 0, from(0, 0));
        request.topics()
                .add(
                        new FetchTopic()
                                .setTopicId(Uuid.randomUuid())
                                .setPartitions(List.of(from(0, 0))));
        FetchResponseData opened = fetch(BY_ID, request);
        assertThat(error(opened)).isEqualTo(Errors.NONE);
        assertThat(opened.sessionId()).isPositive();
        assertThat(partitions(opened))
                .extracting(PartitionData::errorCode)
                .containsExactlyInAnyOrder(Errors.NONE.code(), Errors.UNKNOWN_TOPIC_ID.code());
    }

    @Test
    void a_raised_log_start_is_news() throws Exception {
        int id = openAtTheEnd(BY_ID);
        admin.deleteRecords(Map.of(new TopicPartition(topic, 1), RecordsToDelete.beforeOffset(1)))
                .all()
                .get(10, TimeUnit.SECONDS);

        FetchResponseData answer = fetch(BY_ID, request(id, 1));
        assertThat(numbers(answer)).containsExactly(1);
        assertThat(partitions(answer).get(0).logStartOffset()).isEqualTo(1);
    }

    @Test
    void a_whole_request_ends_the_session_it_names_and_may_open_another() throws Exception {
        int id = openAtTheEnd(BY_ID);
        int other = fetch(BY_ID, request(id, 0, from(0, 1))).sessionId();
        assertThat(other).isPositive().isNotEqualTo(id);
        assertThat(error(fetch(BY_ID, request(id, 1))))
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);

        FetchResponseData goodBye = fetch(BY_ID, request(other, -1));
        assertThat(error(goodBye)).isEqualTo(Errors.NONE);
        assertThat(goodBye.sessionId()).isZero();
        assertThat(error(fetch(BY_ID, request(other, 1))))
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    @Test
    void without_a_session_nothing_is_left_out() throws Exception {
        for (int i = 0; i < 2; i++) {
            FetchResponseData answer = fetch(BY_ID, request(0, -1, from(0, 1), from(1, 1)));
            assertThat(answer.sessionId()).isZero();
            assertThat(numbers(answer)).containsExactlyInAnyOrder(0, 1);
        }
    }

    @Test
    void who_got_records_stands_at_the_end_of_the_line() throws Exception {
        String large = "x".repeat(5000);
        for (int partition = 0; partition < 3; partition++) {
            produce(partition, large);
            produce(partition, large);
        }
        int id = openAtTheEnd(BY_ID);
        int[] turns = new int[3];
        for (int epoch = 1; epoch <= 6; epoch++) {
            FetchResponseData answer = fetch(BY_ID, request(id, epoch).setMaxBytes(100));
            List<PartitionData> served =
                    partitions(answer).stream().filter(p -> p.records().sizeInBytes() > 0).toList();
            assertThat(served).hasSize(1);
            turns[served.get(0).partitionIndex()]++;
        }
        assertThat(turns).containsOnly(2);
    }

    @Test
    void a_consumer_of_many_partitions_sends_small_requests() throws Exception {
        String many = "sessions-" + UUID.randomUUID();
        create(many, 200);
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(Map.of("fetch.max.wait.ms", "50"))) {
            List<TopicPartition> all =
                    IntStream.range(0, 200).mapToObj(p -> new TopicPartition(many, p)).toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            int seen = 0;
            for (int i = 0; i < 200; i++) {
                producer.send(new ProducerRecord<>(many, i, null, "v" + i));
            }
            producer.flush();
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (seen < 200 && System.nanoTime() - deadlineNs < 0) {
                seen += consumer.poll(Duration.ofMillis(100)).count();
            }
            assertThat(seen).isEqualTo(200);
            // Whole ones would name 200 partitions of 40 bytes each.
            long before = requests(consumer);
            double bytesBefore = requestBytes(consumer);
            while (requests(consumer) < before + 20 && System.nanoTime() - deadlineNs < 0) {
                consumer.poll(Duration.ofMillis(100));
            }
            double average = (requestBytes(consumer) - bytesBefore) / (requests(consumer) - before);
            assertThat(average).isLessThan(500);
        }
        admin.deleteTopics(List.of(many)).all().get(20, TimeUnit.SECONDS);
    }

    private static long requests(KafkaConsumer<?, ?> consumer) {
        return (long) metric(consumer, "request-total");
    }

    private static double requestBytes(KafkaConsumer<?, ?> consumer) {
        return metric(consumer, "outgoing-byte-total");
    }

    private static double metric(KafkaConsumer<?, ?> consumer, String name) {
        return consumer.metrics().entrySet().stream()
                .filter(
                        metric ->
                                metric.getKey().name().equals(name)
                                        && metric.getKey().group().equals("consumer-metrics"))
                .mapToDouble(metric -> (Double) metric.getValue().metricValue())
                .findFirst()
                .orElseThrow(
                        () ->
                                new AssertionError(
                                        "no metric "
                                                + name
                                                + " among "
                                                + Arrays.toString(
                                                        consumer.metrics().keySet().toArray())));
    }
}
