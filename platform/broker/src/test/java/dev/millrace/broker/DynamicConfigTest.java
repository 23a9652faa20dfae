package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Configs that are changed while the broker runs, as Kafka's own client sees them. */
class DynamicConfigTest {
    private static final ConfigResource THIS = new ConfigResource(ConfigResource.Type.BROKER, "1");
    private static final ConfigResource ALL = new ConfigResource(ConfigResource.Type.BROKER, "");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static TestBroker broker;
    private static Clients clients;
    private static Admin admin;

    @BeforeAll
    static void start() {
        broker = TestBroker.start();
        clients = new Clients(broker.bootstrapServers());
        admin = clients.admin();
    }

    @AfterAll
    static void stop() {
        admin.close();
        broker.close();
    }

    private static void alter(ConfigResource resource, OpType operation, String name, String value)
            throws Exception {
        Collection<AlterConfigOp> operations =
                List.of(new AlterConfigOp(new ConfigEntry(name, value), operation));
        admin.incrementalAlterConfigs(Map.of(resource, operations)).all().get(20, TimeUnit.SECONDS);
    }

    private static ConfigEntry describe(ConfigResource resource, String name) throws Exception {
        return Objects.requireNonNull(
                admin.describeConfigs(
                                List.of(resource),
                                new DescribeConfigsOptions().includeSynonyms(true))
                        .all()
                        .get(20, TimeUnit.SECONDS)
                        .values()
                        .iterator()
                        .next()
                        .get(name));
    }

    private static List<String> sources(ConfigEntry entry) {
        return entry.synonyms().stream()
                .map(s -> s.name() + "=" + s.value() + " " + s.source())
                .toList();
    }

