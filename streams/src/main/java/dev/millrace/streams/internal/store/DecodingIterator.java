package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.util.Objects;
import org.apache.kafka.common.utils.Bytes;

/** Rows as objects. */
final class DecodingIterator<T> implements KeyValueIterator<Object, T> {
    private final RowStore rows;
    private final KeyValueIterator<Bytes, byte[]> raw;
    private final RowStore.RowReader<T> reader;

    DecodingIterator(
            RowStore rows, KeyValueIterator<Bytes, byte[]> raw, RowStore.RowReader<T> reader) {
        this.rows = rows;
        this.raw = raw;
        this.reader = reader;
    }

    @Override
    public boolean hasNext() {
        return raw.hasNext();
    }

    @Override
    public KeyValue<Object, T> next() {
        KeyValue<Bytes, byte[]> entry = raw.next();
        Object value = Objects.requireNonNull(rows.decode(entry.value));
        return new KeyValue<>(
                rows.decodeKey(entry.key), reader.read(value, rows.timestampOfLastGet()));
    }

    @Override
    public Object peekNextKey() {
        return rows.decodeKey(raw.peekNextKey());
    }

    @Override
    public void close() {
        raw.close();
    }
}
