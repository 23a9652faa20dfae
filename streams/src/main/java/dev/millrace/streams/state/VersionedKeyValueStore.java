package dev.millrace.streams.state;

import dev.millrace.streams.processor.StateStore;
import org.jspecify.annotations.Nullable;

/** Values by key and the time from which they hold; each holds until the next one begins. */
public interface VersionedKeyValueStore<K, V> extends StateStore {
    /** What {@link #put} returns for the newest version of a key: nothing ends it. */
    long PUT_RETURN_CODE_VALID_TO_UNDEFINED = -1L;

    /** What {@link #put} returns for a version older than the history that is kept. */
    long PUT_RETURN_CODE_NOT_PUT = Long.MIN_VALUE;

    /**
     * @param value null: from then on the key is absent
     * @param timestamp milliseconds since the epoch
     * @return the time to which the version holds, or one of the codes above
     */
    long put(K key, @Nullable V value, long timestamp);

    /** As putting null; the version that held at that time. */
    @Nullable VersionedRecord<V> delete(K key, long timestamp);

    /** The newest version. */
    @Nullable VersionedRecord<V> get(K key);

    /**
     * The version that held at a time, null when there was none or it is older than the history.
     */
    @Nullable VersionedRecord<V> get(K key, long asOfTimestamp);
}
