package dev.millrace.broker;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition that a Fetch asks for.
 *
 * @param topic empty where requests carry topic ids
 * @param topicId zero where they carry names
 * @param wanted from the newest request that named the partition; not changed by anybody
 * @param told what the session has told its client; null outside of sessions
 */
record Asked(String topic, Uuid topicId, FetchPartition wanted, @Nullable Told told) {
    int partition() {
        return wanted.partition();
    }

    /** Whether the client has to be told, though there are no records and no error. */
    boolean isNews(long highWatermark, long logStartOffset) {
        return told == null
                || told.highWatermark != highWatermark
                || told.logStartOffset != logStartOffset;
    }

    boolean isInSession() {
        return told != null;
    }

    /** Of its session's client; -1 outside of one, and before it was told. */
    long toldHighWatermark() {
        return told == null ? -1 : told.highWatermark;
    }

    /** Identifies a partition within a session: by topic id or by name, never by both. */
    record Key(Object topic, int partition) {}

    /** Written when the session answers, which it does once at a time. */
    static final class Told {
        final Key key;
        long highWatermark = -1;
        long logStartOffset = -1;

        Told(Key key) {
            this.key = key;
        }
    }
}
