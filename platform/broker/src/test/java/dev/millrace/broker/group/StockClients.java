package dev.millrace.broker.group;

import dev.millrace.broker.TestBroker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Apache's clients as an application configures them, with names that nobody else uses. */
public final class StockClients implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final String bootstrapServers;
    private final Admin admin;
    private final List<AutoCloseable> open = new ArrayList<>();

    public StockClients(TestBroker broker) {
        bootstrapServers = broker.bootstrapServers();
        admin =
                Admin.create(
                        Map.of(
                                "bootstrap.servers", bootstrapServers,
                                "default.api.timeout.ms", 20_000,
                                "request.timeout.ms", 15_000));
    }

    public static String unique(String prefix) {
        return prefix + "-" + ProcessHandle.current().pid() + "-" + NUMBER.getAndIncrement();
    }

    public Admin admin() {
        return admin;
    }

    public String createTopic(int partitions) {
        String topic = unique("t");
        createTopic(topic, partitions);
        return topic;
    }

    public void createTopic(String topic, int partitions) {
        get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
    }

    /** Sends the values to partitions in turn. */
    public void produce(String topic, int partitions, String... values) {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", bootstrapServers, "linger.ms", 0),
                        new StringSerializer(),
                        new StringSerializer())) {
            for (int i = 0; i < values.length; i++) {
                producer.send(new ProducerRecord<>(topic, i % partitions, null, values[i]));
            }
            producer.flush();
        }
    }

    public KafkaConsumer<String, String> consumer(String group, Map<String, Object> overrides) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrapServers);
        config.put("group.id", group);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        config.put("heartbeat.interval.ms", 200);
        config.put("session.timeout.ms", 6_000);
        config.putAll(overrides);
        KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        open.add(consumer);
        return consumer;
    }

    public KafkaConsumer<String, String> subscribed(String group, String topic) {
        KafkaConsumer<String, String> consumer = consumer(group, Map.of());
        consumer.subscribe(Set.of(topic));
        return consumer;
    }

    /** A consumer whose partitions the server assigns (KIP-848). */
    public KafkaConsumer<String, String> serverAssigned(
            String group, Map<String, Object> overrides) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrapServers);
        config.put("group.id", group);
        config.put("group.protocol", "consumer");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        config.putAll(overrides);
        KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        open.add(consumer);
        return consumer;
    }

    /** Values of at least {@code count} records; fewer if they do not come within 20 s. */
    public static List<String> poll(KafkaConsumer<String, String> consumer, int count) {
        List<String> values = new ArrayList<>();
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (values.size() < count && System.nanoTime() < deadlineNs) {
            consumer.poll(Duration.ofMillis(50)).forEach(record -> values.add(record.value()));
        }
        return values;
    }

    /** Every record with a value that the topic holds now, from start to end. */
    public void forEachRecord(String topic, BiConsumer<ByteBuffer, ByteBuffer> keyAndValue) {
        try (KafkaConsumer<ByteBuffer, ByteBuffer> reader =
                new KafkaConsumer<>(
                        Map.of("bootstrap.servers", bootstrapServers),
                        new ByteBufferDeserializer(),
                        new ByteBufferDeserializer())) {
            List<TopicPartition> partitions =
                    reader.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            reader.assign(partitions);
            reader.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(p -> reader.position(p) < ends.getOrDefault(p, 0L))) {
                for (ConsumerRecord<ByteBuffer, ByteBuffer> record :
                        reader.poll(Duration.ofMillis(100))) {
                    if (record.value() != null) {
                        keyAndValue.accept(record.key(), record.value());
                    }
                }
            }
        }
    }

    public static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        for (AutoCloseable client : open) {
            if (client instanceof KafkaConsumer<?, ?> consumer) {
                consumer.close(CloseOptions.timeout(Duration.ofSeconds(2)));
            }
        }
        admin.close(Duration.ofSeconds(2));
    }
}
