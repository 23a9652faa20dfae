package dev.millrace.wire;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.TelemetryTooLargeException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.BufferSupplier;

/** Bytes that a client sent compressed as a whole. */
public final class CompressedBytes {
    private static final byte MAGIC = 2;

    private CompressedBytes() {}

    /**
     * @param codec as in record batches: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd
     * @param maxBytes that the result may have; more is not even read
     * @throws UnsupportedCompressionTypeException there is no such codec
     * @throws TelemetryTooLargeException it would be larger
     * @throws CorruptRecordException it does not decompress
     */
    public static byte[] decompress(ByteBuffer bytes, int codec, int maxBytes) {
        requireCodec(codec);
        try (InputStream in =
                Compression.of(CompressionType.forId(codec))
                        .build()
                        .wrapForInput(bytes.duplicate(), MAGIC, BufferSupplier.NO_CACHING)) {
            byte[] read = in.readNBytes(maxBytes);
            if (in.read() >= 0) {
                throw new TelemetryTooLargeException(
                        "Decompressed it would have more than the " + maxBytes + " bytes allowed");
            }
            return read;
        } catch (IOException | KafkaException e) {
            if (e instanceof TelemetryTooLargeException tooLarge) {
                throw tooLarge;
            }
            throw new CorruptRecordException("It does not decompress", e);
        }
    }

    /**
     * @throws UnsupportedCompressionTypeException there is no such codec
     */
    public static void requireCodec(int codec) {
        try {
            CompressionType.forId(codec);
        } catch (IllegalArgumentException e) {
            throw new UnsupportedCompressionTypeException("There is no codec " + codec, e);
        }
    }
}
