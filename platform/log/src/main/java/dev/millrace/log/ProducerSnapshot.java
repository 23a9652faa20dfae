package dev.millrace.log;

import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The producer state as of an offset, which names the file.
 *
 * <pre>
 * .snapshot  version 2 = 1 | CRC-32C of what follows 4 | count 4
 *            | { producer id 8 | epoch 2 | last sequence 4 | last offset 8 | offset delta 4
 *                | timestamp 8 | coordinator epoch 4 | first offset of the open transaction 8 }*
 * </pre>
 *
 * Valid if the size fits the count and the CRC matches; otherwise it is removed and an older one,
 * or the log itself, is replayed.
 */
final class ProducerSnapshot {
    private static final short VERSION = 1;
    private static final int CRC_OFFSET = 2;
    private static final int CRC_START = 6;
    private static final int HEADER_BYTES = 10;
    private static final int ENTRY_BYTES = 46;

    private ProducerSnapshot() {}

    /** The file's content. */
    static ByteBuffer encode(Collection<ProducerEntry> producers) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + producers.size() * ENTRY_BYTES);
        bytes.putShort(VERSION).putInt(0).putInt(producers.size());
        for (ProducerEntry producer : producers) {
            bytes.putLong(producer.producerId)
                    .putShort(producer.epoch)
                    .putInt(producer.lastSequence())
                    .putLong(producer.lastOffset())
                    .putInt(producer.lastOffsetDelta())
                    .putLong(producer.lastTimestampMs)
                    .putInt(producer.coordinatorEpoch)
                    .putLong(producer.txnFirstOffset);
        }
        return bytes.putInt(CRC_OFFSET, crc(bytes)).flip();
    }

    /** Null if the file is not valid. */
    static @Nullable List<ProducerEntry> read(Disk disk, Path file) throws IOException {
        ByteBuffer bytes = AtomicFile.read(disk, file);
        if (bytes == null || bytes.limit() < HEADER_BYTES || bytes.getShort(0) != VERSION) {
            return null;
        }
        int count = bytes.getInt(CRC_START);
        if (count < 0
                || bytes.limit() != HEADER_BYTES + (long) count * ENTRY_BYTES
                || bytes.getInt(CRC_OFFSET) != crc(bytes)) {
            return null;
        }
        bytes.position(HEADER_BYTES);
        List<ProducerEntry> producers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ProducerEntry producer = new ProducerEntry(bytes.getLong(), bytes.getShort());
            int lastSequence = bytes.getInt();
            long lastOffset = bytes.getLong();
            int offsetDelta = bytes.getInt();
            long timestampMs = bytes.getLong();
            if (lastOffset >= 0) {
                producer.addBatch(lastSequence, lastOffset, offsetDelta, timestampMs);
            }
            producer.lastTimestampMs = timestampMs;
            producer.coordinatorEpoch = bytes.getInt();
            producer.txnFirstOffset = bytes.getLong();
            producers.add(producer);
        }
        return producers;
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().clear().position(CRC_START));
        return (int) crc.getValue();
    }
}
