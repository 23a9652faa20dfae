package dev.millrace.log;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whole record batches read from a log: bytes in memory, or a region of a segment file that can be
 * sent without copying.
 *
 * @param records bytes that nobody changes, position..limit; null when {@code region} is set
 * @param region file region; null when {@code records} is set. Stays readable for {@code
 *     file.delete.delay.ms} after retention has given the file up.
 * @param abortedTransactions those overlapping the range, in order of their first offset
 * @param release see {@link #done}; null where there is nothing to release
 */
public record FetchedRecords(
        @Nullable ByteBuffer records,
        @Nullable FileRegion region,
        List<AbortedTransaction> abortedTransactions,
        @Nullable Runnable release) {

    /** No bytes: nothing below the bound, or nothing small enough. */
    public static final FetchedRecords NONE =
            new FetchedRecords(ByteBuffer.allocate(0).asReadOnlyBuffer(), null, List.of(), null);

    static FetchedRecords of(ByteBuffer records) {
        return new FetchedRecords(records.asReadOnlyBuffer(), null, List.of(), null);
    }

    static FetchedRecords of(FileRegion region) {
        return new FetchedRecords(null, region, List.of(), null);
    }

    /** Bytes of a memory that is used again after {@code release}. */
    static FetchedRecords shared(ByteBuffer records, Runnable release) {
        return new FetchedRecords(records, null, List.of(), release);
    }

    /**
     * The bytes are not read any more; at most once, by whoever had them last, from any thread.
     * Leaving it out is safe, but memory is then not used again before the garbage collector has
     * seen it.
     */
    public void done() {
        if (release != null) {
            release.run();
        }
    }

    FetchedRecords withAborted(List<AbortedTransaction> aborted) {
        return aborted.isEmpty() ? this : new FetchedRecords(records, region, aborted, release);
    }

    public int sizeBytes() {
        return records != null ? records.remaining() : region != null ? region.lengthBytes() : 0;
    }

    /**
     * @param warm most likely in the operating system's page cache
     */
    public record FileRegion(FileChannel channel, long position, int lengthBytes, boolean warm) {}

    public record AbortedTransaction(long producerId, long firstOffset) {}
}
