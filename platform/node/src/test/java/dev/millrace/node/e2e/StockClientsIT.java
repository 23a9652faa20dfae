package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Unmodified Kafka clients against the packaged node: Java, and librdkafka through kcat. */
class StockClientsIT {
    @TempDir private static Path dir;
    private static PackagedNode node;

    @BeforeAll
    static void start() throws Exception {
        node = PackagedNode.start(dir);
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @ParameterizedTest
    @CsvSource({"none,all", "gzip,all", "snappy,1", "lz4,all", "zstd,all", "none,0"})
    void java_producer_and_consumer_exchange_records(String codec, String acks) throws Exception {
        String topic = "exchange-" + codec + "-" + acks;
        create(topic, 3);
        try (KafkaProducer<String, String> producer =
                producer(
                        Map.of(
                                "compression.type",
                                codec,
                                "acks",
                                acks,
                                "enable.idempotence",
                                acks.equals("all")))) {
            for (int i = 0; i < 1000; i++) {
                ProducerRecord<String, String> record =
                        new ProducerRecord<>(topic, "key" + i % 10, "value" + i);
                record.headers()
                        .add(
                                new RecordHeader(
                                        "n", String.valueOf(i).getBytes(StandardCharsets.UTF_8)));
                producer.send(record);
            }
        }
        Map<String, List<Integer>> byKey = new HashMap<>();
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            List<TopicPartition> all =
                    IntStream.range(0, 3).mapToObj(p -> new TopicPartition(topic, p)).toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            for (ConsumerRecord<String, String> record : read(consumer, 1000)) {
                int n = Integer.parseInt(record.value().substring("value".length()));
                assertThat(record.headers().lastHeader("n").value())
                        .asString()
                        .isEqualTo(String.valueOf(n));
                byKey.computeIfAbsent(record.key(), k -> new ArrayList<>()).add(n);
            }
        }
        assertThat(byKey).hasSize(10);
        byKey.values().forEach(numbers -> assertThat(numbers).hasSize(100).isSorted());
    }

    @Test
    void a_group_shares_partitions_and_goes_on_where_it_stopped() throws Exception {
        String topic = "shared";
        create(topic, 4);
        produce(topic, 400);
        Set<String> seen = new HashSet<>();
        try (KafkaConsumer<String, String> one = member("sharers");
                KafkaConsumer<String, String> two = member("sharers")) {
            one.subscribe(List.of(topic));
            two.subscribe(List.of(topic));
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
            while (one.assignment().size() != 2 || two.assignment().size() != 2) {
                one.poll(Duration.ofMillis(50)).forEach(r -> seen.add(r.value()));
                two.poll(Duration.ofMillis(50)).forEach(r -> seen.add(r.value()));
                assertThat(System.nanoTime())
                        .as("both members get two partitions")
                        .isLessThan(deadlineNs);
            }
            while (seen.size() < 400) {
                one.poll(Duration.ofMillis(50)).forEach(r -> seen.add(r.value()));
                two.poll(Duration.ofMillis(50)).forEach(r -> seen.add(r.value()));
                assertThat(System.nanoTime()).as("all records arrive").isLessThan(deadlineNs);
            }
            one.commitSync();
            two.commitSync();
        }
        produce(topic, 10);
        try (KafkaConsumer<String, String> later = member("sharers")) {
            later.subscribe(List.of(topic));
            assertThat(read(later, 10)).hasSize(10);
            assertThat(later.poll(Duration.ofMillis(500)).count()).isZero();
        }
    }

    @Test
    void admin_creates_describes_alters_grows_and_deletes() throws Exception {
        try (Admin admin = Admin.create(node.clientConfig())) {
            admin.createTopics(
                            List.of(
                                    new NewTopic("managed", 2, (short) 1)
                                            .configs(Map.of("retention.ms", "1000"))))
                    .all()
                    .get();
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "managed");
            admin.incrementalAlterConfigs(
                            Map.of(
                                    resource,
                                    List.of(
                                            new AlterConfigOp(
                                                    new ConfigEntry("max.message.bytes", "2000"),
                                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
            var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            assertThat(config.get("retention.ms").value()).isEqualTo("1000");
            assertThat(config.get("max.message.bytes").value()).isEqualTo("2000");
            admin.createPartitions(Map.of("managed", NewPartitions.increaseTo(5))).all().get();
            assertThat(
                            admin.describeTopics(List.of("managed"))
                                    .allTopicNames()
                                    .get()
                                    .get("managed")
                                    .partitions())
                    .hasSize(5);
            assertThat(admin.describeCluster().nodes().get()).hasSize(1);
            admin.deleteTopics(List.of("managed")).all().get();
            assertThat(admin.listTopics().names().get()).doesNotContain("managed");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void kcat_writes_and_reads(String codec) throws Exception {
        String topic = "kcat-" + codec;
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            lines.append("k").append(i % 7).append(":line ").append(i).append('\n');
        }
        // The topic does not exist: librdkafka relies on auto-creation.
        kcat(lines.toString(), "-P", "-t", topic, "-K:", "-z", codec);
        String read = kcat("", "-C", "-t", topic, "-K:", "-e", "-q", "-o", "beginning");
        assertThat(read).isEqualTo(lines.toString());
        String group =
                kcat(
                        "",
                        "-G",
                        "group-" + codec,
                        "-X",
                        "auto.offset.reset=earliest",
                        "-c",
                        "500",
                        "-q",
                        topic);
        assertThat(group.lines()).hasSize(500);
    }

    private static String kcat(String stdin, String... options) throws Exception {
        Programs.ensure("kcat", "kcat");
        List<String> command = new ArrayList<>(List.of("kcat", "-b", node.kafka()));
        command.addAll(List.of(options));
        return Programs.run(stdin, command);
    }

    private static void create(String topic, int partitions) throws Exception {
        try (Admin admin = Admin.create(node.clientConfig())) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
    }

    private static void produce(String topic, int count) throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, i % 4, null, "v" + i)));
            }
            for (var future : sent) {
                future.get();
            }
        }
    }

    private static List<ConsumerRecord<String, String>> read(
            KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (records.size() < count) {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            assertThat(System.nanoTime())
                    .as("read %d of %d", records.size(), count)
                    .isLessThan(deadlineNs);
        }
        return records;
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>(node.clientConfig());
        config.put("key.serializer", StringSerializer.class);
        config.put("value.serializer", StringSerializer.class);
        config.putAll(more);
        return new KafkaProducer<>(config);
    }

    private static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>(node.clientConfig());
        config.put("key.deserializer", StringDeserializer.class);
        config.put("value.deserializer", StringDeserializer.class);
        config.put("auto.offset.reset", "earliest");
        config.putAll(more);
        return new KafkaConsumer<>(config);
    }

    private static KafkaConsumer<String, String> member(String group) {
        return consumer(Map.of("group.id", group, "enable.auto.commit", false));
    }
}
