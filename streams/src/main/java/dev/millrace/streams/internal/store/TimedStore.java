package dev.millrace.streams.internal.store;

import dev.millrace.streams.state.KeyValueIterator;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A store whose keys end with times; what is older than its retention is not found.
 *
 * <pre>
 * windows:   key | start, 8 bytes, milliseconds | number, 4 bytes
 * sessions:  key | end, 8 bytes, milliseconds | start, 8 bytes
 * </pre>
 *
 * The first of the times is the one that counts for retention.
 */
public interface TimedStore extends LocalStore {
    /**
     * What to look for; all bounds are inclusive.
     *
     * @param keyFrom null for the very first
     * @param keyTo null for the very last
     * @param from least start of a window, or end of a session
     * @param to greatest start of a window, or end of a session
     * @param latestStart greatest start of a session; not for windows
     */
    record Scan(
            @Nullable Bytes keyFrom,
            @Nullable Bytes keyTo,
            long from,
            long to,
            long latestStart,
            boolean reverse) {
        boolean oneKey() {
            return keyFrom != null && keyFrom.equals(keyTo);
        }
    }

    KeyValueIterator<Bytes, byte[]> scan(Scan scan);
}
