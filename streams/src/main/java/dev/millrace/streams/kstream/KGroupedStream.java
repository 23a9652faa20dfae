package dev.millrace.streams.kstream;

import dev.millrace.streams.state.KeyValueStore;
import org.apache.kafka.common.utils.Bytes;

/** A stream grouped by key, about to be aggregated into a table. */
public interface KGroupedStream<K, V> {
    /** Records per key; those with a null key or value do not count. */
    default KTable<K, Long> count() {
        return count(Named.GENERATED);
    }

    KTable<K, Long> count(Named named);

    default KTable<K, Long> count(
            Materialized<K, Long, KeyValueStore<Bytes, byte[]>> materialized) {
        return count(Named.GENERATED, materialized);
    }

    KTable<K, Long> count(
            Named named, Materialized<K, Long, KeyValueStore<Bytes, byte[]>> materialized);

    /** Combines the values of a key; its first value is taken as it is. */
    default KTable<K, V> reduce(Reducer<V> reducer) {
        return reduce(reducer, Materialized.with(null, null));
    }

    default KTable<K, V> reduce(
            Reducer<V> reducer, Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return reduce(reducer, Named.GENERATED, materialized);
    }

    KTable<K, V> reduce(
            Reducer<V> reducer,
            Named named,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized);

    /** Folds the values of a key; records with a null key or value are dropped. */
    default <VOut> KTable<K, VOut> aggregate(
            Initializer<VOut> initializer, Aggregator<? super K, ? super V, VOut> aggregator) {
        return aggregate(initializer, aggregator, Materialized.with(null, null));
    }

    default <VOut> KTable<K, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Materialized<K, VOut, KeyValueStore<Bytes, byte[]>> materialized) {
        return aggregate(initializer, aggregator, Named.GENERATED, materialized);
    }

    <VOut> KTable<K, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Named named,
            Materialized<K, VOut, KeyValueStore<Bytes, byte[]>> materialized);

    /** By key and fixed windows. */
    <W extends Window> TimeWindowedKStream<K, V> windowedBy(Windows<W> windows);

    /** By key and windows that begin and end at records. */
    TimeWindowedKStream<K, V> windowedBy(SlidingWindows windows);

    /** By key and sessions. */
    SessionWindowedKStream<K, V> windowedBy(SessionWindows windows);

    /** Together with other grouped streams of the same key type. */
    <VOut> CogroupedKStream<K, VOut> cogroup(Aggregator<? super K, ? super V, VOut> aggregator);
}
