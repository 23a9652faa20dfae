package dev.millrace.streams.state;

import dev.millrace.streams.kstream.Windowed;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Aggregates by key and session. Iterators must be closed. */
public interface ReadOnlySessionStore<K, AGG> {
    /**
     * Sessions that end at or after the first bound and start at or before the second, in
     * milliseconds since the epoch.
     */
    default KeyValueIterator<Windowed<K>, AGG> findSessions(
            K key, long earliestSessionEndTime, long latestSessionStartTime) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }

    default KeyValueIterator<Windowed<K>, AGG> findSessions(
            K key, Instant earliestSessionEndTime, Instant latestSessionStartTime) {
        return findSessions(
                key, earliestSessionEndTime.toEpochMilli(), latestSessionStartTime.toEpochMilli());
    }

    /**
     * Sessions that end at or after the first bound and start at or before the second, in
     * milliseconds since the epoch.
     */
    default KeyValueIterator<Windowed<K>, AGG> findSessions(
            @Nullable K keyFrom,
            @Nullable K keyTo,
            long earliestSessionEndTime,
            long latestSessionStartTime) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }

    default KeyValueIterator<Windowed<K>, AGG> findSessions(
            @Nullable K keyFrom,
            @Nullable K keyTo,
            Instant earliestSessionEndTime,
            Instant latestSessionStartTime) {
        return findSessions(
                keyFrom,
                keyTo,
                earliestSessionEndTime.toEpochMilli(),
                latestSessionStartTime.toEpochMilli());
    }

    default KeyValueIterator<Windowed<K>, AGG> backwardFindSessions(
            K key, long earliestSessionEndTime, long latestSessionStartTime) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }

    default KeyValueIterator<Windowed<K>, AGG> backwardFindSessions(
            K key, Instant earliestSessionEndTime, Instant latestSessionStartTime) {
        return backwardFindSessions(
                key, earliestSessionEndTime.toEpochMilli(), latestSessionStartTime.toEpochMilli());
    }

    default KeyValueIterator<Windowed<K>, AGG> backwardFindSessions(
            @Nullable K keyFrom,
            @Nullable K keyTo,
            long earliestSessionEndTime,
            long latestSessionStartTime) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }

    default KeyValueIterator<Windowed<K>, AGG> backwardFindSessions(
            @Nullable K keyFrom,
            @Nullable K keyTo,
            Instant earliestSessionEndTime,
            Instant latestSessionStartTime) {
        return backwardFindSessions(
                keyFrom,
                keyTo,
                earliestSessionEndTime.toEpochMilli(),
                latestSessionStartTime.toEpochMilli());
    }

    default @Nullable AGG fetchSession(K key, long sessionStartTime, long sessionEndTime) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }

    default @Nullable AGG fetchSession(K key, Instant sessionStartTime, Instant sessionEndTime) {
        return fetchSession(key, sessionStartTime.toEpochMilli(), sessionEndTime.toEpochMilli());
    }

    KeyValueIterator<Windowed<K>, AGG> fetch(K key);

    default KeyValueIterator<Windowed<K>, AGG> backwardFetch(K key) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }

    KeyValueIterator<Windowed<K>, AGG> fetch(@Nullable K keyFrom, @Nullable K keyTo);

    default KeyValueIterator<Windowed<K>, AGG> backwardFetch(
            @Nullable K keyFrom, @Nullable K keyTo) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }
}
