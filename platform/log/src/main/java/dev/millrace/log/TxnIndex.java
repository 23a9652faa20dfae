package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The aborted transactions whose marker lies in one segment, in the order of their markers.
 *
 * <pre>
 * .txnindex  { version 2 = 0 | producer id 8 | first offset 8 | last offset 8 | last stable offset 8 }*
 * </pre>
 *
 * Rebuilt by recovery from the segment. Held in memory: most segments have none. The owner appends;
 * any thread reads.
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
    private boolean unforced;

    private TxnIndex(Disk disk, Path file, List<AbortedTxn> entries) {
        this.disk = disk;
        this.file = file;
        this.entries = entries;
    }

    static TxnIndex open(Disk disk, Path file) throws IOException {
        if (!disk.exists(file)) {
            return new TxnIndex(disk, file, List.of());
        }
        List<AbortedTxn> found = new ArrayList<>();
        try (DiskFile in = disk.open(file)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) in.size());
            in.read(bytes, 0);
            bytes.flip();
            while (bytes.remaining() >= ENTRY_BYTES) {
                short version = bytes.getShort();
                if (version != 0) {
                    throw new IOException(file + " has an entry of unknown version " + version);
                }
                found.add(
                        new AbortedTxn(
                                bytes.getLong(),
                                bytes.getLong(),
                                bytes.getLong(),
                                bytes.getLong()));
            }
        }
        return new TxnIndex(disk, file, List.copyOf(found));
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
        ByteBuffer bytes = ByteBuffer.allocate(txns.size() * ENTRY_BYTES);
        for (TxnIndex.AbortedTxn txn : txns) {
            bytes.putShort((short) 0)
                    .putLong(txn.producerId)
                    .putLong(txn.firstOffset)
                    .putLong(txn.lastOffset)
                    .putLong(txn.lastStableOffset);
        }
        try (DiskFile out = disk.open(file)) {
            out.write(bytes.flip(), position);
        }
        unforced = true;
    }

    synchronized void force() throws IOException {
        if (unforced) {
            try (DiskFile out = disk.open(file)) {
                out.force();
            }
            unforced = false;
        }
    }
}
