package dev.millrace.broker.txn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.TestBroker;
import dev.millrace.broker.group.StockClients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an application with a stock transactional producer sees. */
@Timeout(60)
class TransactionsTest {
    private static TestBroker broker;
    private StockClients clients;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() {
        broker =
                TestBroker.start(
                        Map.of(
                                "transaction.state.log.num.partitions",
                                "4",
                                "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                                "200"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @BeforeEach
    void connect() {
        clients = new StockClients(broker);
    }

    @AfterEach
    void disconnect() throws Exception {
        for (AutoCloseable client : open) {
            client.close();
        }
        clients.close();
    }

    private KafkaProducer<String, String> producer(String transactionalId) {
        return producer(transactionalId, Map.of());
    }

    private KafkaProducer<String, String> producer(
            String transactionalId, Map<String, Object> overrides) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", broker.bootstrapServers());
        config.put("transactional.id", transactionalId);
        config.put("max.block.ms", 20_000);
        config.putAll(overrides);
        KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
        open.add(() -> producer.close(Duration.ZERO));
        return producer;
    }

    private KafkaConsumer<String, String> reader(String isolation, String topic, int partitions) {
        return reader(isolation, topic, partitions, Map.of());
    }

    private KafkaConsumer<String, String> reader(
            String isolation, String topic, int partitions, Map<String, Object> overrides) {
        Map<String, Object> config = new HashMap<>(overrides);
        config.put("bootstrap.servers", broker.bootstrapServers());
        config.put("isolation.level", isolation);
        KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        open.add(consumer);
        List<TopicPartition> assigned = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            assigned.add(new TopicPartition(topic, i));
        }
        consumer.assign(assigned);
        consumer.seekToBeginning(assigned);
        return consumer;
    }

    private List<String> committed(String topic, int partitions, int count) {
        return StockClients.poll(reader("read_committed", topic, partitions), count);
    }

    @Test
    void committed_records_are_read_in_order_and_aborted_ones_are_not() {
        String topic = clients.createTopic(1);
        KafkaProducer<String, String> producer = producer(StockClients.unique("txn"));
        producer.initTransactions();
        for (int i = 0; i < 10; i++) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, "a" + i));
            producer.send(new ProducerRecord<>(topic, "b" + i));
            if (i % 3 == 1) {
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
            }
        }

        assertThat(committed(topic, 1, 14))
                .containsExactly(
                        "a0", "b0", "a2", "b2", "a3", "b3", "a5", "b5", "a6", "b6", "a8", "b8",
                        "a9", "b9");
    }

    @Test
    void an_open_transaction_is_seen_by_read_uncommitted_only() {
        String topic = clients.createTopic(2);
        KafkaProducer<String, String> producer = producer(StockClients.unique("txn"));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, 0, null, "x"));
        producer.send(new ProducerRecord<>(topic, 1, null, "y"));
        producer.flush();

        assertThat(StockClients.poll(reader("read_uncommitted", topic, 2), 2))
                .containsExactlyInAnyOrder("x", "y");
        KafkaConsumer<String, String> careful = reader("read_committed", topic, 2);
        assertThat(careful.poll(Duration.ofMillis(500)).count()).isZero();
        TopicPartition first = new TopicPartition(topic, 0);
        assertThat(careful.endOffsets(List.of(first))).containsEntry(first, 0L);

        producer.commitTransaction();

        assertThat(StockClients.poll(careful, 2)).containsExactlyInAnyOrder("x", "y");
        assertThat(careful.endOffsets(List.of(first))).containsEntry(first, 2L);
    }

    @Test
    void a_new_producer_fences_the_one_before_and_aborts_its_transaction() {
        String topic = clients.createTopic(1);
        String id = StockClients.unique("txn");
        KafkaProducer<String, String> zombie = producer(id);
        zombie.initTransactions();
        zombie.beginTransaction();
        zombie.send(new ProducerRecord<>(topic, "lost"));
        zombie.flush();

        KafkaProducer<String, String> successor = producer(id);
        successor.initTransactions();
        successor.beginTransaction();
        successor.send(new ProducerRecord<>(topic, "kept"));

        assertThatThrownBy(
                        () -> {
                            zombie.send(new ProducerRecord<>(topic, "late")).get();
                            zombie.commitTransaction();
                        })
                .satisfiesAnyOf(
                        e -> assertThat(e).hasCauseInstanceOf(InvalidProducerEpochException.class),
                        e -> assertThat(e).hasCauseInstanceOf(ProducerFencedException.class),
                        e -> assertThat(e).isInstanceOf(ProducerFencedException.class));
        successor.commitTransaction();

        assertThat(committed(topic, 1, 1)).containsExactly("kept");
    }

    @Test
    void offsets_are_committed_with_the_transaction_or_not_at_all() {
        String input = clients.createTopic(1);
        String output = clients.createTopic(1);
        String group = StockClients.unique("g");
        clients.produce(input, 1, "1", "2", "3", "4");
        KafkaProducer<String, String> producer = producer(StockClients.unique("txn"));
        producer.initTransactions();
        KafkaConsumer<String, String> consumer = clients.subscribed(group, input);
        TopicPartition partition = new TopicPartition(input, 0);
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        while (records.size() < 4) {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        }
        ConsumerGroupMetadata metadata = consumer.groupMetadata();

        producer.beginTransaction();
        producer.send(new ProducerRecord<>(output, "aborted"));
        producer.sendOffsetsToTransaction(
                Map.of(partition, new OffsetAndMetadata(2, "never")), metadata);
        producer.abortTransaction();
        assertThat(
                        StockClients.get(
                                clients.admin()
                                        .listConsumerGroupOffsets(group)
                                        .partitionsToOffsetAndMetadata()))
                .doesNotContainKey(partition);

        producer.beginTransaction();
        producer.send(new ProducerRecord<>(output, "committed"));
        producer.sendOffsetsToTransaction(
                Map.of(partition, new OffsetAndMetadata(4, "done")), metadata);
        producer.commitTransaction();

        assertThat(committed(output, 1, 1)).containsExactly("committed");
        assertThat(
                        StockClients.get(
                                        clients.admin()
                                                .listConsumerGroupOffsets(group)
                                                .partitionsToOffsetAndMetadata())
                                .get(partition))
                .isEqualTo(new OffsetAndMetadata(4, "done"));
    }

    @Test
    void a_reader_that_waits_is_woken_by_the_commit() {
        String topic = clients.createTopic(1);
        KafkaProducer<String, String> producer = producer(StockClients.unique("txn"));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "x"));
        producer.flush();
        KafkaConsumer<String, String> consumer =
                reader("read_committed", topic, 1, Map.of("fetch.max.wait.ms", 15_000));
        assertThat(consumer.poll(Duration.ofMillis(300)).count()).isZero();

        producer.commitTransaction();

        assertThat(consumer.poll(Duration.ofSeconds(5)).count()).isEqualTo(1);
    }

    @Test
    void many_partitions_end_together() {
        String topic = clients.createTopic(40);
        KafkaProducer<String, String> producer = producer(StockClients.unique("txn"));
        producer.initTransactions();
        for (int round = 0; round < 3; round++) {
            producer.beginTransaction();
            for (int i = 0; i < 40; i++) {
                producer.send(new ProducerRecord<>(topic, i, null, round + "-" + i));
            }
            if (round == 1) {
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
            }
        }
        assertThat(committed(topic, 40, 80)).hasSize(80).noneMatch(value -> value.startsWith("1-"));
    }

    @Test
    void a_silent_producer_is_aborted_when_its_time_is_up() {
        String topic = clients.createTopic(1);
        String id = StockClients.unique("txn");
        KafkaProducer<String, String> silent =
                producer(id, Map.of("transaction.timeout.ms", 1_000));
        silent.initTransactions();
        silent.beginTransaction();
        silent.send(new ProducerRecord<>(topic, "never"));
        silent.flush();
        clients.produce(topic, 1, "behind");

        // Apache looks every ten seconds.
        assertThat(committed(topic, 1, 1)).containsExactly("behind");
        assertThatThrownBy(silent::commitTransaction).isInstanceOf(KafkaException.class);
    }

    @Test
    void operators_see_and_end_transactions() throws Exception {
        String topic = clients.createTopic(1);
        String id = StockClients.unique("txn");
        KafkaProducer<String, String> producer = producer(id);
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "hangs"));
        producer.flush();
        TopicPartition partition = new TopicPartition(topic, 0);
        Admin admin = clients.admin();

        TransactionDescription described =
                StockClients.get(admin.describeTransactions(List.of(id)).description(id));
        assertThat(described.state()).isEqualTo(TransactionState.ONGOING);
        assertThat(described.topicPartitions()).containsExactly(partition);
        assertThat(StockClients.get(admin.listTransactions().all()))
                .extracting(TransactionListing::transactionalId)
                .contains(id);
        ProducerState open =
                StockClients.get(
                                admin.describeProducers(List.of(partition))
                                        .partitionResult(partition))
                        .activeProducers()
                        .get(0);
        assertThat(open.currentTransactionStartOffset()).hasValue(0);

        StockClients.get(
                admin.abortTransaction(
                                new AbortTransactionSpec(
                                        partition,
                                        open.producerId(),
                                        (short) open.producerEpoch(),
                                        open.coordinatorEpoch().orElse(-1)))
                        .all());
        clients.produce(topic, 1, "behind");
        assertThat(committed(topic, 1, 1)).containsExactly("behind");

        StockClients.get(admin.fenceProducers(List.of(id)).all());
        assertThatThrownBy(
                        () -> {
                            producer.send(new ProducerRecord<>(topic, "late")).get();
                            producer.commitTransaction();
                        })
                .isInstanceOf(Exception.class);
        assertThat(
                        StockClients.get(admin.describeTransactions(List.of(id)).description(id))
                                .state())
                .isNotEqualTo(TransactionState.ONGOING);
        assertThat(committed(topic, 1, 1)).containsExactly("behind");
    }

    @Test
    void with_the_feature_downgraded_stock_producers_speak_the_older_protocol() {
        assumeTrue(broker.embedded(), "others use Apache's features");
        level((short) 0, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE);
        try {
            committed_records_are_read_in_order_and_aborted_ones_are_not();
            offsets_are_committed_with_the_transaction_or_not_at_all();
            a_new_producer_fences_the_one_before_and_aborts_its_transaction();
        } finally {
            level((short) 2, FeatureUpdate.UpgradeType.UPGRADE);
        }
    }

    private void level(short level, FeatureUpdate.UpgradeType type) {
        StockClients.get(
                clients.admin()
                        .updateFeatures(
                                Map.of("transaction.version", new FeatureUpdate(level, type)),
                                new UpdateFeaturesOptions())
                        .all());
    }

    @Test
    void a_transaction_goes_on_after_a_restart_of_the_broker() {
        assumeTrue(broker.embedded(), "Apache is not restarted");
        String topic = clients.createTopic(1);
        KafkaProducer<String, String> producer = producer(StockClients.unique("txn"));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "before"));
        producer.flush();

        broker.restart();
        producer.send(new ProducerRecord<>(topic, "after"));
        producer.commitTransaction();

        assertThat(committed(topic, 1, 2)).containsExactly("before", "after");
    }

    @Test
    void an_empty_transaction_commits_and_aborts() {
        String topic = clients.createTopic(1);
        KafkaProducer<String, String> producer = producer(StockClients.unique("txn"));
        producer.initTransactions();
        producer.beginTransaction();
        producer.commitTransaction();
        producer.beginTransaction();
        producer.abortTransaction();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "after"));
        producer.commitTransaction();

        assertThat(committed(topic, 1, 1)).containsExactly("after");
    }
}
