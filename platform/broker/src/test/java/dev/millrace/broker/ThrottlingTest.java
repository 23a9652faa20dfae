package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.wire.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Quotas from the client's side: what it gets through in a given time, and what it is told. With
 * Kafka's windows a client may use ten seconds' worth at once, before it is held to its rate; the
 * numbers of bytes expected here are what went through Apache Kafka 4.3.1 ({@code
 * -Dmillrace.test.bootstrap}).
 */
class ThrottlingTest {
    private static final String HOST = "127.0.0.1";
    private static final int RATE = 200_000;

    /** {@code quota.window.num} - 1 windows of a second. */
    private static final int BURST_S = 10;

    private static final int LONG_SECONDS = 30;

    /** {@code -Dmillrace.test.throttling.long}: a longer measure, beyond the first windows. */
    private static final boolean LONG = Boolean.getBoolean("millrace.test.throttling.long");

    private static final int SIZE = 40_000;

    /** Enough to see a client held to its rate. */
    private static final int THROTTLED_OFTEN = 5;

    /**
     * Bytes against the time that they really took, so that a slow machine, which sends less,
     * proves the same.
     */
    private static final class Measure {
        private final long startNs = System.nanoTime();
        private long bytes;
        private long bytesBeforeFirst = -1;
        private int throttled;

        boolean goesOn() {
            if (LONG) {
                return msSince(startNs) < LONG_SECONDS * 1000L;
            }
            assertThat(msSince(startNs)).as("until it is throttled").isLessThan(60_000);
            return throttled < THROTTLED_OFTEN;
        }

        void passed(int more) {
            bytes += more;
        }

        void throttled() {
            throttled++;
            if (bytesBeforeFirst < 0) {
                bytesBeforeFirst = bytes;
            }
        }

        /**
         * @param kafkas bytes that went through Apache Kafka in the long form
         */
        void check(double kafkas) {
            double seconds = msSince(startNs) / 1e3;
            if (LONG) {
                assertThat((double) bytes).isCloseTo(kafkas, within(kafkas / 10));
            }
            // All of the burst, before anything is delayed.
            assertThat(bytesBeforeFirst).isGreaterThan(RATE * BURST_S - SIZE);
            // And then the rate; a window, because they are counted by windows.
            assertThat((double) bytes).isLessThan(RATE * (BURST_S + seconds + 1) + 2 * SIZE);
        }
    }

    private static TestBroker broker;

    private final String clientId = Clients.uniqueName("throttled");
    private final String topic = Clients.uniqueName("throttling");
    private Admin admin;

