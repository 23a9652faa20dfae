package dev.millrace.log;

import java.security.SecureRandom;

/**
 * The last offset of each key, in 24 bytes a key however long it is: a hash of 128 bits stands for
 * the key.
 *
 * <pre>
 * slot: hash 8 | hash 8 | offset + 1, 0 while the slot is free 8
 * </pre>
 *
 * It begins small and doubles as keys come, up to its bound.
 *
 * <p>The hash has a random secret, so that nobody can write two keys of which the cleaner would
 * take one for the other; by chance that happens to one pair in 2^128. Open addressing with linear
 * probing, because neighbours share a cache line. Not thread-safe.
 */
final class OffsetMap {
    static final int ENTRY_BYTES = 24;

    private static final int SLOT_LONGS = 3;
    private static final int OFFSET = 2;
    private static final long FREE = 0;
    private static final int MAX_SLOTS = (Integer.MAX_VALUE - 8) / SLOT_LONGS;

    private static final int FIRST_SLOTS = 1 << 10;

    private final SipHash hash;
    private final int maxSlots;
    private final double loadFactor;
    private long[] table;
    private int slots;
    private int size;

    /**
     * @param maxSlots that it may grow to
     * @param loadFactor share of the slots that are used before it grows, and in the end
     */
    OffsetMap(int maxSlots, double loadFactor) {
        SecureRandom random = new SecureRandom();
        this.hash = new SipHash(random.nextLong(), random.nextLong());
        this.maxSlots = maxSlots;
        this.loadFactor = loadFactor;
        this.slots = Math.min(maxSlots, FIRST_SLOTS);
        this.table = new long[slots * SLOT_LONGS];
    }

    /** How many slots {@code bytes} of memory have. */
    static int slots(long bytes) {
        return (int) Math.min(MAX_SLOTS, bytes / ENTRY_BYTES);
    }

    int size() {
        return size;
    }

    /** Share of the slots it may grow to. */
    double utilization() {
        return (double) size / maxSlots;
    }

    boolean isFull() {
        return size >= (int) (maxSlots * loadFactor);
    }

    /** Not when it {@link #isFull}. */
    void put(byte[] bytes, int from, int length, long offset) {
        hash.hash(bytes, from, length);
        int at = find(hash.first(), hash.second());
        if (table[at + OFFSET] == FREE) {
            if (size + 1 > slots * loadFactor && slots < maxSlots) {
                grow();
                at = find(hash.first(), hash.second());
            }
            table[at] = hash.first();
            table[at + 1] = hash.second();
            size++;
        }
        table[at + OFFSET] = offset + 1;
    }

    /** -1 if the key was never put. */
    long get(byte[] bytes, int from, int length) {
        hash.hash(bytes, from, length);
        return table[find(hash.first(), hash.second()) + OFFSET] - 1;
    }

    /** Where the key is in the table, or would be. Ends, because the table is never full. */
    private int find(long first, long second) {
        int slot = (int) Long.remainderUnsigned(first, slots);
        int at = slot * SLOT_LONGS;
        while (table[at + OFFSET] != FREE && (table[at] != first || table[at + 1] != second)) {
            slot = slot + 1 == slots ? 0 : slot + 1;
            at = slot * SLOT_LONGS;
        }
        return at;
    }

    private void grow() {
        long[] old = table;
        slots = (int) Math.min(maxSlots, 2L * slots);
        table = new long[slots * SLOT_LONGS];
        for (int from = 0; from < old.length; from += SLOT_LONGS) {
            if (old[from + OFFSET] != FREE) {
                System.arraycopy(old, from, table, find(old[from], old[from + 1]), SLOT_LONGS);
            }
        }
    }
}
