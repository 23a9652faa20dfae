package dev.millrace.streams.state;

import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Versions of rows as bytes: a value is 8 bytes of timestamp, then the value. */
public interface VersionedBytesStore extends KeyValueStore<Bytes, byte[]>, TimestampedBytesStore {
    /**
     * @param timestamp from which on the value holds
     * @return until when it holds; {@link
     *     VersionedKeyValueStore#PUT_RETURN_CODE_VALID_TO_UNDEFINED} when it is the newest
     */
    long put(Bytes key, byte @Nullable [] value, long timestamp);

    byte @Nullable [] get(Bytes key, long asOfTimestamp);

    byte @Nullable [] delete(Bytes key, long timestamp);
}
