package dev.millrace.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * Record batches on their way through the wire module, uninterpreted: out of a Produce request,
 * into a Fetch response. They are spliced into the response, not copied; whoever made them keeps
 * them unchanged until the response has left.
 */
public final class RecordBytes implements BaseRecords {
    /** No batches: what Fetch answers at the end of a log. */
    public static final RecordBytes EMPTY = new RecordBytes(List.of(), 0);

    /** Either a {@link ByteBuffer} or a {@link Region}. */
    private final List<Object> parts;

    private final int sizeBytes;

    private RecordBytes(List<Object> parts, int sizeBytes) {
        this.parts = parts;
        this.sizeBytes = sizeBytes;
    }

    record Region(FileChannel channel, long position, int lengthBytes) {}

    /** Bytes in memory, position..limit. */
    public static RecordBytes of(ByteBuffer batches) {
        return new RecordBytes(List.of(batches), batches.remaining());
    }

    /** Bytes of a file, sent by the kernel where the transport can. The channel stays open. */
    public static RecordBytes of(FileChannel channel, long position, int lengthBytes) {
        return new RecordBytes(List.of(new Region(channel, position, lengthBytes)), lengthBytes);
    }

    /**
     * The batches of one partition of a Produce request, position..limit, writable: offsets and
     * epochs are assigned in place. Valid until the request has been answered. Empty when the
     * client sent none.
     */
    public static ByteBuffer of(PartitionProduceData partition) {
        BaseRecords records = partition.records();
        return records instanceof MemoryRecords memory ? memory.buffer() : ByteBuffer.allocate(0);
    }

    @Override
    public int sizeInBytes() {
        return sizeBytes;
    }

    @Override
    public RecordsSend<? extends BaseRecords> toSend() {
        throw new UnsupportedOperationException(
                "responses are written by ResponseEncoder, not by Kafka's channels");
    }

    /** What Netty writes: a {@link ByteBuf} or a {@link FileSlice} per part. */
    void appendTo(List<Object> out) {
        for (Object part : parts) {
            if (part instanceof Region region) {
                out.add(new FileSlice(region.channel, region.position, region.lengthBytes));
            } else {
                out.add(Unpooled.wrappedBuffer((ByteBuffer) part));
            }
        }
    }

    /** Copies the bytes, if all of them are in memory. */
    boolean copyTo(ByteBuf out) {
        for (Object part : parts) {
            if (part instanceof Region) {
                return false;
            }
        }
        for (Object part : parts) {
            out.writeBytes(((ByteBuffer) part).duplicate());
        }
        return true;
    }
}
