package dev.millrace.log;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whole record batches read from a log: bytes in memory, or a region of a segment file that can be
 * sent without copying.
 *
 * @param records read-only bytes, position..limit; null when {@code region} is set
 * @param region file region; null when {@code records} is set. Stays readable for {@code
 *     file.delete.delay.ms} after retention has given the file up.
 * @param abortedTransactions those overlapping the range, in order of their first offset
 */
public record FetchedRecords(
        @Nullable ByteBuffer records,
        @Nullable FileRegion region,
        List<AbortedTransaction> abortedTransactions) {

    /** No bytes: nothing below the bound, or nothing small enough. */
    public static final FetchedRecords NONE =
            new FetchedRecords(ByteBuffer.allocate(0).asReadOnlyBuffer(), null, List.of());

    static FetchedRecords of(ByteBuffer records) {
        return new FetchedRecords(records.asReadOnlyBuffer(), null, List.of());
    }

    FetchedRecords withAborted(List<AbortedTransaction> aborted) {
        return aborted.isEmpty() ? this : new FetchedRecords(records, region, aborted);
    }

    public int sizeBytes() {
        return records != null ? records.remaining() : region != null ? region.lengthBytes() : 0;
    }

    public record FileRegion(FileChannel channel, long position, int lengthBytes) {}

    public record AbortedTransaction(long producerId, long firstOffset) {}
}
