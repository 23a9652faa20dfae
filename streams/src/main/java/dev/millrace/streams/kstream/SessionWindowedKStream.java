package dev.millrace.streams.kstream;

import dev.millrace.streams.state.SessionStore;
import org.apache.kafka.common.utils.Bytes;

/**
 * A stream grouped by key and sessions, about to be aggregated. A record that joins two sessions
 * replaces both by one: their rows are deleted.
 */
public interface SessionWindowedKStream<K, V> {
    /** Records per key and window. */
    default KTable<Windowed<K>, Long> count() {
        return count(Named.GENERATED);
    }

    KTable<Windowed<K>, Long> count(Named named);

    default KTable<Windowed<K>, Long> count(
            Materialized<K, Long, SessionStore<Bytes, byte[]>> materialized) {
        return count(Named.GENERATED, materialized);
    }

    KTable<Windowed<K>, Long> count(
            Named named, Materialized<K, Long, SessionStore<Bytes, byte[]>> materialized);

    /** Combines the values of a key and window; the first value is taken as it is. */
    default KTable<Windowed<K>, V> reduce(Reducer<V> reducer) {
        return reduce(reducer, Named.GENERATED);
    }

    KTable<Windowed<K>, V> reduce(Reducer<V> reducer, Named named);

    default KTable<Windowed<K>, V> reduce(
            Reducer<V> reducer, Materialized<K, V, SessionStore<Bytes, byte[]>> materialized) {
        return reduce(reducer, Named.GENERATED, materialized);
    }

    KTable<Windowed<K>, V> reduce(
            Reducer<V> reducer,
            Named named,
            Materialized<K, V, SessionStore<Bytes, byte[]>> materialized);

    /** Folds the values of a key and window. */
    default <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Merger<? super K, VOut> sessionMerger) {
        return aggregate(initializer, aggregator, sessionMerger, Named.GENERATED);
    }

    <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Merger<? super K, VOut> sessionMerger,
            Named named);

    default <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Merger<? super K, VOut> sessionMerger,
            Materialized<K, VOut, SessionStore<Bytes, byte[]>> materialized) {
        return aggregate(initializer, aggregator, sessionMerger, Named.GENERATED, materialized);
    }

    <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Merger<? super K, VOut> sessionMerger,
            Named named,
            Materialized<K, VOut, SessionStore<Bytes, byte[]>> materialized);

    /** On every update, or once when a window closes. */
    SessionWindowedKStream<K, V> emitStrategy(EmitStrategy emitStrategy);
}
