package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the newest writes in a hash map of bounded size, and hands them to the store below in
 * batches: a row that is updated a thousand times between two batches crosses into native code
 * once. What a crash takes from the map is in the changelog, after the last checkpoint: {@link
 * #flush()} comes before one.
 */
public final class WriteBehindStore implements LocalStore {
    private static final long MAX_BYTES = 1 << 20;

    /** Map entry, key and array headers: measured on a 64-bit JVM with compressed pointers. */
    private static final int ROW_OVERHEAD_BYTES = 120;

    private static final byte[] DELETED = new byte[0];

    private final LocalStore below;
    private final Map<Bytes, byte[]> newest = new HashMap<>();
    private long bytes;

    public WriteBehindStore(LocalStore below) {
        this.below = below;
    }

    @Override
    public void open(Path directory) {
        below.open(directory);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // an empty value is not a deleted one
    public byte @Nullable [] get(Bytes key) {
        byte[] value = newest.get(key);
        if (value == null) {
            return below.get(key);
        }
        return value == DELETED ? null : value;
    }

    @Override
    public void put(Bytes key, byte @Nullable [] value) {
        byte[] stored = value == null ? DELETED : value;
        byte[] before = newest.put(key, stored);
        bytes +=
                before == null
                        ? (long) ROW_OVERHEAD_BYTES + key.get().length + stored.length
                        : stored.length - before.length;
        if (bytes > MAX_BYTES) {
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
        newest.clear();
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
        drain(); // first: it is older
        below.putAll(entries);
    }

    @Override
    public byte @Nullable [] delete(Bytes key) {
        byte[] present = get(key);
        put(key, null);
        return present;
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
        drain();
        return below.range(from, to);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseRange(@Nullable Bytes from, @Nullable Bytes to) {
        drain();
        return below.reverseRange(from, to);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        drain();
        return below.all();
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseAll() {
        drain();
        return below.reverseAll();
    }

    @Override
    public long approximateNumEntries() {
        return below.approximateNumEntries() + newest.size();
    }

    @Override
    public String name() {
        return below.name();
    }

    /** Durable on return. */
    @Override
    public void flush() {
        drain();
        below.flush();
    }

    @Override
    public void close() {
        if (below.isOpen()) {
            drain();
        }
        below.close();
    }

    @Override
    public void destroy() {
        newest.clear();
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
