package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.internals.TimeWindow;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.TimestampedWindowStore;
import dev.millrace.streams.state.TimestampedWindowStoreWithHeaders;
import dev.millrace.streams.state.ValueAndTimestamp;
import dev.millrace.streams.state.ValueTimestampHeaders;
import dev.millrace.streams.state.WindowStore;
import dev.millrace.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/** Rows of windows as processors see them. */
abstract class WindowView<V> implements WindowStore<Object, V> {
    final RowStore rows;
    private final RowStore.RowReader<V> reader;

    WindowView(RowStore rows, RowStore.RowReader<V> reader) {
        this.rows = rows;
        this.reader = reader;
    }

    /** Rows as values. */
    static final class Plain extends WindowView<Object> {
        Plain(RowStore rows) {
            super(rows, (value, at) -> value);
        }

        @Override
        public void put(Object key, @Nullable Object value, long windowStartTimestamp) {
            rows.updateWindow(key, value, windowStartTimestamp, windowStartTimestamp);
        }
    }

    /** Rows as values with timestamps. */
    static final class Timestamped extends WindowView<ValueAndTimestamp<Object>>
            implements TimestampedWindowStore<Object, Object> {
        Timestamped(RowStore rows) {
            super(rows, ValueAndTimestamp::new);
        }

        @Override
        public void put(
                Object key, @Nullable ValueAndTimestamp<Object> value, long windowStartTimestamp) {
            if (value == null) {
                rows.updateWindow(key, null, windowStartTimestamp, windowStartTimestamp);
            } else {
                rows.updateWindow(key, value.value(), windowStartTimestamp, value.timestamp());
            }
        }
    }

    /** Rows as values with timestamps and headers. */
    static final class WithHeaders extends WindowView<ValueTimestampHeaders<Object>>
            implements TimestampedWindowStoreWithHeaders<Object, Object> {
        WithHeaders(RowStore rows) {
            super(
                    rows,
                    (value, at) ->
                            ValueTimestampHeaders.makeAllowNullable(
                                    value, at, rows.headersOfLastGet()));
        }

        @Override
        public void put(
                Object key,
                @Nullable ValueTimestampHeaders<Object> value,
                long windowStartTimestamp) {
            if (value == null) {
                rows.updateWindow(key, null, windowStartTimestamp, windowStartTimestamp);
            } else {
                rows.updateWithHeaders(
                        new Windowed<>(
                                key,
                                new TimeWindow(windowStartTimestamp, windowStartTimestamp + 1)),
                        value.value(),
                        value.headers(),
                        value.timestamp());
            }
        }
    }

    TimedStore timed() {
        return (TimedStore) rows.below();
    }

    @Override
    public @Nullable V fetch(Object key, long time) {
        Object value = rows.get(new Windowed<>(key, new TimeWindow(time, time + 1)));
        return value == null ? null : reader.read(value, rows.timestampOfLastGet());
    }

    @Override
    public WindowStoreIterator<V> fetch(Object key, long timeFrom, long timeTo) {
        return new Starts<>(scan(key, key, timeFrom, timeTo, false));
    }

    @Override
    public WindowStoreIterator<V> backwardFetch(Object key, long timeFrom, long timeTo) {
        return new Starts<>(scan(key, key, timeFrom, timeTo, true));
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> fetch(
            @Nullable Object keyFrom, @Nullable Object keyTo, long timeFrom, long timeTo) {
        return scan(keyFrom, keyTo, timeFrom, timeTo, false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> backwardFetch(
            @Nullable Object keyFrom, @Nullable Object keyTo, long timeFrom, long timeTo) {
        return scan(keyFrom, keyTo, timeFrom, timeTo, true);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> fetchAll(long timeFrom, long timeTo) {
        return scan(null, null, timeFrom, timeTo, false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> backwardFetchAll(long timeFrom, long timeTo) {
        return scan(null, null, timeFrom, timeTo, true);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> all() {
        return scan(null, null, 0, Long.MAX_VALUE, false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> backwardAll() {
        return scan(null, null, 0, Long.MAX_VALUE, true);
    }

    private KeyValueIterator<Windowed<Object>, V> scan(
            @Nullable Object keyFrom,
            @Nullable Object keyTo,
            long timeFrom,
            long timeTo,
            boolean reverse) {
        KeyValueIterator<Object, V> found =
                rows.scan(
                        keyFrom,
                        keyTo,
                        new TimedStore.Scan(
                                null, null, Math.max(0, timeFrom), timeTo, Long.MAX_VALUE, reverse),
                        reader);
        return Erased.cast(found);
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
        rows.sync();
    }

    @Override
    public void close() {
        rows.below().close();
    }

    @Override
    public boolean persistent() {
        return rows.persistent();
    }

    @Override
    public boolean isOpen() {
        return rows.below().isOpen();
    }

    private static final class Starts<V> implements WindowStoreIterator<V> {
        private final KeyValueIterator<Windowed<Object>, V> windows;

        Starts(KeyValueIterator<Windowed<Object>, V> windows) {
            this.windows = windows;
        }

        @Override
        public boolean hasNext() {
            return windows.hasNext();
        }

        @Override
        public KeyValue<Long, V> next() {
            KeyValue<Windowed<Object>, V> entry = windows.next();
            return new KeyValue<>(entry.key.window().start(), entry.value);
        }

        @Override
        public Long peekNextKey() {
            return windows.peekNextKey().window().start();
        }

        @Override
        public void close() {
            windows.close();
        }
    }
}
