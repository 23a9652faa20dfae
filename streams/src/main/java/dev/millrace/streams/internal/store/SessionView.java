package dev.millrace.streams.internal.store;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.internals.SessionWindow;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.AggregationWithHeaders;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.SessionStoreWithHeaders;
import org.jspecify.annotations.Nullable;

/** Rows of sessions as processors see them. */
abstract class SessionView<V> implements SessionStore<Object, V> {
    final RowStore rows;
    private final RowStore.RowReader<V> reader;

    SessionView(RowStore rows, RowStore.RowReader<V> reader) {
        this.rows = rows;
        this.reader = reader;
    }

    /** Rows as values. */
    static final class Plain extends SessionView<Object> {
        Plain(RowStore rows) {
            super(rows, (value, at) -> value);
        }

        @Override
        public void put(Windowed<Object> sessionKey, @Nullable Object aggregate) {
            rows.update(sessionKey, aggregate, null, sessionKey.window().end());
        }
    }

    /** Rows as values with headers. */
    static final class WithHeaders extends SessionView<AggregationWithHeaders<Object>>
            implements SessionStoreWithHeaders<Object, Object> {
        WithHeaders(RowStore rows) {
            super(
                    rows,
                    (value, at) ->
                            AggregationWithHeaders.makeAllowNullable(
                                    value, rows.headersOfLastGet()));
        }

        @Override
        public void put(
                Windowed<Object> sessionKey, @Nullable AggregationWithHeaders<Object> aggregate) {
            long end = sessionKey.window().end();
            if (aggregate == null) {
                rows.update(sessionKey, null, null, end);
            } else {
                rows.updateWithHeaders(
                        sessionKey, aggregate.aggregation(), aggregate.headers(), end);
            }
        }
    }

    TimedStore timed() {
        return (TimedStore) rows.below();
    }

    private KeyValueIterator<Windowed<Object>, V> scan(
            @Nullable Object keyFrom,
            @Nullable Object keyTo,
            long earliestEnd,
            long latestEnd,
            long latestStart,
            boolean reverse) {
        KeyValueIterator<Object, V> found =
                rows.scan(
                        keyFrom,
                        keyTo,
                        new TimedStore.Scan(
                                null,
                                null,
                                Math.max(0, earliestEnd),
                                latestEnd,
                                latestStart,
                                reverse),
                        reader);
        return Erased.cast(found);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> findSessions(
            long earliestSessionEndTime, long latestSessionEndTime) {
        return scan(
                null, null, earliestSessionEndTime, latestSessionEndTime, Long.MAX_VALUE, false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> findSessions(
            Object key, long earliestSessionEndTime, long latestSessionStartTime) {
        return scan(
                key, key, earliestSessionEndTime, Long.MAX_VALUE, latestSessionStartTime, false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> backwardFindSessions(
            Object key, long earliestSessionEndTime, long latestSessionStartTime) {
        return scan(key, key, earliestSessionEndTime, Long.MAX_VALUE, latestSessionStartTime, true);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> findSessions(
            @Nullable Object keyFrom,
            @Nullable Object keyTo,
            long earliestSessionEndTime,
            long latestSessionStartTime) {
        return scan(
                keyFrom,
                keyTo,
                earliestSessionEndTime,
                Long.MAX_VALUE,
                latestSessionStartTime,
                false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> backwardFindSessions(
            @Nullable Object keyFrom,
            @Nullable Object keyTo,
            long earliestSessionEndTime,
            long latestSessionStartTime) {
        return scan(
                keyFrom,
                keyTo,
                earliestSessionEndTime,
                Long.MAX_VALUE,
                latestSessionStartTime,
                true);
    }

    @Override
    public @Nullable V fetchSession(Object key, long sessionStartTime, long sessionEndTime) {
        Object value =
                rows.get(new Windowed<>(key, new SessionWindow(sessionStartTime, sessionEndTime)));
        return value == null ? null : reader.read(value, rows.timestampOfLastGet());
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> fetch(Object key) {
        return findSessions(key, 0, Long.MAX_VALUE);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> backwardFetch(Object key) {
        return backwardFindSessions(key, 0, Long.MAX_VALUE);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> fetch(
            @Nullable Object keyFrom, @Nullable Object keyTo) {
        return findSessions(keyFrom, keyTo, 0, Long.MAX_VALUE);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, V> backwardFetch(
            @Nullable Object keyFrom, @Nullable Object keyTo) {
        return backwardFindSessions(keyFrom, keyTo, 0, Long.MAX_VALUE);
    }

    @Override
    public void remove(Windowed<Object> sessionKey) {
        put(sessionKey, null);
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
}
