package dev.millrace.broker.txn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.broker.TestBroker;
import dev.millrace.broker.group.StockClients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
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
        broker = TestBroker.start(Map.of("transaction.state.log.num.partitions", "4"));
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
        KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(
                        Map.of(
                                "bootstrap.servers",
                                broker.bootstrapServers(),
                                "isolation.level",
                                isolation),
                        new StringDeserializer(),
                        new StringDeserializer());
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
