package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The newest rows of a store of windows or sessions, by key, on the heap: a join asks for the rows
 * of one key around the time of a record, for every record, and an iterator of RocksDB costs more
 * than all else that such a record costs.
 *
 * <p>All rows from a time on are here. Whoever asks for earlier ones asks the store. Rows are kept
 * in slices of time, of which a question touches a few; the limit takes the earliest slices, and
 * moves that time forward.
 */
final class RecentRows {
    /** Map entry, list, row, key and array headers: 64-bit JVM, compressed pointers. */
    private static final int ROW_OVERHEAD_BYTES = 200;

    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    private record Row(Bytes timedKey, long time, byte[] value) {
        long bytes() {
            return (long) ROW_OVERHEAD_BYTES + 2L * timedKey.get().length + value.length;
        }
    }

    private static final class Slice {
        /** Each in the order of timed keys, which is the order of times. */
        final Map<Bytes, List<Row>> byKey = new HashMap<>();

        long bytes;
    }

    private final TimedKeys keys;
    private final long maxBytes;
    private final long sliceMs;
    private final TreeMap<Long, Slice> slices = new TreeMap<>(); // by time divided by sliceMs
    private long completeFrom;
    private long bytes;

    /**
     * @param sliceMs about half of the time that a question spans
     * @param completeFrom the store has no rows of this time or later
     */
    RecentRows(TimedKeys keys, long maxBytes, long sliceMs, long completeFrom) {
        this.keys = keys;
        this.maxBytes = maxBytes;
        this.sliceMs = sliceMs;
        this.completeFrom = completeFrom;
    }

    /** Whether all rows of a time and later ones are here. */
    boolean hasAllFrom(long time) {
        return time >= completeFrom;
    }

    /** Rows until a time are gone from the store, or came there by another way. */
    void forgetUntil(long time) {
        completeFrom = Math.max(completeFrom, time + 1);
        while (!slices.isEmpty() && (slices.firstKey() + 1) * sliceMs <= completeFrom) {
            bytes -= slices.pollFirstEntry().getValue().bytes;
        }
    }

    void put(Bytes timedKey, byte @Nullable [] value) {
        long time = keys.timeOf(timedKey.get());
        if (time < completeFrom) {
            return;
        }
        Slice slice = slices.get(time / sliceMs);
        if (value == null) {
            if (slice != null) {
                remove(slice, timedKey);
            }
            return;
        }
        if (slice == null) {
            slice = new Slice();
            slices.put(time / sliceMs, slice);
        }
        List<Row> rows = slice.byKey.computeIfAbsent(keyOf(timedKey), key -> new ArrayList<>(4));
        int at = firstFrom(rows, timedKey);
        Row row = new Row(timedKey, time, value);
        if (at < rows.size() && rows.get(at).timedKey.equals(timedKey)) {
            count(slice, -rows.set(at, row).bytes());
        } else {
            rows.add(at, row);
        }
        count(slice, row.bytes());
        while (bytes > maxBytes) {
            forgetUntil((slices.firstKey() + 1) * sliceMs - 1);
        }
    }

    private void count(Slice slice, long more) {
        slice.bytes += more;
        bytes += more;
    }

    private Bytes keyOf(Bytes timedKey) {
        return Bytes.wrap(keys.keyOf(timedKey.get()));
    }

    /** Index of the first row that is not before a timed key: mostly the end. */
    private static int firstFrom(List<Row> rows, Bytes timedKey) {
        int low = 0;
        int high = rows.size();
        if (high > 0 && rows.get(high - 1).timedKey.compareTo(timedKey) < 0) {
            return high;
        }
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (rows.get(middle).timedKey.compareTo(timedKey) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void remove(Slice slice, Bytes timedKey) {
        Bytes key = keyOf(timedKey);
        List<Row> rows = slice.byKey.get(key);
        int at = rows == null ? 0 : firstFrom(rows, timedKey);
        if (rows == null || at == rows.size() || !rows.get(at).timedKey.equals(timedKey)) {
            return;
        }
        count(slice, -rows.remove(at).bytes());
        if (rows.isEmpty()) {
            slice.byKey.remove(key);
        }
    }

    /** Rows of a key, in the order of their timed keys; later changes are not seen. */
    List<KeyValue<Bytes, byte[]>> find(Bytes key, long from, long to) {
        List<KeyValue<Bytes, byte[]>> found = new ArrayList<>();
        for (Slice slice : slices.subMap(from / sliceMs, true, to / sliceMs, true).values()) {
            List<Row> rows = slice.byKey.getOrDefault(key, List.of());
            for (int at = firstNotBefore(rows, from); at < rows.size(); at++) {
                Row row = rows.get(at);
                if (row.time > to) {
                    break;
                }
                found.add(new KeyValue<>(row.timedKey, row.value));
            }
        }
        return found;
    }

    private static int firstNotBefore(List<Row> rows, long time) {
        int low = 0;
        int high = rows.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (rows.get(middle).time < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
