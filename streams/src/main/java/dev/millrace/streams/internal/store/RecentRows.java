package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The newest rows of a store of windows or sessions, by key, on the heap: a join asks for the rows
 * of one key around the time of a record, for every record, and an iterator of RocksDB costs more
 * than all else that such a record costs.
 *
 * <p>All rows from a time on are here. Whoever asks for earlier ones asks the store. The limit
 * moves that time forward, as do rows that come to the store by another way.
 */
final class RecentRows {
    /** Entries of both maps, row, key and array headers: 64-bit JVM, compressed pointers. */
    private static final int ROW_OVERHEAD_BYTES = 240;

    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    private record Row(Bytes timedKey, long time, byte[] value) {}

    private final TimedKeys keys;
    private final long maxBytes;

    /** Each in the order of timed keys, which is the order of times. */
    private final Map<Bytes, List<Row>> byKey = new HashMap<>();

    private final TreeMap<Long, Set<Bytes>> byTime = new TreeMap<>(); // timed keys
    private long completeFrom;
    private long bytes;

    /**
     * @param completeFrom the store has no rows of this time or later
     */
    RecentRows(TimedKeys keys, long maxBytes, long completeFrom) {
        this.keys = keys;
        this.maxBytes = maxBytes;
        this.completeFrom = completeFrom;
    }

    /** Whether all rows of a time and later ones are here. */
    boolean hasAllFrom(long time) {
        return time >= completeFrom;
    }

    /** From now on the rows until a time are not here. */
    void forgetUntil(long time) {
        completeFrom = Math.max(completeFrom, time + 1);
        while (!byTime.isEmpty() && byTime.firstKey() <= time) {
            for (Bytes timedKey : List.copyOf(byTime.firstEntry().getValue())) {
                remove(timedKey, byTime.firstKey());
            }
        }
    }

    void put(Bytes timedKey, byte @Nullable [] value) {
        long time = keys.timeOf(timedKey.get());
        if (time < completeFrom) {
            return;
        }
        if (value == null) {
            remove(timedKey, time);
            return;
        }
        List<Row> rows = byKey.computeIfAbsent(keyOf(timedKey), key -> new ArrayList<>(4));
        int at = firstFrom(rows, timedKey);
        Row row = new Row(timedKey, time, value);
        if (at < rows.size() && rows.get(at).timedKey.equals(timedKey)) {
            bytes -= size(rows.set(at, row));
        } else {
            rows.add(at, row);
            byTime.computeIfAbsent(time, each -> new HashSet<>(2)).add(timedKey);
        }
        bytes += size(row);
        while (bytes > maxBytes) {
            forgetUntil(byTime.firstKey());
        }
    }

    private Bytes keyOf(Bytes timedKey) {
        return Bytes.wrap(keys.keyOf(timedKey.get()));
    }

    private static long size(Row row) {
        return (long) ROW_OVERHEAD_BYTES + 2L * row.timedKey.get().length + row.value.length;
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

    private void remove(Bytes timedKey, long time) {
        Bytes key = keyOf(timedKey);
        List<Row> rows = byKey.get(key);
        int at = rows == null ? 0 : firstFrom(rows, timedKey);
        if (rows == null || at == rows.size() || !rows.get(at).timedKey.equals(timedKey)) {
            return;
        }
        bytes -= size(rows.remove(at));
        if (rows.isEmpty()) {
            byKey.remove(key);
        }
        Set<Bytes> sameTime = Objects.requireNonNull(byTime.get(time));
        sameTime.remove(timedKey);
        if (sameTime.isEmpty()) {
            byTime.remove(time);
        }
    }

    /** Rows of a key, in the order of their timed keys; later changes are not seen. */
    List<KeyValue<Bytes, byte[]>> find(Bytes key, long from, long to) {
        List<Row> rows = byKey.get(key);
        if (rows == null) {
            return new ArrayList<>();
        }
        List<KeyValue<Bytes, byte[]>> found = new ArrayList<>(rows.size());
        for (int at = firstFrom(rows, keys.lowest(key.get(), from)); at < rows.size(); at++) {
            Row row = rows.get(at);
            if (row.time > to) {
                break;
            }
            found.add(new KeyValue<>(row.timedKey, row.value));
        }
        return found;
    }
}
