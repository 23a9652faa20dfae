package dev.millrace.connect;

import dev.millrace.connect.offset.ConnectorOffsets;
import dev.millrace.connect.offset.FileOffsetStore;
import dev.millrace.connect.plugin.Plugin;
import dev.millrace.connect.plugin.Plugins;
import dev.millrace.connect.record.Converters;
import dev.millrace.connect.record.DeadLetters;
import dev.millrace.connect.record.ErrorPolicy;
import dev.millrace.connect.record.TransformChain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkTask;
import org.apache.kafka.connect.source.SourceTask;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.jspecify.annotations.Nullable;

/** Puts a task together: plugin, converters, transformations, error policy and Kafka client. */
final class TaskFactory {
    private final WorkerConfig worker;
    private final Plugins plugins;
    private final FileOffsetStore offsets;

    TaskFactory(WorkerConfig worker, Plugins plugins, FileOffsetStore offsets) {
        this.worker = worker;
        this.plugins = plugins;
        this.offsets = offsets;
    }

    /**
     * @param settings of the task, as its connector made them
     */
    WorkerTask create(
            TaskId id,
            Class<? extends Task> taskClass,
            ConnectorConfig connector,
            Map<String, String> settings) {
        Task task = instantiate(taskClass);
        if (task instanceof SourceTask source) {
            return source(id, source, connector, settings);
        }
        if (task instanceof SinkTask sink) {
            return sink(id, sink, connector, settings);
        }
        throw new ConnectException(
                taskClass.getName() + ": expected a SourceTask or a SinkTask as task of " + id);
    }

    private static Task instantiate(Class<? extends Task> taskClass) {
        Plugin.Swap swap = Plugin.Swap.to(taskClass.getClassLoader());
        try {
            return taskClass.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new ConnectException(taskClass.getName() + " could not be created: " + e, e);
        } finally {
            swap.close();
        }
    }

