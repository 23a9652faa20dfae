package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.KafkaClientSupplier;
import dev.millrace.streams.StreamsConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The clients of one thread: sources in, all output, changelogs back in. */
final class ThreadClients implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadClients.class);
    private static final int BATCH_BYTES = 64 << 10;

    private static final Duration ID_TIMEOUT = Duration.ofMillis(500);
    private static final int TRANSACTION_TIMEOUT_MS = 10_000;

    final Consumer<byte[], byte[]> main;
    final Consumer<byte[], byte[]> restore;
    private final KafkaClientSupplier supplier;
    private final String name;
    private final Map<String, Object> producerConfigs;
    private volatile Producer<byte[], byte[]> producer;

    /**
     * @param name prefix of the client ids
     * @param number of the thread: a static member has one identity per thread, and so has a
     *     transactional producer
     */
    ThreadClients(
            String name,
            int number,
            StreamsConfig config,
            KafkaClientSupplier supplier,
            TaskAssignor.Context context) {
        this.supplier = supplier;
        this.name = name;
        producerConfigs = producerConfigs(name, config);
        if (config.exactlyOnce()) {
            producerConfigs.put(
                    ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                    config.applicationId() + "-" + context.processId() + "-" + number);
            producerConfigs.putIfAbsent(
                    ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
        }
        producer = newProducer();
        restore = supplier.getRestoreConsumer(restoreConfigs(name, config));
        main = supplier.getConsumer(mainConfigs(name, number, config, context));
    }

    private Producer<byte[], byte[]> newProducer() {
        return supplier.getProducer(producerConfigs);
    }

    Producer<byte[], byte[]> producer() {
        return producer;
    }

    /**
     * Ends what a former producer of the same transactional id has left open: that of a process
     * that was killed. Returns when all of it is aborted or committed.
     */
    void initTransactions() {
        producer.initTransactions();
    }

    /** One that can begin a transaction, instead of one that cannot even abort. */
    Producer<byte[], byte[]> renewProducer() {
        producer.close(Duration.ZERO);
        producer = newProducer();
        producer.initTransactions();
        return producer;
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
        isolate(configs, config);
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
        isolate(configs, config);
        return configs;
    }

    private static void isolate(Map<String, Object> configs, StreamsConfig config) {
        if (config.exactlyOnce()) {
            configs.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        }
    }

    Map<MetricName, Metric> metrics() {
        Map<MetricName, Metric> all = new HashMap<>(main.metrics());
        all.putAll(restore.metrics());
        all.putAll(producer.metrics());
        return all;
    }

    /** Under which ids the clients push their metrics; the consumers say it on their thread. */
    ClientIds.OfThread ids(Duration timeout, Errands errands) {
        Map<String, Future<Optional<Uuid>>> consumers = new HashMap<>();
        consumers.put(
                name + "-consumer",
                errands.ask(
                        () -> ClientIds.idOf(() -> main.clientInstanceId(Duration.ZERO)), timeout));
        consumers.put(name + "-restore-consumer", errands.ask(this::restoreId, timeout));
        Producer<byte[], byte[]> current = producer;
        return new ClientIds.OfThread(
                consumers,
                Map.of(
                        name + "-producer",
                        CompletableFuture.supplyAsync(
                                () -> ClientIds.idOf(() -> current.clientInstanceId(timeout)))));
    }

    /** A consumer gets its id while it talks to a broker; this one has nothing to say for long. */
    private Optional<Uuid> restoreId() {
        Set<TopicPartition> known = main.assignment();
        if (!known.isEmpty()) {
            restore.endOffsets(Set.of(known.iterator().next()), ID_TIMEOUT);
        }
        return ClientIds.idOf(() -> restore.clientInstanceId(Duration.ZERO));
    }

    /** Gives up the place in the group, which a static member otherwise keeps; for the end. */
    void leaveGroup() {
        main.close(
                CloseOptions.groupMembershipOperation(
                        CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    }

    @Override
    public void close() {
        // The last one first: nobody is in the group any more when the producer goes.
        try (Producer<byte[], byte[]> last = producer;
                restore;
                main) {
            LOG.debug("Closing {}", last);
        }
    }
}
