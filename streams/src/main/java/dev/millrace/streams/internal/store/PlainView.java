package dev.millrace.streams.internal.store;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Rows as values; an update of a timestamped store through it has the timestamp of the record being
 * processed.
 */
public final class PlainView extends RowView<Object> {
    private final LongSupplier timestamp;

    /**
     * @param timestamp of an update, milliseconds since the epoch
     */
    public PlainView(RowStore rows, LongSupplier timestamp) {
        super(rows);
        this.timestamp = timestamp;
    }

    @Override
    Object read(Object value, long at) {
        return value;
    }

    @Override
    public void put(Object key, @Nullable Object value) {
        rows.update(key, value, null, timestamp.getAsLong());
    }
}
