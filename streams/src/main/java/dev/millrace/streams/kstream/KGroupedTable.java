package dev.millrace.streams.kstream;

import dev.millrace.streams.state.KeyValueStore;
import org.apache.kafka.common.utils.Bytes;

/** A table grouped under another key: its aggregates are corrected when rows change or move. */
public interface KGroupedTable<K, V> {
    /** Rows per key. */
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

    /** The subtractor is called before the adder. */
    default KTable<K, V> reduce(Reducer<V> adder, Reducer<V> subtractor) {
        return reduce(adder, subtractor, Materialized.with(null, null));
    }

    default KTable<K, V> reduce(
            Reducer<V> adder,
            Reducer<V> subtractor,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return reduce(adder, subtractor, Named.GENERATED, materialized);
    }

    KTable<K, V> reduce(
            Reducer<V> adder,
            Reducer<V> subtractor,
            Named named,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized);

    /** The subtractor is called before the adder. */
    default <VR> KTable<K, VR> aggregate(
            Initializer<VR> initializer,
            Aggregator<? super K, ? super V, VR> adder,
            Aggregator<? super K, ? super V, VR> subtractor) {
        return aggregate(initializer, adder, subtractor, Named.GENERATED);
    }

    <VR> KTable<K, VR> aggregate(
            Initializer<VR> initializer,
            Aggregator<? super K, ? super V, VR> adder,
            Aggregator<? super K, ? super V, VR> subtractor,
            Named named);

    default <VR> KTable<K, VR> aggregate(
            Initializer<VR> initializer,
            Aggregator<? super K, ? super V, VR> adder,
            Aggregator<? super K, ? super V, VR> subtractor,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        return aggregate(initializer, adder, subtractor, Named.GENERATED, materialized);
    }

    <VR> KTable<K, VR> aggregate(
            Initializer<VR> initializer,
            Aggregator<? super K, ? super V, VR> adder,
            Aggregator<? super K, ? super V, VR> subtractor,
            Named named,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized);
}
