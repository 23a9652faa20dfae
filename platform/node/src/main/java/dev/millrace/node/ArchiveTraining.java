package dev.millrace.node;

import dev.millrace.node.config.NodeConfig;
import dev.millrace.sql.shell.SqlClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Starts a node, uses it once through stock clients, and stops it, so that a JVM that archives
 * classes at its exit has loaded what every start loads. Run by {@code bin/millrace}.
 */
public final class ArchiveTraining {
    private ArchiveTraining() {}

    public static void main(String[] args) throws Exception {
        Path data = Files.createTempDirectory("millrace-training");
        try {
            Node node =
                    Node.start(
                            NodeConfig.of(
                                    new NodeConfig.Sources(
                                            null, data, "127.0.0.1:0", "127.0.0.1:0", List.of())));
            use(node.kafka().toString());
            get("http://" + node.http() + "/");
            get("http://" + node.http() + "/api/topics");
            ask(node.http().toString(), "SELECT value, COUNT(*) FROM training GROUP BY value");
            node.stop();
        } finally {
            delete(data);
        }
    }

    private static void use(String bootstrap) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("key.serializer", StringSerializer.class);
        config.put("value.serializer", StringSerializer.class);
        config.put("key.deserializer", StringDeserializer.class);
        config.put("value.deserializer", StringDeserializer.class);
        config.put("group.id", "training");
        config.put("auto.offset.reset", "earliest");
        try (Admin admin = Admin.create(config)) {
            admin.createTopics(List.of(new NewTopic("training", 1, (short) 1))).all().get();
        }
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            producer.send(new ProducerRecord<>("training", "key", "value")).get();
        }
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config)) {
            consumer.subscribe(List.of("training"));
            long deadlineNs = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (consumer.poll(Duration.ofMillis(200)).isEmpty()) {
                if (System.nanoTime() > deadlineNs) {
                    throw new IllegalStateException("the record of the training run was not read");
                }
            }
            consumer.commitSync();
        }
    }

    private static void get(String url) throws IOException {
        try (InputStream in = URI.create(url).toURL().openStream()) {
            in.readAllBytes();
        }
    }

    private static void ask(String http, String query) throws Exception {
        try (SqlClient.Answer answer = new SqlClient(http).send(query)) {
            while (answer.next() != null) {
                // read to its end
            }
        }
    }

    private static void delete(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
