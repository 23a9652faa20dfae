package dev.millrace.streams.internal.rx;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.StreamsNotStartedException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Maybe;
import io.reactivex.rxjava3.schedulers.Schedulers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads a store in all instances of this process that run the topology. Thread-safe. */
public final class TableReads {
    /** Opens a store by its name; the view is good for one reading. */
    @FunctionalInterface
    public interface Stores {
        ReadOnlyKeyValueStore<Object, Object> open(String name);
    }

    private final String storeName;
    private final Map<Object, Stores> instances = new ConcurrentHashMap<>();

    public TableReads(String storeName) {
        this.storeName = storeName;
    }

    public String storeName() {
        return storeName;
    }

    /**
     * @param run an instance that starts to run the topology
     */
    public void began(Object run, Stores stores) {
        instances.put(run, stores);
    }

    public void ended(Object run) {
        instances.remove(run);
    }

    public Maybe<Object> get(Object key) {
        return Maybe.fromCallable(() -> find(key)).subscribeOn(Schedulers.io());
    }

    @SuppressWarnings("NullAway") // null completes a Maybe without a value
    private Object find(Object key) {
        for (ReadOnlyKeyValueStore<Object, Object> store : stores()) {
            Object value = store.get(key);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    public Flowable<KeyValue<Object, Object>> all() {
        return rows(ReadOnlyKeyValueStore::all);
    }

    public Flowable<KeyValue<Object, Object>> range(@Nullable Object from, @Nullable Object to) {
        return rows(store -> store.range(Erased.any(from), Erased.any(to)));
    }

    private Flowable<KeyValue<Object, Object>> rows(
            Function<ReadOnlyKeyValueStore<Object, Object>, KeyValueIterator<Object, Object>>
                    open) {
        return Flowable.defer(() -> Flowable.fromIterable(stores()))
                .concatMap(
                        store ->
                                Flowable.using(
                                        () -> open.apply(store),
                                        rows -> Flowable.fromIterable(() -> rows),
                                        KeyValueIterator::close))
                .subscribeOn(Schedulers.io());
    }

    private List<ReadOnlyKeyValueStore<Object, Object>> stores() {
        List<ReadOnlyKeyValueStore<Object, Object>> stores =
                instances.values().stream().map(each -> each.open(storeName)).toList();
        if (stores.isEmpty()) {
            throw new StreamsNotStartedException(
                    "No instance of KafkaStreams that has the table "
                            + storeName
                            + " runs in this process: start one, then ask again");
        }
        return stores;
    }
}
