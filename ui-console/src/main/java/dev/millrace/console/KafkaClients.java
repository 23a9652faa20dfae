package dev.millrace.console;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes the console's Kafka clients: short timeouts, small buffers, no groups, no topic creation.
 */
final class KafkaClients {
    /** After this a request counts as unanswered and the browser is told. */
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final ConsoleConfig config;

    KafkaClients(ConsoleConfig config) {
        this.config = config;
    }

    Admin admin() {
        return Admin.create(settings(Map.of("client.id", "millrace-console-admin")));
    }

    /** A consumer without a group; it never commits. Its user is its only thread. */
    Consumer<byte[], byte[]> consumer(String clientId) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("client.id", clientId);
        settings.put("enable.auto.commit", false);
        settings.put("allow.auto.create.topics", false);
        settings.put("auto.offset.reset", "earliest");
        settings.put("isolation.level", "read_committed");
        settings.put("fetch.max.wait.ms", 250);
        settings.put("fetch.max.bytes", 4 * 1024 * 1024);
        settings.put("max.partition.fetch.bytes", 1024 * 1024);
        settings.put("max.poll.records", 2_000);
        return new KafkaConsumer<>(
                settings(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    Producer<byte[], byte[]> producer() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("client.id", "millrace-console-producer");
        settings.put("acks", "all");
        settings.put("linger.ms", 0);
        settings.put("max.block.ms", (int) TIMEOUT.toMillis());
        settings.put("delivery.timeout.ms", 2 * (int) TIMEOUT.toMillis());
        settings.put("buffer.memory", 8 * 1024 * 1024);
        return new KafkaProducer<>(
                settings(settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private Map<String, Object> settings(Map<String, Object> own) {
        Map<String, Object> settings = new HashMap<>(own);
        settings.put("bootstrap.servers", config.bootstrapServers());
        settings.put("request.timeout.ms", (int) TIMEOUT.toMillis());
        settings.put("default.api.timeout.ms", (int) TIMEOUT.toMillis());
        settings.put("reconnect.backoff.max.ms", 1_000);
        settings.put("enable.metrics.push", false);
        settings.put("metric.reporters", "");
        settings.putAll(config.clientProperties());
        return settings;
    }
}
