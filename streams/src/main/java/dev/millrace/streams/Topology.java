package dev.millrace.streams;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.KeyValueStoreBuilder;
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
import java.util.Objects;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Sources, processors, sinks and stores of a program, built by {@link StreamsBuilder} or by hand.
 * Running it does not change it: the same object serves {@link KafkaStreams} and {@link
 * TopologyTestDriver}.
 */
public class Topology {
    private final TopologySpec spec;

    public Topology() {
        this(new TopologySpec());
    }

    Topology(TopologySpec spec) {
        this.spec = spec;
    }

    public Topology addSource(String name, String... topics) {
        return addSource(null, name, null, null, null, topics);
    }

    public Topology addSource(AutoOffsetReset offsetReset, String name, String... topics) {
        return addSource(offsetReset, name, null, null, null, topics);
    }

    public Topology addSource(
            TimestampExtractor timestampExtractor, String name, String... topics) {
        return addSource(null, name, timestampExtractor, null, null, topics);
    }

    public <K, V> Topology addSource(
            String name,
            Deserializer<K> keyDeserializer,
            Deserializer<V> valueDeserializer,
            String... topics) {
        return addSource(null, name, null, keyDeserializer, valueDeserializer, topics);
    }

    public <K, V> Topology addSource(
            @Nullable AutoOffsetReset offsetReset,
            String name,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable Deserializer<K> keyDeserializer,
            @Nullable Deserializer<V> valueDeserializer,
            String... topics) {
        spec.add(
                new NodeSpec.Source(
                        name,
                        List.of(topics),
                        keyDeserializer,
                        valueDeserializer,
                        timestampExtractor,
                        offsetReset,
                        false));
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
        spec.add(
                new NodeSpec.Processor(
                        name,
                        List.of(parentNames),
                        () -> new ProcessorNode(name, erased),
                        new LinkedHashSet<>()));
        for (StoreBuilder<?> store : supplier.stores()) {
            addStateStore(store, name);
        }
        return this;
    }

    public <S extends StateStore> Topology addStateStore(
            StoreBuilder<S> storeBuilder, String... processorNames) {
        spec.addStore(KeyValueStoreBuilder.specOf(storeBuilder), List.of(processorNames));
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
