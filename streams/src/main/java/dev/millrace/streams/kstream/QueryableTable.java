package dev.millrace.streams.kstream;

import dev.millrace.streams.KeyValue;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Maybe;
import org.jspecify.annotations.Nullable;

/**
 * A table that can be asked while the program runs: rows of the partitions that the instances of
 * this process have. Ask any instance for any key with {@code streams-http}.
 *
 * <p>Reading happens on threads of {@code Schedulers.io()}. Without a running instance it fails
 * with {@link dev.millrace.streams.errors.StreamsNotStartedException}, and while state moves with
 * {@link dev.millrace.streams.errors.InvalidStateStoreException}: both may be tried again. With
 * exactly-once, reads see also what is not committed yet.
 */
public interface QueryableTable<K, V> {
    /** The table itself, to go on with. */
    KTable<K, V> table();

    /** Under which {@code KafkaStreams.store} finds the rows, too. */
    String storeName();

    /** The row of the key; empty without one. */
    Maybe<V> get(K key);

    /** All rows, in no order across partitions, read as they are asked for. */
    Flowable<KeyValue<K, V>> all();

    /**
     * Rows in the order of their serialised keys, of each partition.
     *
     * @param from null: the first
     * @param to inclusive; null: the last
     */
    Flowable<KeyValue<K, V>> range(@Nullable K from, @Nullable K to);
}