    @BeforeAll
    static void startBroker() {
        broker = TestBroker.start();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void connect() {
        admin = new Clients(broker.bootstrapServers()).admin();
    }

    @AfterEach
    void disconnect() {
        admin.close();
    }

    private static InetSocketAddress address() {
        return new InetSocketAddress(
                InetAddress.getLoopbackAddress(),
                Integer.parseInt(broker.bootstrapServers().split(":", -1)[1]));
    }

    private static ClientQuotaEntity client(@Nullable String name) {
        Map<String, @Nullable String> names = new HashMap<>();
        names.put(ClientQuotaEntity.CLIENT_ID, name);
        return new ClientQuotaEntity(names);
    }

    private void set(String key, @Nullable Double value) throws Exception {
        set(client(clientId), key, value);
    }

    private void set(ClientQuotaEntity entity, String key, @Nullable Double value)
            throws Exception {
        admin.alterClientQuotas(
                        List.of(
                                new ClientQuotaAlteration(
                                        entity, List.of(new ClientQuotaAlteration.Op(key, value)))))
                .all()
                .get(20, TimeUnit.SECONDS);
    }

    private void createTopic() throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                .all()
                .get(20, TimeUnit.SECONDS);
        // A stock producer tries until its leader is there.
        try (KafkaProducer<String, String> producer =
                new Clients(broker.bootstrapServers()).producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic, "first")).get(20, TimeUnit.SECONDS);
        }
    }

    private static long msSince(long startNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    private ProduceRequestData produce(int bytes) {
        ByteBuffer batch = Batches.of("x".repeat(bytes));
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) 1).setTimeoutMs(10_000);
        request.topicData()
                .add(
                        new ProduceRequestData.TopicProduceData()
                                .setName(topic)
                                .setPartitionData(List.of(RawClient.partition(0, batch))));
        return request;
    }

    private static int produce(RawClient client, ProduceRequestData request) throws IOException {
        client.send(ApiKeys.PRODUCE, 9, 1, request);
        ProduceResponseData response =
                (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 9).body();
        assertThat(response.responses().iterator().next().partitionResponses().get(0).errorCode())
                .isZero();
        return response.throttleTimeMs();
    }

    @Test
    void a_producer_gets_through_what_its_byte_rate_allows_and_is_told_how_long_it_waits()
            throws Exception {
        createTopic();
        set("producer_byte_rate", (double) RATE);
        Measure measure = new Measure();
        try (RawClient client = new RawClient(address(), clientId)) {
            ProduceRequestData request = produce(SIZE);
            long throttledSinceNs = System.nanoTime();
            int throttledMs = 0;
            while (measure.goesOn()) {
                long beforeNs = System.nanoTime();
                int throttleMs = produce(client, request);
                // The connection was muted after the request before this one had come.
                assertThat(msSince(throttledSinceNs)).isGreaterThanOrEqualTo(throttledMs - 1);
                throttledSinceNs = beforeNs;
                throttledMs = throttleMs;
                measure.passed(SIZE);
                if (throttleMs > 0) {
                    // What one request too many takes of the rate, and no more.
                    assertThat(throttleMs).isBetween(1, 1_000);
                    measure.throttled();
                }
            }
        } finally {
            set("producer_byte_rate", null);
        }

        measure.check(6_960_000);
    }

    @Test
    void a_consumer_over_its_byte_rate_gets_empty_answers_and_no_more_than_the_rate()
            throws Exception {
        createTopic();
        try (RawClient client = new RawClient(address())) {
            produce(client, produce(SIZE));
        }
        set("consumer_byte_rate", (double) RATE);
        Measure measure = new Measure();
        try (RawClient client = new RawClient(address(), clientId)) {
            while (measure.goesOn()) {
                // The same record again and again; the one before it is small.
                FetchResponseData response = fetch(client, 1);
                if (response.throttleTimeMs() > 0) {
                    assertThat(response.responses()).isEmpty();
                    measure.throttled();
                } else {
                    int bytes =
                            RawClient.batches(response.responses().get(0).partitions().get(0))
                                    .remaining();
                    assertThat(bytes).isGreaterThanOrEqualTo(SIZE);
                    measure.passed(bytes);
                }
            }
        } finally {
            set("consumer_byte_rate", null);
        }

        measure.check(6_724_000);
    }

    private FetchResponseData fetch(RawClient client, long offset) throws IOException {
        client.send(
                ApiKeys.FETCH,
                12,
                1,
                new FetchRequestData()
                        .setMaxWaitMs(500)
                        .setMinBytes(1)
                        .setMaxBytes(1 << 20)
                        .setSessionEpoch(-1)
                        .setTopics(
                                List.of(
                                        new FetchRequestData.FetchTopic()
                                                .setTopic(topic)
                                                .setPartitions(
                                                        List.of(
                                                                new FetchRequestData
                                                                                .FetchPartition()
                                                                        .setPartition(0)
                                                                        .setFetchOffset(offset)
                                                                        .setPartitionMaxBytes(
                                                                                41_000))))));
        return (FetchResponseData) client.receive(ApiKeys.FETCH, 12).body();
    }

    @Test
    void a_stock_consumer_with_sessions_gets_every_record_in_the_end() throws Exception {
        createTopic();
        int records = 60;
        try (RawClient client = new RawClient(address())) {
            for (int i = 0; i < records; i++) {
                produce(client, produce(40_000));
            }
        }
        set("consumer_byte_rate", (double) RATE);
        try (KafkaConsumer<String, String> consumer =
                new Clients(broker.bootstrapServers())
                        .consumer(
                                Map.of(
                                        "client.id",
                                        clientId,
                                        "max.partition.fetch.bytes",
                                        50_000))) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            consumer.seekToBeginning(consumer.assignment());

            // 2.4 MB where 2 are a burst: the rest has to wait.
            assertThat(Clients.poll(consumer, records + 1))
                    .extracting(ConsumerRecord::offset)
                    .isEqualTo(LongStream.rangeClosed(0, records).boxed().toList());
        } finally {
            set("consumer_byte_rate", null);
        }
    }

    @Test
    void a_client_that_takes_too_much_time_is_delayed_by_a_window_at_most() throws Exception {
        set("request_percentage", 0.001);
        try (RawClient client = new RawClient(address(), clientId)) {
            int throttleMs = 0;
            for (int i = 0; i < 100 && throttleMs == 0; i++) {
                client.send(ApiKeys.METADATA, 12, 1, new MetadataRequestData().setTopics(null));
                MetadataResponseData response =
                        (MetadataResponseData) client.receive(ApiKeys.METADATA, 12).body();
                throttleMs = response.throttleTimeMs();
            }
            assertThat(throttleMs).isBetween(1, 1_000);
        } finally {
            set("request_percentage", null);
        }
    }

    private static CreateTopicsRequestData create(String name, int partitions) {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(10_000);
        request.topics()
                .add(
                        new CreateTopicsRequestData.CreatableTopic()
                                .setName(name)
                                .setNumPartitions(partitions)
                                .setReplicationFactor((short) 1));
        return request;
    }

    private static CreateTopicsResponseData create(
            RawClient client, int version, String name, int partitions) throws IOException {
        client.send(ApiKeys.CREATE_TOPICS, version, 1, create(name, partitions));
        return (CreateTopicsResponseData) client.receive(ApiKeys.CREATE_TOPICS, version).body();
    }

    private static Errors error(CreateTopicsResponseData response) {
        return Errors.forCode(response.topics().iterator().next().errorCode());
    }

    @Test
    void topics_beyond_the_mutation_rate_are_refused_to_new_versions_and_delay_old_ones()
            throws Exception {
        set("controller_mutation_rate", 2.0);
        try (RawClient client = new RawClient(address(), clientId)) {
            // The burst is 22 partitions, and may be exceeded once: here by 20 s' worth.
            CreateTopicsResponseData burst = create(client, 7, topic, 62);
            assertThat(error(burst)).isEqualTo(Errors.NONE);
            assertThat(burst.throttleTimeMs()).isZero();

            CreateTopicsResponseData refused = create(client, 7, topic + "-b", 1);
            assertThat(error(refused)).isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED);
            assertThat(refused.throttleTimeMs()).isBetween(1, 20_000);

            // The first connection is muted for that long.
            try (RawClient other = new RawClient(address(), clientId)) {
                CreateTopicsResponseData late = create(other, 5, topic + "-c", 3);
                assertThat(error(late)).isEqualTo(Errors.NONE);
                assertThat(late.throttleTimeMs()).isBetween(1, 21_500);
            }
        } finally {
            set("controller_mutation_rate", null);
        }
    }

    private static Errors metadata(RawClient client, String name) throws IOException {
        MetadataRequestData request =
                new MetadataRequestData()
                        .setAllowAutoTopicCreation(true)
                        .setTopics(
                                List.of(
                                        new MetadataRequestData.MetadataRequestTopic()
                                                .setName(name)));
        client.send(ApiKeys.METADATA, 12, 1, request);
        MetadataResponseData response =
                (MetadataResponseData) client.receive(ApiKeys.METADATA, 12).body();
        assertThat(response.throttleTimeMs()).isZero();
        return Errors.forCode(response.topics().iterator().next().errorCode());
    }

    @Test
    void topics_that_their_first_use_creates_count_for_the_mutation_rate_too() throws Exception {
        set("controller_mutation_rate", 2.0);
        try (RawClient other = new RawClient(address(), clientId)) {
            try (RawClient client = new RawClient(address(), clientId)) {
                // 20 s' worth beyond the burst.
                assertThat(error(create(client, 7, topic, 62))).isEqualTo(Errors.NONE);
            }
            for (int i = 0; i < 3; i++) {
                assertThat(metadata(other, topic + "-used"))
                        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
            }
            assertThat(admin.listTopics().names().get(20, TimeUnit.SECONDS))
                    .doesNotContain(topic + "-used");

            set("controller_mutation_rate", null);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> metadata(other, topic + "-used") == Errors.NONE);
        } finally {
            set("controller_mutation_rate", null);
        }
    }

    @Test
    void the_admin_client_waits_and_tries_again_unless_it_is_told_not_to() throws Exception {
        Map<String, Object> config =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "client.id", clientId);
        set("controller_mutation_rate", 2.0);
        try (Admin limited = Admin.create(config)) {
            limited.createTopics(List.of(new NewTopic(topic, 28, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
            assertThatThrownBy(
                            () ->
                                    limited.createTopics(
                                                    List.of(
                                                            new NewTopic(
                                                                    topic + "-b", 1, (short) 1)),
                                                    new CreateTopicsOptions()
                                                            .retryOnQuotaViolation(false))
                                            .all()
                                            .get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(ThrottlingQuotaExceededException.class);

            limited.createTopics(List.of(new NewTopic(topic + "-c", 1, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        } finally {
            set("controller_mutation_rate", null);
        }
    }

    @Test
    void quotas_are_described_as_they_were_set() throws Exception {
        ClientQuotaEntity both =
                new ClientQuotaEntity(
                        Map.of(
                                ClientQuotaEntity.USER,
                                clientId,
                                ClientQuotaEntity.CLIENT_ID,
                                clientId));
        set("producer_byte_rate", 1e9);
        set(both, "consumer_byte_rate", 2e9);
        try {
            ClientQuotaFilterComponent named =
                    ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.CLIENT_ID, clientId);
            assertThat(described(ClientQuotaFilter.containsOnly(List.of(named))))
                    .isEqualTo(Map.of(client(clientId), Map.of("producer_byte_rate", 1e9)));
            assertThat(described(ClientQuotaFilter.contains(List.of(named))))
                    .isEqualTo(
                            Map.of(
                                    client(clientId),
                                    Map.of("producer_byte_rate", 1e9),
                                    both,
                                    Map.of("consumer_byte_rate", 2e9)));
            assertThatThrownBy(() -> set("producer_byte_rate", 0.5))
                    .hasCauseInstanceOf(InvalidRequestException.class);
        } finally {
            set("producer_byte_rate", null);
            set(both, "consumer_byte_rate", null);
        }
        assertThat(
                        described(
                                ClientQuotaFilter.contains(
                                        List.of(
                                                ClientQuotaFilterComponent.ofEntity(
                                                        ClientQuotaEntity.CLIENT_ID, clientId)))))
                .isEmpty();
    }

    private Map<ClientQuotaEntity, Map<String, Double>> described(ClientQuotaFilter filter)
            throws Exception {
        return admin.describeClientQuotas(filter).entities().get(20, TimeUnit.SECONDS);
    }

    @Test
    void an_ip_that_connects_too_fast_is_closed_after_a_while_without_an_answer() throws Exception {
        assumeTrue(broker.embedded(), "an external broker has other clients on this IP");
        ClientQuotaEntity ip = new ClientQuotaEntity(Map.of(ClientQuotaEntity.IP, HOST));
        List<RawClient> open = new ArrayList<>();
        set(ip, "connection_creation_rate", 1.0);
        try {
            boolean refused = false;
            for (int i = 0; i < 20 && !refused; i++) {
                RawClient client = new RawClient(address());
                open.add(client);
                client.send(ApiKeys.METADATA, 12, 1, new MetadataRequestData().setTopics(null));
                try {
                    client.receive(ApiKeys.METADATA, 12);
                } catch (IOException e) {
                    refused = true;
                }
            }
            assertThat(refused).isTrue();
            assertThat(open).hasSizeGreaterThan(5);
        } finally {
            for (RawClient client : open) {
                client.close();
            }
            set(ip, "connection_creation_rate", null);
        }
        assertThat(admin.listTopics().names().get(20, TimeUnit.SECONDS)).isInstanceOf(Set.class);
    }
}
