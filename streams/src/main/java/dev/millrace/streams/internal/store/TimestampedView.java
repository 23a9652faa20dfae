package dev.millrace.streams.internal.store;

import dev.millrace.streams.state.TimestampedKeyValueStore;
import dev.millrace.streams.state.ValueAndTimestamp;
import org.jspecify.annotations.Nullable;

/** Rows as values with timestamps: what a store of a table looks like. */
public final class TimestampedView extends RowView<ValueAndTimestamp<Object>>
        implements TimestampedKeyValueStore<Object, Object> {
    public TimestampedView(RowStore rows) {
        super(rows);
    }

    @Override
    ValueAndTimestamp<Object> read(Object value, long timestamp) {
        return new ValueAndTimestamp<>(value, timestamp);
    }

    @Override
    public void put(Object key, @Nullable ValueAndTimestamp<Object> value) {
        if (value == null) {
            rows.update(key, null, null, 0);
        } else {
            rows.update(key, value.value(), null, value.timestamp());
        }
    }
}
