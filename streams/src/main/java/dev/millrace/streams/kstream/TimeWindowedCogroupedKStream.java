package dev.millrace.streams.kstream;

import dev.millrace.streams.state.WindowStore;
import org.apache.kafka.common.utils.Bytes;

/** Several grouped streams and fixed or sliding windows, about to be folded into one table. */
public interface TimeWindowedCogroupedKStream<K, V> {
    default KTable<Windowed<K>, V> aggregate(Initializer<V> initializer) {
        return aggregate(initializer, Named.GENERATED);
    }

    KTable<Windowed<K>, V> aggregate(Initializer<V> initializer, Named named);

    default KTable<Windowed<K>, V> aggregate(
            Initializer<V> initializer,
            Materialized<K, V, WindowStore<Bytes, byte[]>> materialized) {
        return aggregate(initializer, Named.GENERATED, materialized);
    }

    KTable<Windowed<K>, V> aggregate(
            Initializer<V> initializer,
            Named named,
            Materialized<K, V, WindowStore<Bytes, byte[]>> materialized);
}
