package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.query.Uncached;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.KeyValueStore;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Rows as values; an update of a timestamped store through it has the timestamp of the record being
 * processed.
 */
public final class PlainView implements KeyValueStore<Object, Object>, Uncached {
    private final RowStore rows;
    private final LongSupplier timestamp;

    /**
     * @param timestamp of an update, milliseconds since the epoch
     */
    public PlainView(RowStore rows, LongSupplier timestamp) {
        this.rows = rows;
        this.timestamp = timestamp;
    }

    @Override
    public @Nullable Object get(Object key) {
        return rows.get(key);
    }

    @Override
    public @Nullable Object stored(Object key) {
        return rows.getStored(key);
    }

    @Override
    public void put(Object key, @Nullable Object value) {
        rows.update(key, value, null, timestamp.getAsLong());
    }

    @Override
    public @Nullable Object putIfAbsent(Object key, Object value) {
        Object present = get(key);
        if (present == null) {
            put(key, value);
        }
        return present;
    }

    @Override
    public void putAll(List<KeyValue<Object, Object>> entries) {
        for (KeyValue<Object, Object> entry : entries) {
            put(entry.key, entry.value);
        }
    }

    @Override
    public @Nullable Object delete(Object key) {
        Object present = get(key);
        put(key, null);
        return present;
    }

    @Override
    public KeyValueIterator<Object, Object> range(@Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, false, (value, at) -> value);
    }

    @Override
    public KeyValueIterator<Object, Object> reverseRange(
            @Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, true, (value, at) -> value);
    }

    @Override
    public KeyValueIterator<Object, Object> all() {
        return range(null, null);
    }

    @Override
    public KeyValueIterator<Object, Object> reverseAll() {
        return reverseRange(null, null);
    }

    @Override
    public <PS extends Serializer<P>, P> KeyValueIterator<Object, Object> prefixScan(
            P prefix, PS prefixKeySerializer) {
        return rows.iteratePrefix(
                prefixKeySerializer.serialize(name(), prefix), (value, at) -> value);
    }

    @Override
    public long approximateNumEntries() {
        return rows.below().approximateNumEntries();
    }

    @Override
    public String name() {
        return rows.name();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        rows.init(context, root);
    }

    @Override
    public void flush() {
        rows.flush();
        rows.below().flush();
    }

    @Override
    public void close() {
        rows.below().close();
    }

    @Override
    public boolean persistent() {
        return rows.below().persistent();
    }

    @Override
    public boolean isOpen() {
        return rows.below().isOpen();
    }
}
