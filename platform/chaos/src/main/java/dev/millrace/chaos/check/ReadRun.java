package dev.millrace.chaos.check;

import java.util.Arrays;
import org.apache.kafka.common.TopicPartition;

/**
 * What one reader got from one partition without a seek: every record from {@code from} to the
 * position it has reached. Values are kept as hashes of 64 bits, an hour of them fits in memory.
 * One thread adds; the checker looks when that has ended.
 */
public final class ReadRun {
    private final String reader;
    private final Isolation isolation;
    private final TopicPartition partition;
    private final long from;
    private long position;
    private int size;
    private long[] offsets = new long[16];
    private long[] hashes = new long[16];

    public ReadRun(String reader, Isolation isolation, TopicPartition partition, long from) {
        this.reader = reader;
        this.isolation = isolation;
        this.partition = partition;
        this.from = from;
        this.position = from;
    }

    public void add(long offset, String value) {
        if (size == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * size);
            hashes = Arrays.copyOf(hashes, 2 * size);
        }
        offsets[size] = offset;
        hashes[size++] = hash(value);
        position = Math.max(position, offset + 1);
    }

    /** Where the reader stands: past records that it was not given, too. */
    public void reached(long newPosition) {
        position = Math.max(position, newPosition);
    }

    static long hash(String value) {
        long hash = 0xcbf29ce484222325L; // FNV-1a
        for (int i = 0; i < value.length(); i++) {
            hash = (hash ^ value.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    String reader() {
        return reader;
    }

    Isolation isolation() {
        return isolation;
    }

    TopicPartition partition() {
        return partition;
    }

    long from() {
        return from;
    }

    long position() {
        return position;
    }

    int size() {
        return size;
    }

    long offset(int index) {
        return offsets[index];
    }

    long hash(int index) {
        return hashes[index];
    }
}
