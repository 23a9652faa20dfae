package dev.millrace.streams.state;

import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.processor.StateStore;
import org.jspecify.annotations.Nullable;

/** Aggregates by key and session, for as long as the store's retention. */
public interface SessionStore<K, AGG> extends StateStore, ReadOnlySessionStore<K, AGG> {
    /** Sessions of all keys that end within the bounds, inclusive. */
    default KeyValueIterator<Windowed<K>, AGG> findSessions(
            long earliestSessionEndTime, long latestSessionEndTime) {
        throw new UnsupportedOperationException("This store does not answer this question");
    }

    void remove(Windowed<K> sessionKey);

    /**
     * @param aggregate null deletes
     */
    void put(Windowed<K> sessionKey, @Nullable AGG aggregate);
}
