package dev.millrace.client;

import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.Maybe;
import io.reactivex.rxjava3.core.Scheduler;
import io.reactivex.rxjava3.core.Single;
import io.reactivex.rxjava3.schedulers.Schedulers;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * What programs most often ask of a cluster beside its records; a thin cover over kafka-clients'
 * {@link Admin}, which {@link #call} reaches for the rest. Cold: each subscription is one request.
 * Fails with {@link ClientException.Unreachable} after {@link ClientConfig#connectTimeoutMs}.
 */
public final class ClusterAdmin {
    private final ClientConfig config;
    private final Scheduler results = Schedulers.computation();
    private @Nullable Admin admin; // guarded by this
    private boolean closed; // guarded by this

    ClusterAdmin(ClientConfig config) {
        this.config = config;
    }

    /** Any request of kafka-clients' Admin. */
    public <T> Single<T> call(Function<Admin, KafkaFuture<T>> request) {
        return Single.<T>create(
                        emitter ->
                                request.apply(open())
                                        .whenComplete(
                                                (value, failure) -> {
                                                    if (failure == null) {
                                                        emitter.onSuccess(value);
                                                    } else {
                                                        emitter.tryOnError(explain(failure));
                                                    }
                                                }))
                .observeOn(results);
    }

    private Completable run(Function<Admin, KafkaFuture<Void>> request) {
        // KafkaFuture<Void> ends with null, which no Single may carry
        return call(admin -> request.apply(admin).thenApply(nothing -> true)).ignoreElement();
    }

    public Single<Collection<Node>> nodes() {
        return call(admin -> admin.describeCluster().nodes());
    }

    /**
     * @return names in order, without the internal topics
     */
    public Single<List<String>> topicNames() {
        return topicNames(false);
    }

    public Single<List<String>> topicNames(boolean withInternal) {
        return call(admin ->
                        admin.listTopics(new ListTopicsOptions().listInternal(withInternal))
                                .names())
                .map(names -> names.stream().sorted().toList());
    }

    /**
     * @return empty if there is no such topic
     */
    public Maybe<TopicDescription> describeTopic(String name) {
        return call(admin -> admin.describeTopics(List.of(name)).topicNameValues().get(name))
                .toMaybe()
                .onErrorComplete(UnknownTopicOrPartitionException.class::isInstance);
    }

    public Single<Map<String, TopicDescription>> describeTopics(Collection<String> names) {
        return call(admin -> admin.describeTopics(names).allTopicNames());
    }

    /**
     * @param partitions empty for the broker's {@code num.partitions}
     * @param replicationFactor empty for the broker's {@code default.replication.factor}
     * @param configs for instance {@code cleanup.policy=compact}
     */
    public Completable createTopic(
            String name,
            Optional<Integer> partitions,
            Optional<Short> replicationFactor,
            Map<String, String> configs) {
        return run(
                admin ->
                        admin.createTopics(
                                        List.of(
                                                new NewTopic(name, partitions, replicationFactor)
                                                        .configs(configs)))
                                .all());
    }

    public Completable createTopic(String name, int partitions) {
        return createTopic(name, Optional.of(partitions), Optional.empty(), Map.of());
    }

    /** Fails with {@link ClientException.UnknownTopic} if there is no such topic. */
    public Completable deleteTopic(String name) {
        return run(admin -> admin.deleteTopics(List.of(name)).all())
                .onErrorResumeNext(
                        failure ->
                                Completable.error(
                                        failure instanceof UnknownTopicOrPartitionException
                                                ? new ClientException.UnknownTopic(
                                                        name, config.bootstrapServers())
                                                : failure));
    }

    /**
     * @return all settings of the topic with their values in force; secrets are left out
     */
    public Single<Map<String, String>> topicConfig(String name) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        return call(admin -> admin.describeConfigs(List.of(resource)).values().get(resource))
                .map(ClusterAdmin::valuesOf);
    }

    private static Map<String, String> valuesOf(Config config) {
        Map<String, String> values = new TreeMap<>();
        for (ConfigEntry entry : config.entries()) {
            if (entry.value() != null) {
                values.put(entry.name(), entry.value());
            }
        }
        return values;
    }

    /**
     * @return by partition, the offset of the first record that is still there
     */
    public Single<Map<Integer, Long>> beginningOffsets(String topic) {
        return offsets(topic, OffsetSpec.earliest());
    }

    /**
     * @return by partition, the offset after the last record that consumers can see
     */
    public Single<Map<Integer, Long>> endOffsets(String topic) {
        return offsets(topic, OffsetSpec.latest());
    }

    private Single<Map<Integer, Long>> offsets(String topic, OffsetSpec spec) {
        return describeTopic(topic)
                .switchIfEmpty(
                        Single.error(
                                () ->
                                        new ClientException.UnknownTopic(
                                                topic, config.bootstrapServers())))
                .flatMap(
                        description -> {
                            Map<TopicPartition, OffsetSpec> query = new HashMap<>();
                            description
                                    .partitions()
                                    .forEach(
                                            p ->
                                                    query.put(
                                                            new TopicPartition(
                                                                    topic, p.partition()),
                                                            spec));
                            return call(admin -> admin.listOffsets(query).all());
                        })
                .map(ClusterAdmin::byPartition);
    }

    private static Map<Integer, Long> byPartition(
            Map<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> offsets) {
        Map<Integer, Long> byPartition = new TreeMap<>();
        offsets.forEach((partition, info) -> byPartition.put(partition.partition(), info.offset()));
        return byPartition;
    }

    /**
     * @return committed offsets; partitions without one are left out
     */
    public Single<Map<TopicPartition, Long>> committedOffsets(String groupId) {
        return call(admin ->
                        admin.listConsumerGroupOffsets(groupId).partitionsToOffsetAndMetadata())
                .map(
                        offsets -> {
                            Map<TopicPartition, Long> committed = new HashMap<>();
                            for (Map.Entry<TopicPartition, OffsetAndMetadata> entry :
                                    offsets.entrySet()) {
                                if (entry.getValue() != null) {
                                    committed.put(entry.getKey(), entry.getValue().offset());
                                }
                            }
                            return committed;
                        });
    }

    private synchronized Admin open() {
        if (closed) {
            throw new ClientException.Closed("an administrative request was to be sent");
        }
        if (admin == null) {
            Map<String, Object> settings = new HashMap<>();
            settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
            settings.put(
                    AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                    Math.min(30_000, config.connectTimeoutMs()));
            settings.put(
                    AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, config.connectTimeoutMs());
            settings.putAll(config.kafka());
            admin = Admin.create(settings);
        }
        return admin;
    }

    private Throwable explain(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        return cause instanceof TimeoutException
                ? new ClientException.Unreachable(
                        config.bootstrapServers(), config.connectTimeoutMs(), cause)
                : cause;
    }

    synchronized void close() {
        closed = true;
        if (admin != null) {
            admin.close();
        }
    }
}
