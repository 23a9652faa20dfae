package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions over partitions that different brokers lead, while brokers go away. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class ReplicatedTransactionsTest {
    private static final int PARTITIONS = 3;

    @TempDir Path directory;
    private ThreeBrokers cluster;
    private Clients clients;
    private String topic;

    @BeforeEach
    void start() throws Exception {
        cluster = new ThreeBrokers(directory, Map.of());
        clients = cluster.clients();
        topic = Clients.uniqueName("transactions");
        try (Admin admin = clients.admin()) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(
                                                    topic,
                                                    Optional.of(PARTITIONS),
                                                    Optional.of((short) 3))
                                            .configs(Map.of("min.insync.replicas", "2"))))
                    .all()
                    .get(15, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private KafkaProducer<String, String> producer() {
        return clients.producer(
                Map.of(
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG, Clients.uniqueName("id"),
                        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 20_000,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, 40_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 40_000));
    }

    private void write(KafkaProducer<String, String> producer, String value) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            producer.send(new ProducerRecord<>(topic, partition, null, value));
        }
    }

    private List<String> committed(int partition, int count) {
        TopicPartition tp = new TopicPartition(topic, partition);
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(Map.of(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed"))) {
            consumer.assign(List.of(tp));
            consumer.seekToBeginning(List.of(tp));
            return Clients.poll(consumer, count).stream().map(ConsumerRecord::value).toList();
        }
    }

    @Test
    void commit_or_abort_on_all_brokers() {
        try (KafkaProducer<String, String> producer = producer()) {
            producer.initTransactions();
            producer.beginTransaction();
            write(producer, "first");
            producer.commitTransaction();
            producer.beginTransaction();
            write(producer, "aborted");
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            write(producer, "second");
            producer.commitTransaction();
        }

        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(committed(partition, 2)).containsExactly("first", "second");
        }
    }

    @Test
    void go_on_when_a_broker_has_gone() throws Exception {
        List<String> expected = new ArrayList<>();
        try (KafkaProducer<String, String> producer = producer()) {
            producer.initTransactions();
            for (int broker = 1; broker <= 3; broker++) {
                for (int i = 0; i < 5; i++) {
                    String value = "b" + broker + "-" + i;
                    producer.beginTransaction();
                    write(producer, value);
                    if (i == 2) {
                        producer.flush();
                        cluster.kill(broker);
                    }
                    producer.commitTransaction();
                    expected.add(value);
                }
                cluster.start(broker);
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    cluster.awaitIsr(new TopicPartition(topic, partition), 1, 2, 3);
                }
            }
        }

        List<List<String>> read =
                IntStream.range(0, PARTITIONS)
                        .mapToObj(p -> committed(p, expected.size()))
                        .toList();
        for (List<String> each : read) {
            assertThat(each).containsExactlyElementsOf(expected);
        }
    }
}
