package dev.millrace.streams.kstream;

import dev.millrace.streams.state.WindowStore;
import org.apache.kafka.common.utils.Bytes;

/** A stream grouped by key and fixed or sliding windows, about to be aggregated. */
public interface TimeWindowedKStream<K, V> {
    /** Records per key and window. */
    default KTable<Windowed<K>, Long> count() {
        return count(Named.GENERATED);
    }

    KTable<Windowed<K>, Long> count(Named named);

    default KTable<Windowed<K>, Long> count(
            Materialized<K, Long, WindowStore<Bytes, byte[]>> materialized) {
        return count(Named.GENERATED, materialized);
    }

    KTable<Windowed<K>, Long> count(
            Named named, Materialized<K, Long, WindowStore<Bytes, byte[]>> materialized);

    /** Combines the values of a key and window; the first value is taken as it is. */
    default KTable<Windowed<K>, V> reduce(Reducer<V> reducer) {
        return reduce(reducer, Named.GENERATED);
    }

    KTable<Windowed<K>, V> reduce(Reducer<V> reducer, Named named);

    default KTable<Windowed<K>, V> reduce(
            Reducer<V> reducer, Materialized<K, V, WindowStore<Bytes, byte[]>> materialized) {
        return reduce(reducer, Named.GENERATED, materialized);
    }

    KTable<Windowed<K>, V> reduce(
            Reducer<V> reducer,
            Named named,
            Materialized<K, V, WindowStore<Bytes, byte[]>> materialized);

    /** Folds the values of a key and window. */
    default <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer, Aggregator<? super K, ? super V, VOut> aggregator) {
        return aggregate(initializer, aggregator, Named.GENERATED);
    }

    <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Named named);

    default <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Materialized<K, VOut, WindowStore<Bytes, byte[]>> materialized) {
        return aggregate(initializer, aggregator, Named.GENERATED, materialized);
    }

    <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Named named,
            Materialized<K, VOut, WindowStore<Bytes, byte[]>> materialized);

    /** On every update, or once when a window closes. */
    TimeWindowedKStream<K, V> emitStrategy(EmitStrategy emitStrategy);
}
