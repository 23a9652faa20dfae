package dev.millrace.streams.kstream;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.processor.TopicNameExtractor;
import dev.millrace.streams.processor.api.FixedKeyProcessorSupplier;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.state.KeyValueStore;
import io.reactivex.rxjava3.core.Flowable;
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

    /**
     * Ends here: at the subscribers of the Flowable, in the process that has the partitions.
     *
     * <p>Every subscriber gets the records of all tasks of this process, those of a task in their
     * order, from when it subscribes: before {@code KafkaStreams.start()}, all of them. It is
     * called on a thread of {@code Schedulers.io()} and may block. While one has {@code
     * millrace.flowable.buffer.records} records to take, the tasks wait, which stay in their group.
     * Without subscribers, records go by.
     *
     * <p>With exactly-once, records come when their transaction is committed, and are not taken
     * back. With at-least-once they come at once: again after a rebalance or restart, if they were
     * not committed by then. Either way, what a process has not yet taken when it is killed is lost
     * to it: write to a topic what must not be.
     *
     * <p>Completes when the last instance of this process that runs the program was closed, behind
     * what waits; fails with what made that instance fail.
     */
    default Flowable<Record<K, V>> toFlowable() {
        return toFlowable(Named.GENERATED);
    }

    Flowable<Record<K, V>> toFlowable(Named named);

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

    /** Splits by predicates; a record goes to one branch at most. */
    default BranchedKStream<K, V> split() {
        return split(Named.GENERATED);
    }

    BranchedKStream<K, V> split(Named named);

    /** Pairs of records of the same key within the windows. */
    default <VRight, VOut> KStream<K, VOut> join(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows) {
        return join(rightStream, joiner, windows, StreamJoined.with(null, null, null));
    }

    default <VRight, VOut> KStream<K, VOut> join(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows) {
        return join(rightStream, joiner, windows, StreamJoined.with(null, null, null));
    }

    <VRight, VOut> KStream<K, VOut> join(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined);

    <VRight, VOut> KStream<K, VOut> join(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined);

    /**
     * As {@link #join(KStream, ValueJoiner, JoinWindows)}; a record of this stream that finds no
     * partner until the window closes goes on with null.
     */
    default <VRight, VOut> KStream<K, VOut> leftJoin(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows) {
        return leftJoin(rightStream, joiner, windows, StreamJoined.with(null, null, null));
    }

    default <VRight, VOut> KStream<K, VOut> leftJoin(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows) {
        return leftJoin(rightStream, joiner, windows, StreamJoined.with(null, null, null));
    }

    <VRight, VOut> KStream<K, VOut> leftJoin(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined);

    <VRight, VOut> KStream<K, VOut> leftJoin(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined);

    /**
     * As {@link #join(KStream, ValueJoiner, JoinWindows)}; a record of either stream that finds no
     * partner until the window closes goes on with null.
     */
    default <VRight, VOut> KStream<K, VOut> outerJoin(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows) {
        return outerJoin(rightStream, joiner, windows, StreamJoined.with(null, null, null));
    }

    default <VRight, VOut> KStream<K, VOut> outerJoin(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows) {
        return outerJoin(rightStream, joiner, windows, StreamJoined.with(null, null, null));
    }

    <VRight, VOut> KStream<K, VOut> outerJoin(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined);

    <VRight, VOut> KStream<K, VOut> outerJoin(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined);

    /** Every record with the table's row of its key, if there is one. */
    default <VTable, VOut> KStream<K, VOut> join(
            KTable<K, VTable> table,
            ValueJoiner<? super V, ? super VTable, ? extends VOut> joiner) {
        return join(table, joiner, Joined.with(null, null, null));
    }

    default <VTable, VOut> KStream<K, VOut> join(
            KTable<K, VTable> table,
            ValueJoinerWithKey<? super K, ? super V, ? super VTable, ? extends VOut> joiner) {
        return join(table, joiner, Joined.with(null, null, null));
    }

    <VTable, VOut> KStream<K, VOut> join(
            KTable<K, VTable> table,
            ValueJoiner<? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined);

    <VTable, VOut> KStream<K, VOut> join(
            KTable<K, VTable> table,
            ValueJoinerWithKey<? super K, ? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined);

    /** Every record with the table's row of its key, null if there is none. */
    default <VTable, VOut> KStream<K, VOut> leftJoin(
            KTable<K, VTable> table,
            ValueJoiner<? super V, ? super VTable, ? extends VOut> joiner) {
        return leftJoin(table, joiner, Joined.with(null, null, null));
    }

    default <VTable, VOut> KStream<K, VOut> leftJoin(
            KTable<K, VTable> table,
            ValueJoinerWithKey<? super K, ? super V, ? super VTable, ? extends VOut> joiner) {
        return leftJoin(table, joiner, Joined.with(null, null, null));
    }

    <VTable, VOut> KStream<K, VOut> leftJoin(
            KTable<K, VTable> table,
            ValueJoiner<? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined);

    <VTable, VOut> KStream<K, VOut> leftJoin(
            KTable<K, VTable> table,
            ValueJoinerWithKey<? super K, ? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined);

    /** Every record with the global table's row of the key that the selector makes of it. */
    default <GlobalKey, GlobalValue, VOut> KStream<K, VOut> join(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoiner<? super V, ? super GlobalValue, ? extends VOut> joiner) {
        return join(globalTable, keySelector, joiner, Named.GENERATED);
    }

    default <GlobalKey, GlobalValue, VOut> KStream<K, VOut> join(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoinerWithKey<? super K, ? super V, ? super GlobalValue, ? extends VOut> joiner) {
        return join(globalTable, keySelector, joiner, Named.GENERATED);
    }

    <GlobalKey, GlobalValue, VOut> KStream<K, VOut> join(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoiner<? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named);

    <GlobalKey, GlobalValue, VOut> KStream<K, VOut> join(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoinerWithKey<? super K, ? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named);

    /** As {@link #join(GlobalKTable, KeyValueMapper, ValueJoiner)}, null where there is no row. */
    default <GlobalKey, GlobalValue, VOut> KStream<K, VOut> leftJoin(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoiner<? super V, ? super GlobalValue, ? extends VOut> joiner) {
        return leftJoin(globalTable, keySelector, joiner, Named.GENERATED);
    }

    default <GlobalKey, GlobalValue, VOut> KStream<K, VOut> leftJoin(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoinerWithKey<? super K, ? super V, ? super GlobalValue, ? extends VOut> joiner) {
        return leftJoin(globalTable, keySelector, joiner, Named.GENERATED);
    }

    <GlobalKey, GlobalValue, VOut> KStream<K, VOut> leftJoin(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoiner<? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named);

    <GlobalKey, GlobalValue, VOut> KStream<K, VOut> leftJoin(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoinerWithKey<? super K, ? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named);

    /** A processor of your own that keeps keys, and with them the partitioning. */
    default <VOut> KStream<K, VOut> processValues(
            FixedKeyProcessorSupplier<? super K, ? super V, ? extends VOut> processorSupplier,
            String... stateStoreNames) {
        return processValues(processorSupplier, Named.GENERATED, stateStoreNames);
    }

    <VOut> KStream<K, VOut> processValues(
            FixedKeyProcessorSupplier<? super K, ? super V, ? extends VOut> processorSupplier,
            Named named,
            String... stateStoreNames);
}
