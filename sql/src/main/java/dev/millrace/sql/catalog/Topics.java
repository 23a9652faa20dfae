package dev.millrace.sql.catalog;

import dev.millrace.sql.SqlException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's topics, over an admin client: names, partitions, and a sample of the newest
 * records.
 *
 * <p>Blocking, each call bounded by {@link #TIMEOUT_MS}; safe for several threads. Samples are kept
 * for {@link #SAMPLE_AGE_MS}, so that a topic whose records change shape is seen soon.
 */
public final class Topics implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Topics.class);

    static final int TIMEOUT_MS = 15_000;
    static final int SAMPLE_RECORDS = 200;
    static final int SAMPLE_BYTES = 1 << 20;
    static final int SAMPLE_WAIT_MS = 5_000;
    static final long SAMPLE_AGE_MS = 3_000;

    private final String bootstrapServers;
    private final Admin admin;
    private final Map<String, Sampled> samples = new HashMap<>();

    private record Sampled(long atMs, Relation relation) {}

    public Topics(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.admin =
                Admin.create(
                        Map.of(
                                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                                bootstrapServers,
                                AdminClientConfig.CLIENT_ID_CONFIG,
                                "millrace-sql-admin",
                                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                                TIMEOUT_MS,
                                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                                TIMEOUT_MS));
    }

    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Names of all topics, sorted; internal ones ({@code __...}) only if asked for. */
    public List<String> names(boolean internal) {
        List<String> names = new ArrayList<>();
        for (TopicListing topic :
                await(admin.listTopics(new ListTopicsOptions().listInternal(true)).listings())) {
            if (internal || !(topic.isInternal() || topic.name().startsWith("__"))) {
                names.add(topic.name());
            }
        }
        names.sort(Comparator.naturalOrder());
        return names;
    }

    /**
     * Partition count and replication factor per topic; topics that vanish meanwhile are left out.
     */
    public Map<String, TopicDescription> describe(List<String> names) {
        Map<String, TopicDescription> found = new TreeMap<>();
        admin.describeTopics(names)
                .topicNameValues()
                .forEach(
                        (name, future) -> {
                            try {
                                found.put(name, await(future));
                            } catch (SqlException e) {
                                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                                    throw e;
                                }
                            }
                        });
        return found;
    }

    /** How many partitions the topic has, or 0 if there is no such topic. */
    public int partitions(String name) {
        TopicDescription description = describe(List.of(name)).get(name);
        return description == null ? 0 : description.partitions().size();
    }

    /**
     * Creates a topic.
     *
     * @return false if it was there already
     */
    public boolean create(
            String name, int partitions, Optional<Short> replication, Map<String, String> configs) {
        NewTopic topic = new NewTopic(name, Optional.of(partitions), replication).configs(configs);
        try {
            await(admin.createTopics(List.of(topic)).all());
            return true;
        } catch (SqlException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw e;
        }
    }

    /** Deletes a topic; it is no error if it is gone already. */
    public void delete(String name) {
        forget(name);
        try {
            await(admin.deleteTopics(List.of(name)).all());
        } catch (SqlException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw e;
            }
        }
    }

    /** Deletes the internal topics and the group of a Streams application that has ended. */
    public void deleteApplication(String applicationId) {
        for (String name : names(true)) {
            boolean internal =
                    name.startsWith(applicationId + "-")
                            && (name.endsWith("-changelog") || name.endsWith("-repartition"));
            if (internal) {
                delete(name);
            }
        }
        try {
            await(admin.deleteConsumerGroups(List.of(applicationId)).all());
        } catch (SqlException e) {
            // Gone already, or a member on another node is still leaving: the group then expires.
            LOG.debug("group {} is not deleted: {}", applicationId, e.getMessage());
        }
    }

    /** Forgets the sample of a topic. */
    public void forget(String name) {
        synchronized (samples) {
            samples.remove(name);
        }
    }

    /** The relation that the topic's newest records suggest. */
    public Relation infer(String topic) {
        long nowMs = System.nanoTime() / 1_000_000;
        synchronized (samples) {
            Sampled known = samples.get(topic);
            if (known != null && nowMs - known.atMs() < SAMPLE_AGE_MS) {
                return known.relation();
            }
        }
        Relation relation = SchemaInference.infer(topic, sample(topic));
        synchronized (samples) {
            samples.values().removeIf(s -> nowMs - s.atMs() >= SAMPLE_AGE_MS);
            samples.put(topic, new Sampled(nowMs, relation));
        }
        return relation;
    }

    /** The newest records over all partitions, at most SAMPLE_RECORDS of them. */
    private List<SchemaInference.Sample> sample(String topic) {
        Map<String, Object> config =
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        "millrace-sql-sample",
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        TIMEOUT_MS,
                        ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                        SAMPLE_BYTES,
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                        100);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(p -> new TopicPartition(p.topic(), p.partition()))
                            .toList();
            if (partitions.isEmpty()) {
                return List.of();
            }
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions);
            List<TopicPartition> filled =
                    partitions.stream()
                            .filter(p -> ends.getOrDefault(p, 0L) > starts.getOrDefault(p, 0L))
                            .toList();
            if (filled.isEmpty()) {
                return List.of();
            }
            int each = Math.max(1, SAMPLE_RECORDS / filled.size());
            consumer.assign(filled);
            for (TopicPartition partition : filled) {
                long start = starts.getOrDefault(partition, 0L);
                consumer.seek(partition, Math.max(start, ends.getOrDefault(partition, 0L) - each));
            }
            return readToEnd(consumer, ends);
        } catch (org.apache.kafka.common.KafkaException e) {
            throw failed("cannot read a sample of topic " + topic, e);
        }
    }

    private static List<SchemaInference.Sample> readToEnd(
            KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        List<SchemaInference.Sample> sample = new ArrayList<>();
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SAMPLE_WAIT_MS);
        long bytes = 0;
        while (sample.size() < SAMPLE_RECORDS
                && bytes < SAMPLE_BYTES
                && System.nanoTime() < deadlineNs) {
            boolean atEnd = true;
            for (TopicPartition partition : consumer.assignment()) {
                atEnd &= consumer.position(partition) >= ends.getOrDefault(partition, 0L);
            }
            if (atEnd) {
                break;
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                sample.add(new SchemaInference.Sample(record.key(), record.value()));
                bytes += Math.max(0, record.serializedValueSize());
            }
        }
        return sample;
    }

    private static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw failed("the cluster refused", e.getCause());
        } catch (TimeoutException e) {
            throw failed("the cluster did not answer within " + TIMEOUT_MS + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted while waiting for the cluster", e);
        }
    }

    private static SqlException failed(String what, @Nullable Throwable cause) {
        Throwable reason = cause == null ? new IllegalStateException("no reason given") : cause;
        return new SqlException(
                SqlException.Kind.FAILED,
                reason.getMessage() == null ? what : what + ": " + reason.getMessage(),
                reason);
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(2));
    }
}
