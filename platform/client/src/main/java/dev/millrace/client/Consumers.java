package dev.millrace.client;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The settings of a reader's consumer. */
final class Consumers {
    private Consumers() {}

    static Consumer<byte[], byte[]> create(ClientConfig config, ReadOptions options) {
        return new KafkaConsumer<>(
                settings(config, options),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    static Map<String, Object> settings(ClientConfig config, ReadOptions options) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, config.maxPollRecords());
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                options.uncommitted() ? "read_uncommitted" : "read_committed");
        settings.put(
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                options.from() instanceof ReadFrom.Latest ? "latest" : "earliest");
        settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000); // notices new partitions
        options.group().ifPresent(group -> settings.put(ConsumerConfig.GROUP_ID_CONFIG, group));
        settings.putAll(config.kafka());
        return settings;
    }
}
