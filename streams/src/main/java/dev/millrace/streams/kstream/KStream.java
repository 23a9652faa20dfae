package dev.millrace.streams.kstream;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.processor.TopicNameExtractor;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.state.KeyValueStore;
import org.apache.kafka.common.utils.Bytes;

/**
 * An unbounded stream of independent records, partitioned.
 *
 * <p>Operators that may change the key mark the stream; the next grouping or {@code toTable} then
 * goes through a repartition topic. Overloads without {@link Named} generate the operator's name.
 */
public interface KStream<K, V> {
    /** Records for which the predicate holds. */
    default KStream<K, V> filter(Predicate<? super K, ? super V> predicate) {
        return filter(predicate, Named.GENERATED);
    }

    KStream<K, V> filter(Predicate<? super K, ? super V> predicate, Named named);

    default KStream<K, V> filterNot(Predicate<? super K, ? super V> predicate) {
        return filterNot(predicate, Named.GENERATED);
    }

    KStream<K, V> filterNot(Predicate<? super K, ? super V> predicate, Named named);

    /** Sets a new key; grouping or joining afterwards goes through a repartition topic. */
    default <KOut> KStream<KOut, V> selectKey(
            KeyValueMapper<? super K, ? super V, ? extends KOut> mapper) {
        return selectKey(mapper, Named.GENERATED);
    }

    <KOut> KStream<KOut, V> selectKey(
            KeyValueMapper<? super K, ? super V, ? extends KOut> mapper, Named named);

    /** Keeps key and partitioning. */
    default <VOut> KStream<K, VOut> mapValues(ValueMapper<? super V, ? extends VOut> mapper) {
        return mapValues(mapper, Named.GENERATED);
    }

    <VOut> KStream<K, VOut> mapValues(ValueMapper<? super V, ? extends VOut> mapper, Named named);

    default <VOut> KStream<K, VOut> mapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends VOut> mapper) {
        return mapValues(mapper, Named.GENERATED);
    }

    <VOut> KStream<K, VOut> mapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends VOut> mapper, Named named);

    /** One record out per record in, key and value new; the mapper must not return null. */
    default <KOut, VOut> KStream<KOut, VOut> map(
            KeyValueMapper<? super K, ? super V, ? extends KeyValue<? extends KOut, ? extends VOut>>
                    mapper) {
        return map(mapper, Named.GENERATED);
    }

    <KOut, VOut> KStream<KOut, VOut> map(
            KeyValueMapper<? super K, ? super V, ? extends KeyValue<? extends KOut, ? extends VOut>>
                    mapper,
            Named named);

    /** Zero or more records out per record in; the mapper must not return null. */
    default <KOut, VOut> KStream<KOut, VOut> flatMap(
            KeyValueMapper<
                            ? super K,
                            ? super V,
                            ? extends Iterable<? extends KeyValue<? extends KOut, ? extends VOut>>>
                    mapper) {
        return flatMap(mapper, Named.GENERATED);
    }

    <KOut, VOut> KStream<KOut, VOut> flatMap(
            KeyValueMapper<
                            ? super K,
                            ? super V,
                            ? extends Iterable<? extends KeyValue<? extends KOut, ? extends VOut>>>
                    mapper,
            Named named);

    /** Zero or more records out per record in, with the same key and partitioning. */
    default <VOut> KStream<K, VOut> flatMapValues(
            ValueMapper<? super V, ? extends Iterable<? extends VOut>> mapper) {
        return flatMapValues(mapper, Named.GENERATED);
    }

    <VOut> KStream<K, VOut> flatMapValues(
            ValueMapper<? super V, ? extends Iterable<? extends VOut>> mapper, Named named);

    default <VOut> KStream<K, VOut> flatMapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends Iterable<? extends VOut>> mapper) {
        return flatMapValues(mapper, Named.GENERATED);
    }

    <VOut> KStream<K, VOut> flatMapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends Iterable<? extends VOut>> mapper,
            Named named);

    /** Writes one line per record, for debugging. */
    void print(Printed<K, V> printed);

    /** Ends here: an action per record. */
    default void foreach(ForeachAction<? super K, ? super V> action) {
        foreach(action, Named.GENERATED);
    }

    void foreach(ForeachAction<? super K, ? super V> action, Named named);

    /** An action per record, which goes on unchanged. */
    default KStream<K, V> peek(ForeachAction<? super K, ? super V> action) {
        return peek(action, Named.GENERATED);
    }

    KStream<K, V> peek(ForeachAction<? super K, ? super V> action, Named named);

    /** Records of both streams, each stream in its order, the two in none. */
    default KStream<K, V> merge(KStream<K, V> stream) {
        return merge(stream, Named.GENERATED);
    }

    KStream<K, V> merge(KStream<K, V> stream, Named named);

    /**
     * {@link #repartition(Repartitioned)} with generated names and the number of partitions of the
     * source.
     */
    KStream<K, V> repartition();

    /**
     * Writes the stream to a topic {@code <application.id>-<name>-repartition} and reads it back,
     * partitioned by key.
     */
    KStream<K, V> repartition(Repartitioned<K, V> repartitioned);

    /** Writes to a topic that must exist. */
    void to(String topic);

    void to(String topic, Produced<K, V> produced);

    /** Writes each record to the topic named by the extractor. */
    void to(TopicNameExtractor<K, V> topicExtractor);

    void to(TopicNameExtractor<K, V> topicExtractor, Produced<K, V> produced);

    /**
     * Reads the stream as changes of a table: the latest value per key; null deletes, records
     * without a key are dropped.
     */
    default KTable<K, V> toTable() {
        return toTable(Named.GENERATED);
    }

    KTable<K, V> toTable(Named named);

    default KTable<K, V> toTable(Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return toTable(Named.GENERATED, materialized);
    }

    KTable<K, V> toTable(
            Named named, Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized);

    /** Groups by the present key. */
    KGroupedStream<K, V> groupByKey();

    KGroupedStream<K, V> groupByKey(Grouped<K, V> grouped);

    /** Groups by a new key, through a repartition topic. */
    <KOut> KGroupedStream<KOut, V> groupBy(KeyValueMapper<? super K, ? super V, KOut> mapper);

    <KOut> KGroupedStream<KOut, V> groupBy(
            KeyValueMapper<? super K, ? super V, KOut> mapper, Grouped<KOut, V> grouped);

    /**
     * A processor of your own, with access to the named stores; the key may change, hence later
     * grouping repartitions.
     */
    default <KOut, VOut> KStream<KOut, VOut> process(
            ProcessorSupplier<? super K, ? super V, ? extends KOut, ? extends VOut>
                    processorSupplier,
            String... stateStoreNames) {
        return process(processorSupplier, Named.GENERATED, stateStoreNames);
    }

    <KOut, VOut> KStream<KOut, VOut> process(
            ProcessorSupplier<? super K, ? super V, ? extends KOut, ? extends VOut>
                    processorSupplier,
            Named named,
            String... stateStoreNames);
}
