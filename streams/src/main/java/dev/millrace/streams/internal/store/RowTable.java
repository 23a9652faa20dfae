package dev.millrace.streams.internal.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a cache by the bytes of their keys: a flat table with open addressing, half full at
 * most. Every record looks up a key whose bytes were never hashed before, so that the hash takes
 * eight of them at a time.
 *
 * @param <R> rows; none is ever taken out alone
 */
final class RowTable<R extends RowTable.Keyed> {
    /** A row, with its key. */
    abstract static class Keyed {
        final Bytes keyBytes;
        final int hash;

        Keyed(Bytes keyBytes, int hash) {
            this.keyBytes = keyBytes;
            this.hash = hash;
        }
    }

    private static final int LEAST_CAPACITY = 64;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L; // 2^64 by the golden ratio

    private @Nullable Keyed[] table = new Keyed[LEAST_CAPACITY];
    private int size;

    static int hash(byte[] key) {
        long hash = key.length * MULTIPLIER;
        int at = 0;
        for (; at <= key.length - Long.BYTES; at += Long.BYTES) {
            hash = mixed(hash, (long) LONGS.get(key, at));
        }
        long rest = 0;
        for (; at < key.length; at++) {
            rest = (rest << Byte.SIZE) | (key[at] & 0xff);
        }
        hash = mixed(hash, rest);
        return (int) (hash ^ (hash >>> 32));
    }

    private static long mixed(long hash, long more) {
        long both = hash ^ more;
        return (both * MULTIPLIER) ^ Math.multiplyHigh(both, MULTIPLIER); // every bit counts
    }

    @SuppressWarnings("unchecked") // put takes nothing else
    @Nullable R get(Bytes key, int hash) {
        byte[] bytes = key.get();
        int mask = table.length - 1;
        for (int at = hash & mask; ; at = (at + 1) & mask) {
            Keyed row = table[at];
            if (row == null) {
                return null;
            }
            if (row.hash == hash && Arrays.equals(row.keyBytes.get(), bytes)) {
                return (R) row;
            }
        }
    }

    /** A row whose key is not here. */
    void put(R row) {
        if (2 * ++size > table.length) {
            @Nullable Keyed[] before = table;
            table = new Keyed[2 * before.length];
            for (Keyed each : before) {
                if (each != null) {
                    place(each);
                }
            }
        }
        place(row);
    }

    private void place(Keyed row) {
        int mask = table.length - 1;
        int at = row.hash & mask;
        while (table[at] != null) {
            at = (at + 1) & mask;
        }
        table[at] = row;
    }

    int size() {
        return size;
    }

    /** Forgets all; it will soon have as many again, unless it had few for its size. */
    void clear() {
        if (size * 8 < table.length && table.length > LEAST_CAPACITY) {
            table = new Keyed[table.length / 2];
        } else {
            Arrays.fill(table, null);
        }
        size = 0;
    }
}
