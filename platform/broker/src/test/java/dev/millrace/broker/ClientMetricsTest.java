package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka's own clients push their metrics, and we show them. */
class ClientMetricsTest {
    private static void subscribe(Admin admin, String subscription, String name, String value)
            throws Exception {
        Collection<AlterConfigOp> set =
                List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
        admin.incrementalAlterConfigs(
                        Map.of(
                                new ConfigResource(
                                        ConfigResource.Type.CLIENT_METRICS, subscription),
                                set))
                .all()
                .get(20, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"producer", "none"})
    void what_a_subscription_asks_of_a_producer_is_shown_and_of_nobody_else(String matched)
            throws Exception {
        try (TestBroker broker = TestBroker.start();
                Admin admin = new Clients(broker.bootstrapServers()).admin()) {
            subscribe(admin, "s", "metrics", "org.apache.kafka.producer.");
            subscribe(admin, "s", "interval.ms", "200");
            subscribe(
                    admin, "s", "match", "client_id=" + matched + ",client_software_name=apache.*");
            try (KafkaProducer<String, String> producer =
                    new Clients(broker.bootstrapServers())
                            .producer(Map.of("client.id", "producer"))) {
                producer.send(new ProducerRecord<>("t", "v")).get(20, TimeUnit.SECONDS);
                Uuid instance = producer.clientInstanceId(Duration.ofSeconds(20));
                assertThat(instance).isNotEqualTo(Uuid.ZERO_UUID);
                String label = "client_instance_id=\"" + instance + "\"";

                if (matched.equals("none")) {
                    assertThat(broker.broker().clientMetrics()).doesNotContain(label);
                    return;
                }
                await().atMost(Duration.ofSeconds(20))
                        .untilAsserted(
                                () ->
                                        assertThat(broker.broker().clientMetrics())
                                                .contains(label)
                                                .contains(
                                                        "client_software_name=\"apache-kafka-java\"")
                                                .containsPattern(
                                                        "org_apache_kafka_producer_connection_creation_total\\{client_id=\"producer\".*} [1-9]")
                                                .containsPattern(
                                                        "millrace_telemetry_pushes_total [1-9]"));
            }
        }
    }

    @Test
    void a_client_that_pushes_to_nobody_works_as_before() throws Exception {
        try (TestBroker broker = TestBroker.start();
                KafkaProducer<String, String> producer =
                        new Clients(broker.bootstrapServers())
                                .producer(Map.of("enable.metrics.push", false))) {
            assertThat(producer.send(new ProducerRecord<>("t", "v")).get(20, TimeUnit.SECONDS))
                    .isNotNull();
            assertThat(broker.broker().clientMetrics()).contains("millrace_telemetry_clients 0");
        }
    }
}
