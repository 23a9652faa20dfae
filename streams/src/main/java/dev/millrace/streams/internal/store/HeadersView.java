package dev.millrace.streams.internal.store;

import dev.millrace.streams.state.TimestampedKeyValueStoreWithHeaders;
import dev.millrace.streams.state.ValueTimestampHeaders;
import org.jspecify.annotations.Nullable;

/** Rows as values with timestamps and headers. */
public final class HeadersView extends RowView<ValueTimestampHeaders<Object>>
        implements TimestampedKeyValueStoreWithHeaders<Object, Object> {
    public HeadersView(RowStore rows) {
        super(rows);
    }

    @Override
    ValueTimestampHeaders<Object> read(Object value, long timestamp) {
        return ValueTimestampHeaders.makeAllowNullable(value, timestamp, rows.headersOfLastGet());
    }

    @Override
    public void put(Object key, @Nullable ValueTimestampHeaders<Object> value) {
        if (value == null) {
            rows.update(key, null, null, 0);
        } else {
            rows.updateWithHeaders(key, value.value(), value.headers(), value.timestamp());
        }
    }
}
