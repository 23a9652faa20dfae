package dev.millrace.streams;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.BuiltInStoreBuilder;
import dev.millrace.streams.internal.task.ProcessorNode;
import dev.millrace.streams.internal.topology.Description;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.TimestampExtractor;
import dev.millrace.streams.processor.TopicNameExtractor;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.state.StoreBuilder;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Sources, processors, sinks and stores of a program, built by {@link StreamsBuilder} or by hand.
 * Running it does not change it: the same object serves {@link KafkaStreams} and {@code
 * TopologyTestDriver}.
 */
public class Topology {
    /**
     * Where reading begins without a committed offset.
     *
     * @deprecated in favour of {@link dev.millrace.streams.AutoOffsetReset}
     */
    @Deprecated
    public enum AutoOffsetReset {
        EARLIEST,
        LATEST
    }

    private static dev.millrace.streams.@Nullable AutoOffsetReset current(
            @Nullable AutoOffsetReset old) {
        if (old == null) {
            return null;
        }
        return old == AutoOffsetReset.EARLIEST
                ? dev.millrace.streams.AutoOffsetReset.earliest()
                : dev.millrace.streams.AutoOffsetReset.latest();
    }

    private final TopologySpec spec;

    private final @Nullable TopologyConfig config;

    public Topology() {
        this(new TopologySpec(), null);
    }

    /** With what is needed to know while the topology is built. */
    public Topology(TopologyConfig topologyConfigs) {
        this(new TopologySpec(topologyConfigs.processorWrapper()), topologyConfigs);
    }

    Topology(TopologySpec spec, @Nullable TopologyConfig config) {
        this.spec = spec;
        this.config = config;
    }

    /** Those of an application, with what is set for this topology alone. */
    StreamsConfig settings(StreamsConfig application) {
        return config == null
                ? application
                : new StreamsConfig(config.settings(application.originals()));
    }

    public Topology addSource(String name, String... topics) {
        return source(null, name, null, null, null, List.of(topics), null);
    }

    public Topology addSource(String name, Pattern topicPattern) {
        return source(null, name, null, null, null, List.of(), topicPattern);
    }

    public <K, V> Topology addSource(
            String name,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String... topics) {
        return source(null, name, null, keyDeserializer, valueDeserializer, List.of(topics), null);
    }

    public <K, V> Topology addSource(
            String name,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            Pattern topicPattern) {
        return source(
                null, name, null, keyDeserializer, valueDeserializer, List.of(), topicPattern);
    }

    public Topology addSource(
            TimestampExtractor timestampExtractor, String name, String... topics) {
        return source(null, name, timestampExtractor, null, null, List.of(topics), null);
    }

    public Topology addSource(
            TimestampExtractor timestampExtractor, String name, Pattern topicPattern) {
        return source(null, name, timestampExtractor, null, null, List.of(), topicPattern);
    }

