package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The two indexes of a segment, Kafka's files byte for byte. Entries ascend by key and by value.
 *
 * <pre>
 * .index      { relative offset of a batch's last record 4 | position of the batch 4 }*
 * .timeindex  { timestamp 8 | relative last offset of the batch that has it 4 }*
 * </pre>
 *
 * An entry says: all batches before this one have smaller offsets; all records up to this offset
 * have no greater timestamp. Valid if the size is a multiple of the entry and the last entry is not
 * beyond its segment; otherwise the segment is scanned and the index rebuilt.
 *
 * <p>Entries not yet in the file are in memory, a few hundred at most: an append costs no write of
 * its own. The owner appends and truncates; any thread searches. Persisting may happen beside
 * appending, from the thread that flushes.
 */
final class SparseIndex {
    static final int OFFSET_KEY_BYTES = 4;
    static final int TIMESTAMP_KEY_BYTES = 8;

    private static final int WINDOW_ENTRIES = 256;
    private static final int SEARCH_BLOCK_ENTRIES = 256;

    /** An index entry; its meaning is that of the file it comes from. */
    record Entry(long key, int value) {}

    private final Disk disk;
    private final Path file;
    private final int keyBytes;
    private final int entryBytes;

    private volatile Window window;
    private @Nullable DiskFile open;
    private int persisted;

    private SparseIndex(Disk disk, Path file, int keyBytes, int entries) {
        this.disk = disk;
        this.file = file;
        this.keyBytes = keyBytes;
        this.entryBytes = keyBytes + 4;
        this.persisted = entries;
        this.window = new Window(entries, 0);
    }

    /**
     * @return null if there is no such file or its size is impossible
     */
    static @Nullable SparseIndex openExisting(Disk disk, Path file, int keyBytes)
            throws IOException {
        if (!disk.exists(file)) {
            return null;
        }
        DiskFile open = disk.open(file);
        long size = open.size();
        if (size % (keyBytes + 4) != 0 || size > Integer.MAX_VALUE) {
            open.close();
            return null;
        }
        SparseIndex index = new SparseIndex(disk, file, keyBytes, (int) (size / (keyBytes + 4)));
        index.open = open;
        return index;
    }

    /**
     * Empty, whatever the file holds. There is one from now on, for tools that look for it, but it
     * is not kept open: of most partitions nothing is ever written to it.
     */
    static SparseIndex createEmpty(Disk disk, Path file, int keyBytes) throws IOException {
        try (DiskFile open = disk.open(file)) {
            if (open.size() > 0) {
                open.truncate(0);
            }
        }
        return new SparseIndex(disk, file, keyBytes, 0);
    }

    /** Empty, in a file that has another name until it is renamed to {@code file}. */
    static SparseIndex createAs(Disk disk, Path temporary, Path file, int keyBytes)
            throws IOException {
        SparseIndex index = new SparseIndex(disk, file, keyBytes, 0);
        DiskFile open = disk.open(temporary);
        open.truncate(0);
        index.open = open;
        return index;
    }

    int entries() {
        Window current = window;
        return current.first + current.count;
    }

    long sizeBytes() {
        return (long) entries() * entryBytes;
    }

    boolean isFull(int maxBytes) {
        return entries() >= maxBytes / entryBytes;
    }

    void append(long key, int value) throws IOException {
        Window current = window;
        if (current.count == current.keys.length) {
            persist();
            current = new Window(current.first + current.count, WINDOW_ENTRIES);
            window = current;
        }
        current.add(key, value);
    }

    @Nullable Entry last() throws IOException {
        int entries = entries();
        return entries == 0 ? null : entry(entries - 1);
    }

    /** The last entry with a key at or below {@code key}. */
    @Nullable Entry floorByKey(long key) throws IOException {
        return floor(key, true);
    }

    /** The last entry with a value at or below {@code value}. */
    @Nullable Entry floorByValue(int value) throws IOException {
        return floor(value, false);
    }

    /** The same, or null if the file would have to be read for it. */
    @Nullable Entry floorByKeyInMemory(long key) {
        Window current = window;
        int inWindow = current.floor(key, true);
        if (inWindow >= 0) {
            return current.entry(inWindow);
        }
        Window last = current.lastRead;
        int found = last == null ? -1 : last.floor(key, true);
        return last == null
                        || found < 0
                        || (found == last.count - 1 && last.first + last.count < current.first)
                ? null
                : last.entry(found);
    }

    private @Nullable Entry floor(long target, boolean byKey) throws IOException {
        Window current = window;
        int inWindow = current.floor(target, byKey);
        if (inWindow >= 0) {
            return current.entry(inWindow);
        }
        Window near = nearLastRead(current, target, byKey);
        if (near != null) {
            return near.entry(near.floor(target, byKey));
        }
        int low = 0;
        int high = current.first;
        while (high - low > SEARCH_BLOCK_ENTRIES) {
            int middle = (low + high) >>> 1;
            Entry entry = readEntries(middle, 1).entry(0);
            if ((byKey ? entry.key : entry.value) <= target) {
                low = middle;
            } else {
                high = middle;
            }
        }
        if (low == high) {
            return null;
        }
        // Beyond what the search asks for, because a reader goes on.
        Window block = readEntries(low, Math.min(SEARCH_BLOCK_ENTRIES, current.first - low));
        current.lastRead = block;
        int found = block.floor(target, byKey);
        return found < 0 ? null : block.entry(found);
    }

    /** Entries around {@code target}, if those read last or the ones that follow them are. */
    private @Nullable Window nearLastRead(Window current, long target, boolean byKey)
            throws IOException {
        Window last = current.lastRead;
        int found = last == null ? -1 : last.floor(target, byKey);
        if (last == null || found < 0) {
            return null;
        }
        if (found < last.count - 1 || last.first + last.count == current.first) {
            return last;
        }
        // A block begins with the last entry of the one before, so that each target is in one.
        int from = last.first + found;
        Window next = readEntries(from, Math.min(SEARCH_BLOCK_ENTRIES, current.first - from));
        if (next.floor(target, byKey) == next.count - 1 && from + next.count < current.first) {
            return null;
        }
        current.lastRead = next;
        return next;
    }

    Entry entry(int number) throws IOException {
        Window current = window;
        return number >= current.first
                ? current.entry(number - current.first)
                : readEntries(number, 1).entry(0);
    }

    private Window readEntries(int first, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count * entryBytes);
        file().read(bytes, (long) first * entryBytes);
        bytes.flip();
        Window read = new Window(first, count);
        while (bytes.remaining() >= entryBytes) {
            long key = keyBytes == OFFSET_KEY_BYTES ? bytes.getInt() : bytes.getLong();
            read.add(key, bytes.getInt());
        }
        if (read.count < count) {
            throw new IOException(
                    file + " ends before its entry " + (first + count) + "; was it changed?");
        }
        return read;
    }

    /** Keeps the first {@code entries}. */
    synchronized void truncate(int entries) throws IOException {
        persist();
        if (entries < persisted) {
            file().truncate((long) entries * entryBytes);
            persisted = entries;
            window = new Window(entries, 0);
        }
    }

    /** Writes what is only in memory to the file. */
    synchronized void persist() throws IOException {
        Window current = window;
        int from = persisted - current.first;
        int to = current.count;
        if (from == to) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate((to - from) * entryBytes);
        for (int i = from; i < to; i++) {
            if (keyBytes == OFFSET_KEY_BYTES) {
                bytes.putInt((int) current.keys[i]);
            } else {
                bytes.putLong(current.keys[i]);
            }
            bytes.putInt(current.values[i]);
        }
        file().write(bytes.flip(), (long) persisted * entryBytes);
        persisted += to - from;
    }

    /** Persists, and gives the memory back: nothing more will be appended soon. */
    void seal() throws IOException {
        persist();
        window = new Window(entries(), 0);
        file();
    }

    /** Not under the lock that an append takes now and then: it must not wait for an fsync. */
    void force() throws IOException {
        persist();
        file().force();
    }

    synchronized void close() throws IOException {
        DiskFile current = open;
        open = null;
        if (current != null) {
            current.close();
        }
    }

    private synchronized DiskFile file() throws IOException {
        DiskFile current = open;
        if (current == null) {
            current = disk.open(file);
            open = current;
        }
        return current;
    }

    /** Consecutive entries in memory; one thread adds, any thread reads what count covers. */
    private static final class Window {
        final int first;
        final long[] keys;
        final int[] values;
        volatile int count;

        /**
         * Entries of the file, below {@link #first}, that were read last: who reads a log from one
         * end to the other finds most positions here, and not by a search of a dozen reads. In
         * here, so that it goes when the file is truncated, whoever reads meanwhile. 3 KB at most.
         */
        volatile @Nullable Window lastRead;

        Window(int first, int capacity) {
            this.first = first;
            this.keys = new long[capacity];
            this.values = new int[capacity];
        }

        // Only the owner adds, so the increment cannot be lost.
        @SuppressWarnings("NonAtomicVolatileUpdate")
        void add(long key, int value) {
            keys[count] = key;
            values[count] = value;
            count++;
        }

        Entry entry(int number) {
            return new Entry(keys[number], values[number]);
        }

        int floor(long target, boolean byKey) {
            int low = 0;
            int high = count;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if ((byKey ? keys[middle] : values[middle]) <= target) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low - 1;
        }
    }
}
