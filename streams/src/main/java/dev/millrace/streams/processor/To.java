package dev.millrace.streams.processor;

import org.jspecify.annotations.Nullable;

/** Where a record is forwarded, and with which timestamp. */
public class To {
    protected @Nullable String childName;

    /** Milliseconds since the epoch; -1: that of the record being processed. */
    protected long timestamp = -1;

    private To(@Nullable String childName) {
        this.childName = childName;
    }

    protected To(To other) {
        childName = other.childName;
        timestamp = other.timestamp;
    }

    public static To child(String childName) {
        return new To(childName);
    }

    public static To all() {
        return new To((String) null);
    }

    public To withTimestamp(long timestamp) {
        this.timestamp = timestamp;
        return this;
    }

    @Override
    public String toString() {
        return "To{childName=" + childName + ", timestamp=" + timestamp + '}';
    }
}
