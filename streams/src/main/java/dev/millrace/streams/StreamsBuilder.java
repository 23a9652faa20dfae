package dev.millrace.streams;

import dev.millrace.streams.internal.dsl.GraphBuilder;
import dev.millrace.streams.internal.store.KeyValueStoreBuilder;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.StoreBuilder;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.apache.kafka.common.utils.Bytes;

/**
 * Describes a program; {@link #build()} makes the {@link Topology} that {@link KafkaStreams} and
 * {@link TopologyTestDriver} run. Use one builder for one program: later {@code build()} calls add
 * to the same topology.
 */
public class StreamsBuilder {
    private final GraphBuilder graph = new GraphBuilder();

    /** The records of a topic, partitioned by key as the topic is. */
    public synchronized <K, V> KStream<K, V> stream(String topic) {
        return stream(List.of(topic));
    }

    public synchronized <K, V> KStream<K, V> stream(String topic, Consumed<K, V> consumed) {
        return stream(List.of(topic), consumed);
    }

    public synchronized <K, V> KStream<K, V> stream(Collection<String> topics) {
        return stream(topics, Consumed.with(null, null, null, null));
    }

    public synchronized <K, V> KStream<K, V> stream(
            Collection<String> topics, Consumed<K, V> consumed) {
        return graph.stream(topics, Objects.requireNonNull(consumed, "consumed"));
    }

    /**
     * The latest value per key of a topic; null values delete, records without a key are dropped.
     */
    public synchronized <K, V> KTable<K, V> table(String topic) {
        return table(topic, Consumed.with(null, null, null, null));
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
        graph.addStateStore(KeyValueStoreBuilder.specOf(builder));
        return this;
    }

    public synchronized Topology build() {
        return new Topology(graph.write());
    }

    /** As {@link #build()}: there are no optimisations to choose yet. */
    public synchronized Topology build(Properties properties) {
        return build();
    }
}
