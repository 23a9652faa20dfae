package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the newest writes in a hash map, and hands them to the store below in batches: a row that
 * is updated a thousand times between two batches crosses into native code once. What a crash takes
 * from the map is in the changelog, after the last checkpoint: {@link #flush()} comes before one.
 *
 * <p>The map is bounded by its size, or, while writes are held until {@link #commit()}, by whoever
 * commits: he asks for {@link #uncommittedBytes()}. What a batch has written, and what was read
 * since, is remembered until the next one, within the same bound. Ranges read through the map; the
 * first one makes it keep its keys in order from then on.
 */
public final class WriteBehindStore implements LocalStore {
    private static final long MAX_BYTES = 1 << 20;

    /** Map entry, key and array headers: measured on a 64-bit JVM with compressed pointers. */
    private static final int ROW_OVERHEAD_BYTES = 120;

    private static final byte[] DELETED = new byte[0];

    private final LocalStore below;
    private Map<Bytes, byte[]> newest = new HashMap<>();
    private Map<Bytes, byte[]> written = new HashMap<>(); // as below, but for what is newer
    private long writtenBytes;
    private @Nullable TreeMap<Bytes, byte[]> inOrder; // the same entries, once a range was read
    private long bytes;
    private boolean holding;

    public WriteBehindStore(LocalStore below) {
        this.below = below;
    }

    @Override
    public void configure(Map<String, Object> configs) {
        below.configure(configs);
    }

    @Override
    public void open(Path directory) {
        below.open(directory);
    }

    @Override
    public void holdWrites() {
        holding = true;
    }

    @Override
    public void commit() {
        if (holding) {
            drain();
        }
    }

    @Override
    public long uncommittedBytes() {
        return holding ? bytes : 0;
    }

    @Override
    public void restore(List<KeyValue<Bytes, byte[]>> entries) {
        if (!holding) {
            drain(); // first: it is older
        }
        forgetWritten();
        below.putAll(entries);
    }

    private void forgetWritten() {
        written = new HashMap<>();
        writtenBytes = 0;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // an empty value is not a deleted one
    public byte @Nullable [] get(Bytes key) {
        byte[] value = newest.get(key);
        if (value == null) {
            value = written.get(key);
        }
        if (value == null) {
            value = below.get(key);
            if (value != null) {
                remember(key, value);
            }
            return value;
        }
        return value == DELETED ? null : value;
    }

    private void remember(Bytes key, byte[] value) {
        if (writtenBytes > MAX_BYTES) {
            forgetWritten();
        }
        written.put(key, value);
        writtenBytes += (long) ROW_OVERHEAD_BYTES + key.get().length + value.length;
    }

    @Override
    public void put(Bytes key, byte @Nullable [] value) {
        byte[] stored = value == null ? DELETED : value;
        byte[] before = newest.put(key, stored);
        if (inOrder != null) {
            inOrder.put(key, stored);
        }
        bytes +=
                before == null
                        ? (long) ROW_OVERHEAD_BYTES + key.get().length + stored.length
                        : stored.length - before.length;
        if (bytes > MAX_BYTES && !holding) {
            drain();
        }
    }

    @SuppressWarnings("ReferenceEquality") // an empty value is not a deleted one
    private void drain() {
        if (newest.isEmpty()) {
            return;
        }
        List<KeyValue<Bytes, byte[]>> entries = new ArrayList<>(newest.size());
        newest.forEach(
                (key, value) -> entries.add(new KeyValue<>(key, value == DELETED ? null : value)));
        below.putAll(entries);
        if (bytes > MAX_BYTES * 2) { // held for a long time
            forgetWritten();
        } else {
            written = newest;
            writtenBytes = bytes;
        }
        newest = new HashMap<>();
        if (inOrder != null) {
            inOrder.clear();
        }
        bytes = 0;
    }

    @Override
    public byte @Nullable [] putIfAbsent(Bytes key, byte[] value) {
        byte[] present = get(key);
        if (present == null) {
            put(key, value);
        }
        return present;
    }

    @Override
    public void putAll(List<KeyValue<Bytes, byte[]>> entries) {
        if (holding) {
            entries.forEach(entry -> put(entry.key, entry.value));
        } else {
            drain(); // first: it is older
            forgetWritten();
            below.putAll(entries);
        }
    }

    @Override
    public byte @Nullable [] delete(Bytes key) {
        byte[] present = get(key);
        put(key, null);
        return present;
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
        return overlay(from, to, below.range(from, to), false);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseRange(@Nullable Bytes from, @Nullable Bytes to) {
        return overlay(from, to, below.reverseRange(from, to), true);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        return overlay(null, null, below.all(), false);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseAll() {
        return overlay(null, null, below.reverseAll(), true);
    }

    /** The newest entries are copied: an iterator does not see later writes. */
    @SuppressWarnings("ReferenceEquality") // an empty value is not a deleted one
    private KeyValueIterator<Bytes, byte[]> overlay(
            @Nullable Bytes from,
            @Nullable Bytes to,
            KeyValueIterator<Bytes, byte[]> stored,
            boolean reverse) {
        NavigableMap<Bytes, byte[]> newer = newestInOrder();
        if (from != null && to != null && from.compareTo(to) > 0) {
            return stored;
        }
        if (from != null) {
            newer = newer.tailMap(from, true);
        }
        if (to != null) {
            newer = newer.headMap(to, true);
        }
        if (newer.isEmpty()) {
            return stored;
        }
        List<Map.Entry<Bytes, byte[]>> copy = new ArrayList<>();
        (reverse ? newer.descendingMap() : newer)
                .forEach((key, value) -> copy.add(Map.entry(key, value)));
        return new OverlayIterator(copy.iterator(), stored, value -> value == DELETED, reverse);
    }

    private NavigableMap<Bytes, byte[]> newestInOrder() {
        TreeMap<Bytes, byte[]> sorted = inOrder;
        if (sorted == null) {
            sorted = new TreeMap<>(newest);
            inOrder = sorted;
        }
        return sorted;
    }

    @Override
    public long approximateNumEntries() {
        return below.approximateNumEntries() + newest.size();
    }

    @Override
    public String name() {
        return below.name();
    }

    /** Durable on return, but for what waits for a commit. */
    @Override
    public void flush() {
        if (!holding) {
            drain();
        }
        below.flush();
    }

    @Override
    public void close() {
        if (below.isOpen() && !holding) {
            drain();
        }
        below.close();
    }

    @Override
    public void destroy() {
        newest.clear();
        forgetWritten();
        bytes = 0;
        below.destroy();
    }

    @Override
    public boolean persistent() {
        return below.persistent();
    }

    @Override
    public boolean isOpen() {
        return below.isOpen();
    }
}
