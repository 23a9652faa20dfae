package dev.millrace.streams.kstream;

import dev.millrace.streams.state.SessionStore;
import org.apache.kafka.common.utils.Bytes;

/** Several grouped streams and sessions, about to be folded into one table. */
public interface SessionWindowedCogroupedKStream<K, V> {
    default KTable<Windowed<K>, V> aggregate(
            Initializer<V> initializer, Merger<? super K, V> sessionMerger) {
        return aggregate(initializer, sessionMerger, Named.GENERATED);
    }

    KTable<Windowed<K>, V> aggregate(
            Initializer<V> initializer, Merger<? super K, V> sessionMerger, Named named);

    default KTable<Windowed<K>, V> aggregate(
            Initializer<V> initializer,
            Merger<? super K, V> sessionMerger,
            Materialized<K, V, SessionStore<Bytes, byte[]>> materialized) {
        return aggregate(initializer, sessionMerger, Named.GENERATED, materialized);
    }

    KTable<Windowed<K>, V> aggregate(
            Initializer<V> initializer,
            Merger<? super K, V> sessionMerger,
            Named named,
            Materialized<K, V, SessionStore<Bytes, byte[]>> materialized);
}
