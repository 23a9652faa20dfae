package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.TimestampedKeyValueStoreWithHeaders;
import dev.millrace.streams.state.ValueTimestampHeaders;
import java.util.List;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Rows as values with timestamps and headers. */
public final class HeadersView implements TimestampedKeyValueStoreWithHeaders<Object, Object> {
    private final RowStore rows;

    public HeadersView(RowStore rows) {
        this.rows = rows;
    }

    private ValueTimestampHeaders<Object> read(Object value, long timestamp) {
        return ValueTimestampHeaders.makeAllowNullable(value, timestamp, rows.headersOfLastGet());
    }

    @Override
    public @Nullable ValueTimestampHeaders<Object> get(Object key) {
        Object value = rows.get(key);
        return value == null ? null : read(value, rows.timestampOfLastGet());
    }

    @Override
    public void put(Object key, @Nullable ValueTimestampHeaders<Object> value) {
        if (value == null) {
            rows.update(key, null, null, 0);
        } else {
            rows.updateWithHeaders(key, value.value(), value.headers(), value.timestamp());
        }
    }

    @Override
    public @Nullable ValueTimestampHeaders<Object> putIfAbsent(
            Object key, ValueTimestampHeaders<Object> value) {
        ValueTimestampHeaders<Object> present = get(key);
        if (present == null) {
            put(key, value);
        }
        return present;
    }

    @Override
    public void putAll(List<KeyValue<Object, ValueTimestampHeaders<Object>>> entries) {
        for (KeyValue<Object, ValueTimestampHeaders<Object>> entry : entries) {
            put(entry.key, entry.value);
        }
    }

    @Override
    public @Nullable ValueTimestampHeaders<Object> delete(Object key) {
        ValueTimestampHeaders<Object> present = get(key);
        put(key, null);
        return present;
    }

    @Override
    public KeyValueIterator<Object, ValueTimestampHeaders<Object>> range(
            @Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, false, this::read);
    }

    @Override
    public KeyValueIterator<Object, ValueTimestampHeaders<Object>> reverseRange(
            @Nullable Object from, @Nullable Object to) {
        return rows.iterate(from, to, true, this::read);
    }

    @Override
    public KeyValueIterator<Object, ValueTimestampHeaders<Object>> all() {
        return range(null, null);
    }

    @Override
    public KeyValueIterator<Object, ValueTimestampHeaders<Object>> reverseAll() {
        return reverseRange(null, null);
    }

    @Override
    public <PS extends Serializer<P>, P>
            KeyValueIterator<Object, ValueTimestampHeaders<Object>> prefixScan(
                    P prefix, PS prefixKeySerializer) {
        return rows.iteratePrefix(prefixKeySerializer.serialize(name(), prefix), this::read);
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