    private SourceWorkerTask source(
            TaskId id, SourceTask task, ConnectorConfig connector, Map<String, String> settings) {
        CountDownLatch stopping = new CountDownLatch(1);
        Map<String, Object> base = new HashMap<>();
        base.put(ProducerConfig.CLIENT_ID_CONFIG, "connector-producer-" + id);
        base.put(ProducerConfig.ACKS_CONFIG, "all");
        base.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        base.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.MAX_VALUE);
        base.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        SourceWorkerTask.Parts parts =
                new SourceWorkerTask.Parts(
                        task,
                        settings,
                        converters(connector),
                        transforms(connector),
                        new ErrorPolicy(connector.errors(), "" + id, null, stopping),
                        producer(base, connector),
                        worker.getBoolean(WorkerConfig.TOPIC_CREATION)
                                ? TopicCreator.of(connector, admin(id, connector))
                                : Optional.empty(),
                        new ConnectorOffsets(offsets, id.connector()),
                        metrics(id),
                        worker.millis(WorkerConfig.OFFSET_FLUSH_TIMEOUT_MS));
        return new SourceWorkerTask(id, parts, task.getClass().getClassLoader(), stopping);
    }

    private SinkWorkerTask sink(
            TaskId id, SinkTask task, ConnectorConfig connector, Map<String, String> settings) {
        CountDownLatch stopping = new CountDownLatch(1);
        Map<String, Object> base = new HashMap<>();
        base.put(ConsumerConfig.GROUP_ID_CONFIG, "connect-" + id.connector());
        base.put(ConsumerConfig.CLIENT_ID_CONFIG, "connector-consumer-" + id);
        base.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        base.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        DeadLetters deadLetters = deadLetters(id, connector);
        SinkWorkerTask.Parts parts =
                new SinkWorkerTask.Parts(
                        task,
                        settings,
                        connector.getList(ConnectorConfig.TOPICS),
                        connector.getString(ConnectorConfig.TOPICS_REGEX),
                        converters(connector),
                        transforms(connector),
                        new ErrorPolicy(connector.errors(), "" + id, deadLetters, stopping),
                        deadLetters,
                        new KafkaConsumer<>(
                                worker.client("consumer", base, connector),
                                new ByteArrayDeserializer(),
                                new ByteArrayDeserializer()),
                        metrics(id),
                        worker.millis(WorkerConfig.OFFSET_FLUSH_INTERVAL_MS));
        return new SinkWorkerTask(id, parts, task.getClass().getClassLoader(), stopping);
    }

    private @Nullable DeadLetters deadLetters(TaskId id, ConnectorConfig connector) {
        if (connector.deadLetterTopic().isEmpty()) {
            return null;
        }
        Map<String, Object> base = new HashMap<>();
        base.put(ProducerConfig.CLIENT_ID_CONFIG, "connector-dlq-producer-" + id);
        base.put(ProducerConfig.ACKS_CONFIG, "all");
        createTopic(
                new NewTopic(
                        connector.deadLetterTopic().get(),
                        Optional.of(1),
                        Optional.of(connector.deadLetterReplicationFactor())),
                admin(id, connector));
        return new DeadLetters(
                producer(base, connector),
                connector.deadLetterTopic().get(),
                connector.deadLetterHeaders(),
                id.connector(),
                id.task());
    }

    private Map<String, Object> admin(TaskId id, ConnectorConfig connector) {
        return worker.client(
                "admin",
                Map.of(AdminClientConfig.CLIENT_ID_CONFIG, "connector-adminclient-" + id),
                connector);
    }

    private static void createTopic(NewTopic topic, Map<String, Object> adminSettings) {
        try (Admin admin = Admin.create(adminSettings)) {
            TopicCreator.create(admin, topic);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while creating topic " + topic.name(), e);
        }
    }

    private Producer<byte[], byte[]> producer(Map<String, Object> base, ConnectorConfig connector) {
        return new KafkaProducer<>(
                worker.client("producer", base, connector),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static TaskMetrics metrics(TaskId id) {
        return new TaskMetrics(Map.of("connector", id.connector(), "task", "" + id.task()));
    }

    private Converters converters(ConnectorConfig connector) {
        return new Converters(
                converter(WorkerConfig.KEY_CONVERTER, true, connector),
                converter(WorkerConfig.VALUE_CONVERTER, false, connector),
                headerConverter(connector));
    }

    private Plugin<Converter> converter(String key, boolean isKey, ConnectorConfig connector) {
        String own = connector.getString(key);
        Plugin<Converter> converter =
                plugins.create(own != null ? own : worker.getString(key), Converter.class);
        Plugin.Swap swap = converter.enter();
        try {
            converter
                    .instance()
                    .configure(converterSettings(key, isKey ? "key" : "value", connector), isKey);
        } finally {
            swap.close();
        }
        return converter;
    }

    private Plugin<HeaderConverter> headerConverter(ConnectorConfig connector) {
        String key = WorkerConfig.HEADER_CONVERTER;
        String own = connector.getString(key);
        Plugin<HeaderConverter> converter =
                plugins.create(own != null ? own : worker.getString(key), HeaderConverter.class);
        Plugin.Swap swap = converter.enter();
        try {
            converter.instance().configure(converterSettings(key, "header", connector));
        } finally {
            swap.close();
        }
        return converter;
    }

    /** Those of whoever named the converter: never one's class with the other's settings. */
    private Map<String, Object> converterSettings(
            String key, String type, ConnectorConfig connector) {
        Map<String, Object> settings =
                connector.getString(key) != null
                        ? connector.below(key + ".")
                        : new HashMap<>(worker.originalsWithPrefix(key + "."));
        settings.put("converter.type", type);
        return settings;
    }

    private <R extends ConnectRecord<R>> TransformChain<R> transforms(ConnectorConfig connector) {
        List<TransformChain.Step<R>> steps = new ArrayList<>();
        for (String name : connector.getList("transforms")) {
            String prefix = "transforms." + name + ".";
            Map<String, Object> settings = connector.below(prefix);
            Plugin<Transformation<R>> transformation =
                    transformation(required(settings, prefix + "type", "type"));
            Object predicate = settings.remove("predicate");
            boolean negate = Boolean.parseBoolean(String.valueOf(settings.remove("negate")));
            Plugin.Swap swap = transformation.enter();
            try {
                transformation.instance().configure(settings);
            } finally {
                swap.close();
            }
            steps.add(
                    new TransformChain.Step<>(
                            transformation,
                            predicate == null ? null : predicate("" + predicate, connector),
                            negate));
        }
        return new TransformChain<>(steps);
    }

    @SuppressWarnings("unchecked") // a transformation takes whatever record the chain carries
    private <R extends ConnectRecord<R>> Plugin<Transformation<R>> transformation(String type) {
        return new Plugin<>(
                (Transformation<R>) plugins.create(type, Transformation.class).instance());
    }

    @SuppressWarnings("unchecked") // as above
    private <R extends ConnectRecord<R>> Plugin<Predicate<R>> predicate(
            String name, ConnectorConfig connector) {
        if (!connector.getList("predicates").contains(name)) {
            throw new ConfigException(
                    "a transformation names the predicate "
                            + name
                            + ", but predicates lists "
                            + connector.getList("predicates"));
        }
        String prefix = "predicates." + name + ".";
        Map<String, Object> settings = connector.below(prefix);
        String type = required(settings, prefix + "type", "type");
        Plugin<Predicate<R>> predicate =
                new Plugin<>((Predicate<R>) plugins.create(type, Predicate.class).instance());
        Plugin.Swap swap = predicate.enter();
        try {
            predicate.instance().configure(settings);
        } finally {
            swap.close();
        }
        return predicate;
    }

    private static String required(Map<String, Object> settings, String key, String name) {
        Object value = settings.remove(name);
        if (value == null) {
            throw new ConfigException(key + ": expected a class name, got nothing");
        }
        return value.toString();
    }
}
