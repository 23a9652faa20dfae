package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Journal, logs, listener and coordinators together, as a node runs them. */
class SingleNodeTest {
    private TestBroker broker;
    private Clients clients;

    @BeforeEach
    void start() {
        broker = TestBroker.start();
        clients = new Clients(broker.bootstrapServers());
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void topics_records_and_committed_offsets_outlive_a_restart() throws Exception {
        String topic = Clients.uniqueName("restart");
        Map<String, Object> group = Map.of("group.id", Clients.uniqueName("g"));
        try (Admin admin = clients.admin();
                KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(topic, 3, (short) 1)
                                            .configs(
                                                    Map.of(
                                                            TopicConfig.RETENTION_MS_CONFIG,
                                                            "86400000"))))
                    .all()
                    .get(20, TimeUnit.SECONDS);
            for (int i = 0; i < 30; i++) {
                producer.send(new ProducerRecord<>(topic, i % 3, "k", "value " + i));
            }
        }
        try (KafkaConsumer<String, String> consumer = clients.consumer(group)) {
            consumer.subscribe(List.of(topic));
            assertThat(Clients.poll(consumer, 30)).hasSize(30);
            consumer.commitSync();
        }
        if (broker.embedded()) {
            broker.restart();
        }

        try (KafkaProducer<String, String> producer = clients.producer(Map.of());
                KafkaConsumer<String, String> consumer = clients.consumer(group);
                Admin admin = clients.admin()) {
            assertThat(
                            admin.describeTopics(Set.of(topic))
                                    .allTopicNames()
                                    .get(20, TimeUnit.SECONDS)
                                    .values())
                    .singleElement()
                    .satisfies(described -> assertThat(described.partitions()).hasSize(3));
            producer.send(new ProducerRecord<>(topic, 1, "k", "after")).get();
            consumer.subscribe(List.of(topic));
            assertThat(Clients.poll(consumer, 1))
                    .extracting(ConsumerRecord::value)
                    .containsExactly("after");
        }
    }
}
