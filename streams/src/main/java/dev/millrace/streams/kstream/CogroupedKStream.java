package dev.millrace.streams.kstream;

import dev.millrace.streams.state.KeyValueStore;
import org.apache.kafka.common.utils.Bytes;

/** Grouped streams of one key type, each with its aggregator, folded into one table. */
public interface CogroupedKStream<K, VOut> {
    /** One more stream. */
    <V> CogroupedKStream<K, VOut> cogroup(
            KGroupedStream<K, V> groupedStream, Aggregator<? super K, ? super V, VOut> aggregator);

    default KTable<K, VOut> aggregate(Initializer<VOut> initializer) {
        return aggregate(initializer, Named.GENERATED);
    }

    KTable<K, VOut> aggregate(Initializer<VOut> initializer, Named named);

    default KTable<K, VOut> aggregate(
            Initializer<VOut> initializer,
            Materialized<K, VOut, KeyValueStore<Bytes, byte[]>> materialized) {
        return aggregate(initializer, Named.GENERATED, materialized);
    }

    KTable<K, VOut> aggregate(
            Initializer<VOut> initializer,
            Named named,
            Materialized<K, VOut, KeyValueStore<Bytes, byte[]>> materialized);

    <W extends Window> TimeWindowedCogroupedKStream<K, VOut> windowedBy(Windows<W> windows);

    TimeWindowedCogroupedKStream<K, VOut> windowedBy(SlidingWindows windows);

    SessionWindowedCogroupedKStream<K, VOut> windowedBy(SessionWindows windows);
}