    public Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            String name,
            String... topics) {
        return source(offsetReset, name, null, null, null, List.of(topics), null);
    }

    public Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            String name,
            Pattern topicPattern) {
        return source(offsetReset, name, null, null, null, List.of(), topicPattern);
    }

    public <K, V> Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String... topics) {
        return source(
                offsetReset, name, null, keyDeserializer, valueDeserializer, List.of(topics), null);
    }

    public <K, V> Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            Pattern topicPattern) {
        return source(
                offsetReset,
                name,
                null,
                keyDeserializer,
                valueDeserializer,
                List.of(),
                topicPattern);
    }

    public Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            TimestampExtractor timestampExtractor,
            String name,
            String... topics) {
        return source(offsetReset, name, timestampExtractor, null, null, List.of(topics), null);
    }

    public Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            TimestampExtractor timestampExtractor,
            String name,
            Pattern topicPattern) {
        return source(offsetReset, name, timestampExtractor, null, null, List.of(), topicPattern);
    }

    public <K, V> Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String... topics) {
        return source(
                offsetReset,
                name,
                timestampExtractor,
                keyDeserializer,
                valueDeserializer,
                List.of(topics),
                null);
    }

    public <K, V> Topology addSource(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            Pattern topicPattern) {
        return source(
                offsetReset,
                name,
                timestampExtractor,
                keyDeserializer,
                valueDeserializer,
                List.of(),
                topicPattern);
    }

    @Deprecated
    public Topology addSource(
            @Nullable AutoOffsetReset offsetReset, String name, String... topics) {
        return addSource(current(offsetReset), name, topics);
    }

    @Deprecated
    public Topology addSource(
            @Nullable AutoOffsetReset offsetReset, String name, Pattern topicPattern) {
        return addSource(current(offsetReset), name, topicPattern);
    }

    @Deprecated
    public <K, V> Topology addSource(
            @Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String... topics) {
        return addSource(current(offsetReset), name, keyDeserializer, valueDeserializer, topics);
    }

    @Deprecated
    public <K, V> Topology addSource(
            @Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            Pattern topicPattern) {
        return addSource(
                current(offsetReset), name, keyDeserializer, valueDeserializer, topicPattern);
    }

    @Deprecated
    public Topology addSource(
            @Nullable AutoOffsetReset offsetReset,
            TimestampExtractor timestampExtractor,
            String name,
            String... topics) {
        return addSource(current(offsetReset), timestampExtractor, name, topics);
    }

    @Deprecated
    public Topology addSource(
            @Nullable AutoOffsetReset offsetReset,
            TimestampExtractor timestampExtractor,
            String name,
            Pattern topicPattern) {
        return addSource(current(offsetReset), timestampExtractor, name, topicPattern);
    }

    @Deprecated
    public <K, V> Topology addSource(
            @Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String... topics) {
        return addSource(
                current(offsetReset),
                name,
                timestampExtractor,
                keyDeserializer,
                valueDeserializer,
                topics);
    }

    @Deprecated
    public <K, V> Topology addSource(
            @Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            Pattern topicPattern) {
        return addSource(
                current(offsetReset),
                name,
                timestampExtractor,
                keyDeserializer,
                valueDeserializer,
                topicPattern);
    }

    private Topology source(
            dev.millrace.streams.@Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<?> keyDeserializer,
            @Nullable Deserializer<?> valueDeserializer,
            List<String> topics,
            @Nullable Pattern pattern) {
        Objects.requireNonNull(name, "name must not be null");
        spec.add(
                new NodeSpec.Source(
                        name,
                        topics,
                        keyDeserializer,
                        valueDeserializer,
                        timestampExtractor,
                        offsetReset,
                        false,
                        pattern));
        return this;
    }

    public Topology addSink(String name, String topic, String... parentNames) {
        return addSink(name, topic, null, null, null, parentNames);
    }

    public <K, V> Topology addSink(
            String name,
            String topic,
            StreamPartitioner<? super K, ? super V> partitioner,
            String... parentNames) {
        return addSink(name, topic, null, null, partitioner, parentNames);
    }

    public <K, V> Topology addSink(
            String name,
            String topic,
            @Nullable Serializer<K> keySerializer,
            @Nullable Serializer<V> valueSerializer,
            String... parentNames) {
        return addSink(name, topic, keySerializer, valueSerializer, null, parentNames);
    }

    public <K, V> Topology addSink(
            String name,
            String topic,
            @Nullable Serializer<K> keySerializer,
            @Nullable Serializer<V> valueSerializer,
            @Nullable StreamPartitioner<? super K, ? super V> partitioner,
            String... parentNames) {
        return sink(name, topic, null, keySerializer, valueSerializer, partitioner, parentNames);
    }

    public <K, V> Topology addSink(
            String name,
            TopicNameExtractor<? super K, ? super V> topicExtractor,
            String... parentNames) {
        return sink(name, null, topicExtractor, null, null, null, parentNames);
    }

    public <K, V> Topology addSink(
            String name,
            TopicNameExtractor<? super K, ? super V> topicExtractor,
            @Nullable Serializer<K> keySerializer,
            @Nullable Serializer<V> valueSerializer,
            @Nullable StreamPartitioner<? super K, ? super V> partitioner,
            String... parentNames) {
        return sink(
                name,
                null,
                topicExtractor,
                keySerializer,
                valueSerializer,
                partitioner,
                parentNames);
    }

    public <K, V> Topology addSink(
            String name,
            TopicNameExtractor<? super K, ? super V> topicExtractor,
            StreamPartitioner<? super K, ? super V> partitioner,
            String... parentNames) {
        return sink(name, null, topicExtractor, null, null, partitioner, parentNames);
    }

    public <K, V> Topology addSink(
            String name,
            TopicNameExtractor<? super K, ? super V> topicExtractor,
            @Nullable Serializer<K> keySerializer,
            @Nullable Serializer<V> valueSerializer,
            String... parentNames) {
        return sink(name, null, topicExtractor, keySerializer, valueSerializer, null, parentNames);
    }

    private Topology sink(
            String name,
            @Nullable String topic,
            @Nullable TopicNameExtractor<?, ?> extractor,
            @Nullable Serializer<?> keySerializer,
            @Nullable Serializer<?> valueSerializer,
            @Nullable StreamPartitioner<?, ?> partitioner,
            String... parentNames) {
        spec.add(
                new NodeSpec.Sink(
                        name,
                        List.of(parentNames),
                        topic,
                        Erased.castNullable(extractor),
                        keySerializer,
                        valueSerializer,
                        Erased.castNullable(partitioner),
                        false));
        return this;
    }

    public <KIn, VIn, KOut, VOut> Topology addProcessor(
            String name, ProcessorSupplier<KIn, VIn, KOut, VOut> supplier, String... parentNames) {
        Objects.requireNonNull(supplier, "supplier");
        ProcessorSupplier<Object, Object, Object, Object> erased = Erased.cast(supplier);
        spec.addProcessor(name, List.of(parentNames), erased);
        return this;
    }

    public <S extends StateStore> Topology addStateStore(
            StoreBuilder<S> storeBuilder, String... processorNames) {
        spec.addStore(BuiltInStoreBuilder.specOf(storeBuilder), List.of(processorNames));
        return this;
    }

    /** A store that a processor of your own fills from all partitions of a topic. */
    public <K, V, S extends StateStore> Topology addGlobalStore(
            StoreBuilder<S> storeBuilder,
            String sourceName,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String topic,
            String processorName,
            ProcessorSupplier<K, V, Void, Void> stateUpdateSupplier) {
        return addGlobalStore(
                storeBuilder,
                sourceName,
                null,
                keyDeserializer,
                valueDeserializer,
                topic,
                processorName,
                stateUpdateSupplier);
    }

    public <K, V, S extends StateStore> Topology addGlobalStore(
            StoreBuilder<S> storeBuilder,
            String sourceName,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String topic,
            String processorName,
            ProcessorSupplier<K, V, Void, Void> stateUpdateSupplier) {
        ProcessorSupplier<Object, Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(stateUpdateSupplier, "stateUpdateSupplier"));
        ProcessorSupplier<Object, Object, Object, Object> wrapped =
                spec.wrapped(processorName, erased);
        spec.addGlobalStore(
                BuiltInStoreBuilder.specOf(storeBuilder).restoredFrom(topic),
                new NodeSpec.Source(
                        sourceName,
                        List.of(topic),
                        keyDeserializer,
                        valueDeserializer,
                        timestampExtractor,
                        null,
                        false),
                new NodeSpec.Processor(
                        processorName,
                        List.of(sourceName),
                        () -> new ProcessorNode(processorName, wrapped),
                        new LinkedHashSet<>()));
        return this;
    }

    /** A store filled from a topic, partition by partition, that is its changelog, too. */
    public <K, V, S extends StateStore> Topology addReadOnlyStateStore(
            StoreBuilder<S> storeBuilder,
            String sourceName,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String topic,
            String processorName,
            ProcessorSupplier<K, V, Void, Void> stateUpdateSupplier) {
        return addReadOnlyStateStore(
                storeBuilder,
                sourceName,
                null,
                keyDeserializer,
                valueDeserializer,
                topic,
                processorName,
                stateUpdateSupplier);
    }

    public <K, V, S extends StateStore> Topology addReadOnlyStateStore(
            StoreBuilder<S> storeBuilder,
            String sourceName,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String topic,
            String processorName,
            ProcessorSupplier<K, V, Void, Void> stateUpdateSupplier) {
        source(
                null,
                sourceName,
                timestampExtractor,
                keyDeserializer,
                valueDeserializer,
                List.of(topic),
                null);
        addProcessor(processorName, stateUpdateSupplier, sourceName);
        spec.addStore(
                BuiltInStoreBuilder.specOf(storeBuilder.withLoggingEnabled(Map.of()))
                        .restoredFrom(topic),
                List.of(processorName));
        return this;
    }

    public Topology connectProcessorAndStateStores(
            String processorName, String... stateStoreNames) {
        for (String store : stateStoreNames) {
            spec.connect(processorName, store);
        }
        return this;
    }

    /** The sub-topologies in Kafka Streams' text. */
    public TopologyDescription describe() {
        return Description.of(spec);
    }

    TopologySpec spec() {
        return spec;
    }
}
