package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The clients of one thread: sources in, all output, changelogs back in. */
final class ThreadClients implements AutoCloseable {
    private static final int BATCH_BYTES = 64 << 10;

    final KafkaConsumer<byte[], byte[]> main;
    final KafkaConsumer<byte[], byte[]> restore;
    final KafkaProducer<byte[], byte[]> producer;

    /**
     * @param name prefix of the client ids
     * @param number of the thread: a static member has one identity per thread
     */
    ThreadClients(String name, int number, StreamsConfig config, TaskAssignor.Context context) {
        producer =
                new KafkaProducer<>(
                        producerConfigs(name, config),
                        new ByteArraySerializer(),
                        new ByteArraySerializer());
        restore = consumer(restoreConfigs(name, config));
        main = consumer(mainConfigs(name, number, config, context));
    }

    private static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> configs) {
        return new KafkaConsumer<>(
                configs, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static Map<String, Object> producerConfigs(String name, StreamsConfig config) {
        Map<String, Object> configs = config.producerConfigs();
        configs.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        configs.put(CommonClientConfigs.CLIENT_ID_CONFIG, name + "-producer");
        return configs;
    }

    private static Map<String, Object> restoreConfigs(String name, StreamsConfig config) {
        Map<String, Object> configs = config.restoreConsumerConfigs();
        configs.put(CommonClientConfigs.CLIENT_ID_CONFIG, name + "-restore-consumer");
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        configs.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return configs;
    }

    private static Map<String, Object> mainConfigs(
            String name, int number, StreamsConfig config, TaskAssignor.Context context) {
        Map<String, Object> configs = config.mainConsumerConfigs();
        configs.put(CommonClientConfigs.CLIENT_ID_CONFIG, name + "-consumer");
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId());
        Object instanceId = configs.get(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        if (instanceId != null) {
            configs.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId + "-" + number);
        }
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        configs.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none"); // decided per topic
        configs.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        configs.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, TaskAssignor.class.getName());
        configs.put(TaskAssignor.CONTEXT_CONFIG, context);
        return configs;
    }

    /** Gives up the place in the group, which a static member otherwise keeps; for the end. */
    void leaveGroup() {
        main.close(
                CloseOptions.groupMembershipOperation(
                        CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    }

    @Override
    public void close() {
        try (producer;
                restore;
                main) {
            // Closed in reverse order: nobody is in the group any more when the producer goes.
        }
    }
}
