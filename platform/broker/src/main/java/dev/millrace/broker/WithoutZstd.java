package dev.millrace.broker;

import dev.millrace.log.FetchedRecords;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;

/** What readers may have that were written before zstd came (KIP-110: Fetch below version 10). */
final class WithoutZstd {
    private WithoutZstd() {}

    /**
     * The batches before the first that zstd compressed.
     *
     * @throws UnsupportedCompressionTypeException that is the first one
     */
    static FetchedRecords prefix(FetchedRecords fetched) throws IOException {
        int size = fetched.sizeBytes();
        ByteBuffer header = ByteBuffer.allocate(RecordBatchView.HEADER_BYTES);
        int at = 0;
        while (at < size) {
            read(fetched, at, header.clear());
            RecordBatchView batch = RecordBatchView.at(header, 0);
            if (batch.codec() == Codec.ZSTD) {
                break;
            }
            at += batch.sizeBytes();
        }
        if (at >= size) {
            return fetched;
        }
        if (at == 0) {
            throw new UnsupportedCompressionTypeException(
                    "the record batch is compressed with zstd, which readers know from Fetch v10"
                            + " on; use a newer client");
        }
        return cut(fetched, at);
    }

    private static void read(FetchedRecords fetched, int at, ByteBuffer header) throws IOException {
        ByteBuffer records = fetched.records();
        FetchedRecords.FileRegion region = fetched.region();
        if (records != null) {
            header.put(records.slice(records.position() + at, header.remaining()));
        } else if (region != null) {
            while (header.hasRemaining()) {
                if (region.channel().read(header, region.position() + at + header.position()) < 0) {
                    throw new IOException("the log ends inside of a batch it has");
                }
            }
        }
        header.flip();
    }

    private static FetchedRecords cut(FetchedRecords fetched, int sizeBytes) {
        ByteBuffer records = fetched.records();
        FetchedRecords.FileRegion region = fetched.region();
        return new FetchedRecords(
                records == null ? null : records.slice(records.position(), sizeBytes),
                region == null
                        ? null
                        : new FetchedRecords.FileRegion(
                                region.channel(), region.position(), sizeBytes, region.warm()),
                fetched.abortedTransactions(),
                fetched.release());
    }
}
