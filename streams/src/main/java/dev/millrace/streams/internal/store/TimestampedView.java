package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.query.Uncached;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.TimestampedKeyValueStore;
import dev.millrace.streams.state.ValueAndTimestamp;
import java.util.List;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Rows as values with timestamps: what a store of a table looks like. */
public final class TimestampedView implements TimestampedKeyValueStore<Object, Object>, Uncached {
    private final RowStore rows;

    public TimestampedView(RowStore rows) {
        this.rows = rows;
    }

    @Override
    public @Nullable ValueAndTimestamp<Object> get(Object key) {
        Object value = rows.get(key);
        return value == null ? null : new ValueAndTimestamp<>(value, rows.timestampOfLastGet());
    }

    @Override
    public @Nullable Object stored(Object key) {
        Object value = rows.getStored(key);
        return value == null ? null : new ValueAndTimestamp<>(value, rows.timestampOfLastGet());
    }

    @Override
    public void put(Object key, @Nullable ValueAndTimestamp<Object> value) {
        if (value == null) {
            rows.update(key, null, null, 0);
        } else {
            rows.update(key, value.value(), null, value.timestamp());
        }
    }

    @Override
    public @Nullable ValueAndTimestamp<Object> putIfAbsent(
            Object key, ValueAndTimestamp<Object> value) {
        ValueAndTimestamp<Object> present = get(key);
        if (present == null) {
            put(key, value);
        }
        return present;
    }

    @Override
    public void putAll(List<KeyValue<Object, ValueAndTimestamp<Object>>> entries) {
        for (KeyValue<Object, ValueAndTimestamp<Object>> entry : entries) {
            put(entry.key, entry.value);
        }
    }

    @Override
    public @Nullable ValueAndTimestamp<Object> delete(Object key) {
        ValueAndTimestamp<Object> present = get(key);
        put(key, null);
        return present;
    }

    @Override
    public KeyValueIterator<Object, ValueAndTimestamp<Object>> range(
            @Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, false, ValueAndTimestamp::new);
    }

    @Override
    public KeyValueIterator<Object, ValueAndTimestamp<Object>> reverseRange(
            @Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, true, ValueAndTimestamp::new);
    }

    @Override
    public KeyValueIterator<Object, ValueAndTimestamp<Object>> all() {
        return range(null, null);
    }

    @Override
    public KeyValueIterator<Object, ValueAndTimestamp<Object>> reverseAll() {
        return reverseRange(null, null);
    }

    @Override
    public <PS extends Serializer<P>, P>
            KeyValueIterator<Object, ValueAndTimestamp<Object>> prefixScan(
                    P prefix, PS prefixKeySerializer) {
        return rows.iteratePrefix(
                prefixKeySerializer.serialize(name(), prefix), ValueAndTimestamp::new);
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
