package dev.millrace.streams.internal.query;

import dev.millrace.streams.state.VersionedRecord;
import java.util.List;

/** A store that knows former versions of its rows. */
public interface History {
    /**
     * Versions that held at some time within the bounds, newest first.
     *
     * @param fromMs inclusive, milliseconds since the epoch
     * @param toMs inclusive
     */
    List<VersionedRecord<Object>> versions(Object key, long fromMs, long toMs);
}
