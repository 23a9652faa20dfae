package dev.millrace.streams.internal.store;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.internals.SessionWindow;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.SessionStore;
import org.jspecify.annotations.Nullable;

/** Rows of sessions as processors see them. */
final class SessionView implements SessionStore<Object, Object> {
    private final RowStore rows;

    SessionView(RowStore rows) {
        this.rows = rows;
    }

    TimedStore timed() {
        return (TimedStore) rows.below();
    }

    private KeyValueIterator<Windowed<Object>, Object> scan(
            @Nullable Object keyFrom,
            @Nullable Object keyTo,
            long earliestEnd,
            long latestEnd,
            long latestStart,
            boolean reverse) {
        KeyValueIterator<Object, Object> found =
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
                        (value, at) -> value);
        return Erased.cast(found);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> findSessions(
            long earliestSessionEndTime, long latestSessionEndTime) {
        return scan(
                null, null, earliestSessionEndTime, latestSessionEndTime, Long.MAX_VALUE, false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> findSessions(
            Object key, long earliestSessionEndTime, long latestSessionStartTime) {
        return scan(
                key, key, earliestSessionEndTime, Long.MAX_VALUE, latestSessionStartTime, false);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> backwardFindSessions(
            Object key, long earliestSessionEndTime, long latestSessionStartTime) {
        return scan(key, key, earliestSessionEndTime, Long.MAX_VALUE, latestSessionStartTime, true);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> findSessions(
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
    public KeyValueIterator<Windowed<Object>, Object> backwardFindSessions(
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
    public @Nullable Object fetchSession(Object key, long sessionStartTime, long sessionEndTime) {
        return rows.get(new Windowed<>(key, new SessionWindow(sessionStartTime, sessionEndTime)));
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> fetch(Object key) {
        return findSessions(key, 0, Long.MAX_VALUE);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> backwardFetch(Object key) {
        return backwardFindSessions(key, 0, Long.MAX_VALUE);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> fetch(
            @Nullable Object keyFrom, @Nullable Object keyTo) {
        return findSessions(keyFrom, keyTo, 0, Long.MAX_VALUE);
    }

    @Override
    public KeyValueIterator<Windowed<Object>, Object> backwardFetch(
            @Nullable Object keyFrom, @Nullable Object keyTo) {
        return backwardFindSessions(keyFrom, keyTo, 0, Long.MAX_VALUE);
    }

    @Override
    public void remove(Windowed<Object> sessionKey) {
        put(sessionKey, null);
    }

    @Override
    public void put(Windowed<Object> sessionKey, @Nullable Object aggregate) {
        rows.update(sessionKey, aggregate, null, sessionKey.window().end());
    }

    @Override
    public String name() {
        return rows.name();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        rows.openIn(context);
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