    @Test
    void one_broker_comes_before_all_and_both_before_the_default() throws Exception {
        String name = "log.cleaner.backoff.ms";
        alter(ALL, OpType.SET, name, "16000");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(sources(describe(THIS, name)))
                                        .containsExactly(
                                                name + "=16000 DYNAMIC_DEFAULT_BROKER_CONFIG",
                                                name + "=15000 DEFAULT_CONFIG"));
        alter(THIS, OpType.SET, name, "17000");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(sources(describe(THIS, name)))
                                        .containsExactly(
                                                name + "=17000 DYNAMIC_BROKER_CONFIG",
                                                name + "=16000 DYNAMIC_DEFAULT_BROKER_CONFIG",
                                                name + "=15000 DEFAULT_CONFIG"));
        assertThat(describe(THIS, name).value()).isEqualTo("17000");
        assertThat(describe(ALL, name).value()).isEqualTo("16000");

        alter(THIS, OpType.DELETE, name, "");
        alter(ALL, OpType.DELETE, name, "");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(describe(THIS, name).source())
                                        .isEqualTo(ConfigEntry.ConfigSource.DEFAULT_CONFIG));
    }

    @Test
    void topics_inherit_what_is_set_for_brokers_at_once() throws Exception {
        if (!broker.embedded()) {
            return; // It would cut off whoever else uses that broker.
        }
        String topic = Clients.uniqueName("inherits");
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                .all()
                .get(20, TimeUnit.SECONDS);
        String big = "x".repeat(2_000);
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic, big)).get(20, TimeUnit.SECONDS);
            alter(THIS, OpType.SET, "message.max.bytes", "1000");
            try {
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () ->
                                        assertThat(refusal(producer, topic, big))
                                                .isInstanceOf(RecordTooLargeException.class));
                ConfigEntry inherited =
                        describe(
                                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                                "max.message.bytes");
                assertThat(inherited.value()).isEqualTo("1000");
                assertThat(inherited.source())
                        .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG);
            } finally {
                alter(THIS, OpType.DELETE, "message.max.bytes", "");
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(refusal(producer, topic, big)).isNull());
        }
    }

    private static @Nullable Throwable refusal(
            KafkaProducer<String, String> producer, String topic, String value) throws Exception {
        try {
            producer.send(new ProducerRecord<>(topic, value)).get(20, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    @Test
    void lists_grow_and_shrink_without_losing_what_others_add_at_the_same_time() throws Exception {
        String topic = Clients.uniqueName("lists");
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                .all()
                .get(20, TimeUnit.SECONDS);
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        String list = "leader.replication.throttled.replicas";
        CountDownLatch together = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> appended = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String element = i + ":1";
                appended.add(
                        threads.submit(
                                () -> {
                                    together.await();
                                    alter(resource, OpType.APPEND, list, element);
                                    return true;
                                }));
            }
            together.countDown();
            for (Future<?> each : appended) {
                each.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }

        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(describe(resource, list).value().split(",", -1))
                                        .containsExactlyInAnyOrder(
                                                "0:1", "1:1", "2:1", "3:1", "4:1", "5:1", "6:1",
                                                "7:1"));

        alter(resource, OpType.SUBTRACT, list, "0:1,7:1");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(describe(resource, list).value())
                                        .doesNotContain("0:1")
                                        .doesNotContain("7:1")
                                        .contains("3:1"));
    }

    /** Kafka takes it since KIP-1161: such a topic keeps everything. */
    @Test
    void a_policy_of_nothing_is_a_policy_for_brokers_too() throws Exception {
        if (!broker.embedded()) {
            return; // Others use that broker.
        }
        String name = Clients.uniqueName("kept");
        admin.createTopics(List.of(new NewTopic(name, 1, (short) 1)))
                .all()
                .get(20, TimeUnit.SECONDS);
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        alter(ALL, OpType.SET, "log.cleanup.policy", "");
        try {
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> {
                                ConfigEntry policy = describe(topic, "cleanup.policy");
                                assertThat(policy.value()).isEmpty();
                                assertThat(policy.source())
                                        .isEqualTo(
                                                ConfigEntry.ConfigSource
                                                        .DYNAMIC_DEFAULT_BROKER_CONFIG);
                            });
        } finally {
            alter(ALL, OpType.DELETE, "log.cleanup.policy", "");
        }
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(describe(topic, "cleanup.policy").value())
                                        .isEqualTo("delete"));
    }

    @Test
    void groups_and_client_metrics_exist_by_having_configs() throws Exception {
        String name = Clients.uniqueName("configured");
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, name);
        ConfigResource metrics = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, name);
        alter(group, OpType.SET, "consumer.session.timeout.ms", "50000");
        alter(metrics, OpType.SET, "interval.ms", "5000");

        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            ConfigEntry timeout = describe(group, "consumer.session.timeout.ms");
                            assertThat(timeout.value()).isEqualTo("50000");
                            assertThat(timeout.source())
                                    .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG);
                            assertThat(describe(metrics, "interval.ms").source())
                                    .isEqualTo(
                                            ConfigEntry.ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG);
                            assertThat(listed()).contains(group, metrics);
                        });

        alter(group, OpType.DELETE, "consumer.session.timeout.ms", "");
        alter(metrics, OpType.DELETE, "interval.ms", "");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(listed()).doesNotContain(metrics));
    }

    private static Collection<ConfigResource> listed() throws Exception {
        return admin.listConfigResources(
                        Set.of(ConfigResource.Type.GROUP, ConfigResource.Type.CLIENT_METRICS),
                        new ListConfigResourcesOptions())
                .all()
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void levels_of_loggers_are_seen_set_and_given_back() throws Exception {
        ConfigResource loggers = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");
        String logger =
                broker.embedded()
                        ? "dev.millrace.broker.Broker"
                        : "com.yammer.metrics.reporting.JmxReporter";
        Map<String, ConfigEntry> before = levels(loggers);
        assertThat(before).containsKeys("root", logger);
        assertThat(before.get(logger))
                .matches(
                        entry ->
                                entry.source()
                                        == ConfigEntry.ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG)
                .matches(entry -> entry.synonyms().isEmpty());
        try {
            alter(loggers, OpType.SET, logger, "ERROR");
            assertThat(Objects.requireNonNull(levels(loggers).get(logger)).value())
                    .isEqualTo("ERROR");
        } finally {
            alter(loggers, OpType.DELETE, logger, "");
        }
        assertThat(Objects.requireNonNull(levels(loggers).get(logger)).value())
                .isEqualTo(Objects.requireNonNull(before.get(logger)).value());
    }

    private static Map<String, ConfigEntry> levels(ConfigResource loggers) throws Exception {
        Map<String, ConfigEntry> levels = new HashMap<>();
        admin.describeConfigs(List.of(loggers))
                .all()
                .get(20, TimeUnit.SECONDS)
                .values()
                .forEach(config -> config.entries().forEach(e -> levels.put(e.name(), e)));
        return levels;
    }
}
