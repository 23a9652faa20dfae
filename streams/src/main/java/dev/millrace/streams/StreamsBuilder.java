package dev.millrace.streams;

import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.dsl.GraphBuilder;
import dev.millrace.streams.internal.store.BuiltInStoreBuilder;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.GlobalKTable;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Repartitioned;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.StoreBuilder;
import io.reactivex.rxjava3.core.Flowable;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Describes a program; {@link #build()} makes the {@link Topology} that {@link KafkaStreams} and
 * {@code TopologyTestDriver} run. Use one builder for one program: later {@code build()} calls add
 * to the same topology.
 */
public class StreamsBuilder {
    private final @Nullable TopologyConfig config;
    private final TopologySpec topology;
    private final GraphBuilder graph;

    public StreamsBuilder() {
        this(null, new TopologySpec());
    }

    /** With what is needed to know while the program is described. */
    public StreamsBuilder(TopologyConfig topologyConfigs) {
        this(topologyConfigs, new TopologySpec(topologyConfigs.processorWrapper()));
    }

    private StreamsBuilder(@Nullable TopologyConfig config, TopologySpec topology) {
        this.config = config;
        this.topology = topology;
        this.graph =
                new GraphBuilder(
                        topology,
                        config != null
                                && TopologyConfig.InternalConfig.getBoolean(
                                        config.applicationConfigs.originals(),
                                        TopologyConfig.InternalConfig
                                                .ENABLE_PROCESS_PROCESSVALUE_FIX,
                                        false));
    }

    /** The records of a topic, partitioned by key as the topic is. */
    public synchronized <K, V> KStream<K, V> stream(String topic) {
        return stream(List.of(topic));
    }

    public synchronized <K, V> KStream<K, V> stream(String topic, Consumed<K, V> consumed) {
        return stream(List.of(topic), consumed);
    }

    public synchronized <K, V> KStream<K, V> stream(Collection<String> topics) {
        return stream(topics, Consumed.with(null, null));
    }

    public synchronized <K, V> KStream<K, V> stream(
            Collection<String> topics, Consumed<K, V> consumed) {
        return graph.stream(topics, Objects.requireNonNull(consumed, "consumed"));
    }

    /**
     * The latest value per key of a topic; null values delete, records without a key are dropped.
     */
    public synchronized <K, V> KTable<K, V> table(String topic) {
        return table(topic, Consumed.with(null, null));
    }

    public synchronized <K, V> KTable<K, V> table(String topic, Consumed<K, V> consumed) {
        return graph.table(
                Objects.requireNonNull(topic, "topic"),
                Objects.requireNonNull(consumed, "consumed"),
                null);
    }

    public synchronized <K, V> KTable<K, V> table(
            String topic, Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return graph.table(
                topic,
                Consumed.with(materialized.keySerde(), materialized.valueSerde()),
                materialized);
    }

    /** The serdes of {@code consumed} are those of the store, too. */
    public synchronized <K, V> KTable<K, V> table(
            String topic,
            Consumed<K, V> consumed,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return graph.table(
                topic,
                consumed,
                materialized
                        .withKeySerde(consumed.keySerde())
                        .withValueSerde(consumed.valueSerde()));
    }

    /** A store for processors, which name it when they are added. */
    public synchronized StreamsBuilder addStateStore(StoreBuilder<?> builder) {
        graph.addStateStore(BuiltInStoreBuilder.specOf(builder));
        return this;
    }

    /** All partitions of a topic as a table, whole on every instance. */
    public synchronized <K, V> GlobalKTable<K, V> globalTable(String topic) {
        return globalTable(topic, Consumed.with(null, null));
    }

    public synchronized <K, V> GlobalKTable<K, V> globalTable(
            String topic, Consumed<K, V> consumed) {
        return graph.globalTable(
                Objects.requireNonNull(topic, "topic can't be null"),
                Objects.requireNonNull(consumed, "consumed can't be null"),
                null);
    }

    public synchronized <K, V> GlobalKTable<K, V> globalTable(
            String topic, Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return graph.globalTable(
                Objects.requireNonNull(topic, "topic can't be null"),
                Consumed.with(materialized.keySerde(), materialized.valueSerde()),
                materialized);
    }

    /** The serdes of {@code consumed} are those of the store, too. */
    public synchronized <K, V> GlobalKTable<K, V> globalTable(
            String topic,
            Consumed<K, V> consumed,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(consumed, "consumed can't be null");
        return graph.globalTable(
                Objects.requireNonNull(topic, "topic can't be null"),
                consumed,
                materialized
                        .withKeySerde(consumed.keySerde())
                        .withValueSerde(consumed.valueSerde()));
    }

    /** A store that a processor of your own fills from all partitions of a topic. */
    public synchronized <KIn, VIn> StreamsBuilder addGlobalStore(
            StoreBuilder<?> storeBuilder,
            String topic,
            Consumed<KIn, VIn> consumed,
            ProcessorSupplier<KIn, VIn, Void, Void> stateUpdateSupplier) {
        Objects.requireNonNull(storeBuilder, "storeBuilder can't be null");
        Objects.requireNonNull(consumed, "consumed can't be null");
        graph.addGlobalStore(
                BuiltInStoreBuilder.specOf(storeBuilder),
                topic,
                consumed,
                Erased.cast(stateUpdateSupplier));
        return this;
    }

    /** The records of all topics whose names match, also of those that come later. */
    public synchronized <K, V> KStream<K, V> stream(Pattern topicPattern) {
        return stream(topicPattern, Consumed.with(null, null));
    }

    public synchronized <K, V> KStream<K, V> stream(Pattern topicPattern, Consumed<K, V> consumed) {
        return graph.stream(
                Objects.requireNonNull(topicPattern, "topicPattern can't be null"),
                Objects.requireNonNull(consumed, "consumed can't be null"));
    }

    /** {@link #stream(Flowable, Repartitioned)} with generated names and the default serdes. */
    public synchronized <K, V> KStream<K, V> stream(Flowable<? extends Record<K, V>> records) {
        return stream(records, Repartitioned.with(null, null));
    }

    /**
     * What a Flowable emits, by way of an internal topic {@code
     * <application.id>-<name>-repartition}, which makes it durable, and partitions it by key.
     *
     * <p>Every instance subscribes when it is first running, and asks for {@code
     * millrace.flowable.buffer.records} records and one more with each that all in-sync replicas
     * have. What was emitted and not acknowledged when the process is killed is lost, unless the
     * Flowable emits it again; all else is processed as a topic is, with exactly-once exactly once.
     * {@code onNext} has the producer's memory to fill, not a stream thread to hold up.
     *
     * <p>Completion ends nothing. An error goes to the handler of uncaught exceptions: {@code
     * REPLACE_THREAD} subscribes again, all else ends this instance. {@code close()} cancels.
     *
     * @param through name and serdes, partitioner, and number of partitions: without it as many as
     *     what the stream is joined with, or one
     */
    public synchronized <K, V> KStream<K, V> stream(
            Flowable<? extends Record<K, V>> records, Repartitioned<K, V> through) {
        return graph.stream(
                Objects.requireNonNull(records, "records can't be null"),
                Objects.requireNonNull(through, "through can't be null"));
    }

    public synchronized Topology build() {
        return write(Set.of());
    }

    /** With the optimisations that {@code topology.optimization} names. */
    public synchronized Topology build(@Nullable Properties properties) {
        Object named =
                properties == null
                        ? null
                        : properties.get(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG);
        return write(named == null ? Set.of() : StreamsConfig.optimizations(String.valueOf(named)));
    }

    private Topology write(Set<String> optimizations) {
        graph.write(optimizations);
        if (config != null && config.ensureExplicitInternalResourceNaming) {
            String generated = topology.generatedNames();
            if (!generated.isEmpty()) {
                throw new TopologyException(generated);
            }
        }
        return new Topology(topology, config);
    }
}
