package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The aborted transactions whose marker lies in one segment, in the order of their markers.
 *
 * <pre>
 * .txnindex  { version 2 = 0 | producer id 8 | first offset 8 | last offset 8 | last stable offset 8 }*
 * </pre>
 *
 * Valid if the size is a multiple of the entry and versions and offsets make sense. Rebuilt by
 * recovery from the segment. Held in memory: most segments have none. The owner appends; any thread
 * reads.
 */
final class TxnIndex {
    private static final int ENTRY_BYTES = 34;

    /**
     * @param firstOffset of the transaction
     * @param lastOffset of its abort marker
     * @param lastStableOffset when the marker was written
     */
    record AbortedTxn(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

    private final Disk disk;
    private final Path file;
    private volatile List<AbortedTxn> entries;
    private volatile boolean unforced;

    private TxnIndex(Disk disk, Path file, List<AbortedTxn> entries) {
        this.disk = disk;
        this.file = file;
        this.entries = entries;
    }

    /** Null if the file is not valid; a missing one is empty. */
    static @Nullable TxnIndex openExisting(Disk disk, Path file) throws IOException {
        if (!disk.exists(file)) {
            return new TxnIndex(disk, file, List.of());
        }
        List<AbortedTxn> found = new ArrayList<>();
        try (DiskFile in = disk.open(file)) {
            if (in.size() % ENTRY_BYTES != 0 || in.size() > Integer.MAX_VALUE) {
                return null;
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) in.size());
            in.read(bytes, 0);
            bytes.flip();
            while (bytes.hasRemaining()) {
                short version = bytes.getShort();
                AbortedTxn txn =
                        new AbortedTxn(
                                bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
                if (version != 0 || txn.firstOffset > txn.lastOffset) {
                    return null;
                }
                found.add(txn);
            }
        }
        return new TxnIndex(disk, file, List.copyOf(found));
    }

    /** Empty, whatever the file holds. */
    static TxnIndex createEmpty(Disk disk, Path file) throws IOException {
        TxnIndex index = new TxnIndex(disk, file, List.of());
        if (disk.exists(file)) {
            try (DiskFile out = disk.open(file)) {
                out.truncate(0);
            }
            index.unforced = true;
        }
        return index;
    }

    /** Empty, and to be filled by {@link #fill}; {@code file} is not looked at. */
    static TxnIndex unwritten(Disk disk, Path file) {
        return new TxnIndex(disk, file, List.of());
    }

    /** Writes all there will be, durably, to where the file is for now; nothing if empty. */
    synchronized void fill(List<AbortedTxn> txns, Path temporary) throws IOException {
        if (!txns.isEmpty()) {
            try (DiskFile out = disk.open(temporary)) {
                out.truncate(0);
                out.write(encode(txns), 0);
                out.force();
            }
            entries = List.copyOf(txns);
        }
    }

    List<AbortedTxn> entries() {
        return entries;
    }

    synchronized void append(AbortedTxn txn) throws IOException {
        List<AbortedTxn> next = new ArrayList<>(entries);
        next.add(txn);
        write(List.of(txn), (long) entries.size() * ENTRY_BYTES);
        entries = List.copyOf(next);
    }

    /** Keeps the transactions that ended below {@code offset}. */
    synchronized void truncateTo(long offset) throws IOException {
        List<AbortedTxn> kept = entries.stream().filter(t -> t.lastOffset < offset).toList();
        if (kept.size() == entries.size() && !disk.exists(file)) {
            return;
        }
        try (DiskFile out = disk.open(file)) {
            out.truncate((long) kept.size() * ENTRY_BYTES);
        }
        unforced = true;
        entries = kept;
    }

    private void write(List<AbortedTxn> txns, long position) throws IOException {
        try (DiskFile out = disk.open(file)) {
            out.write(encode(txns), position);
        }
        unforced = true;
    }

    private static ByteBuffer encode(List<AbortedTxn> txns) {
        ByteBuffer bytes = ByteBuffer.allocate(txns.size() * ENTRY_BYTES);
        for (TxnIndex.AbortedTxn txn : txns) {
            bytes.putShort((short) 0)
                    .putLong(txn.producerId)
                    .putLong(txn.firstOffset)
                    .putLong(txn.lastOffset)
                    .putLong(txn.lastStableOffset);
        }
        return bytes.flip();
    }

    /** Not under the lock that an append takes: it must not wait for an fsync. */
    void force() throws IOException {
        if (unforced) {
            unforced = false;
            try (DiskFile out = disk.open(file)) {
                out.force();
            }
        }
    }
}
