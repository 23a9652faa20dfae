package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.query.Uncached;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.KeyValueStore;
import java.util.List;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Rows as a program's store shows them: as values, or with what else a row has.
 *
 * @param <V> what the program reads and writes
 */
abstract class RowView<V> implements KeyValueStore<Object, V>, Uncached {
    final RowStore rows;

    RowView(RowStore rows) {
        this.rows = rows;
    }

    /** Of the row that was read last. */
    abstract V read(Object value, long timestamp);

    private @Nullable V found(@Nullable Object value) {
        return value == null ? null : read(value, rows.timestampOfLastGet());
    }

    @Override
    public final @Nullable V get(Object key) {
        return found(rows.get(key));
    }

    @Override
    public final @Nullable Object stored(Object key) {
        return found(rows.getStored(key));
    }

    @Override
    public final @Nullable V putIfAbsent(Object key, V value) {
        V present = get(key);
        if (present == null) {
            put(key, value);
        }
        return present;
    }

    @Override
    public final void putAll(List<KeyValue<Object, V>> entries) {
        for (KeyValue<Object, V> entry : entries) {
            put(entry.key, entry.value);
        }
    }

    @Override
    public final @Nullable V delete(Object key) {
        V present = get(key);
        put(key, null);
        return present;
    }

    @Override
    public final KeyValueIterator<Object, V> range(@Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, false, this::read);
    }

    @Override
    public final KeyValueIterator<Object, V> reverseRange(
            @Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, true, this::read);
    }

    @Override
    public final KeyValueIterator<Object, V> all() {
        return range(null, null);
    }

    @Override
    public final KeyValueIterator<Object, V> reverseAll() {
        return reverseRange(null, null);
    }

    @Override
    public final <PS extends Serializer<P>, P> KeyValueIterator<Object, V> prefixScan(
            P prefix, PS prefixKeySerializer) {
        return rows.iteratePrefix(prefixKeySerializer.serialize(name(), prefix), this::read);
    }

    @Override
    public final long approximateNumEntries() {
        return rows.below().approximateNumEntries();
    }

    @Override
    public final String name() {
        return rows.name();
    }

    @Override
    public final void init(StateStoreContext context, StateStore root) {
        rows.init(context, root);
    }

    @Override
    public final void flush() {
        rows.flush();
        rows.below().flush();
    }

    @Override
    public final void close() {
        rows.below().close();
    }

    @Override
    public final boolean persistent() {
        return rows.below().persistent();
    }

    @Override
    public final boolean isOpen() {
        return rows.below().isOpen();
    }
}
