package dev.millrace.wire;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordsSend;
import org.jspecify.annotations.Nullable;

/**
 * Record batches on their way through the wire module, uninterpreted: out of a Produce request,
 * into a Fetch response. They are spliced into the response, not copied; whoever made them keeps
 * them unchanged until the response has left.
 */
public final class RecordBytes implements BaseRecords {
    /** No batches: what Fetch answers at the end of a log. */
    public static final RecordBytes EMPTY = of(ByteBuffer.allocate(0));

    private final @Nullable ByteBuffer memory;
    private final @Nullable FileChannel file;
    private final long position;
    private final int sizeBytes;
    private final @Nullable Runnable done;

    private RecordBytes(
            @Nullable ByteBuffer memory,
            @Nullable FileChannel file,
            long position,
            int sizeBytes,
            @Nullable Runnable done) {
        this.memory = memory;
        this.file = file;
        this.position = position;
        this.sizeBytes = sizeBytes;
        this.done = done;
    }

    /** Bytes in memory, position..limit. */
    public static RecordBytes of(ByteBuffer batches) {
        return new RecordBytes(batches, null, 0, batches.remaining(), null);
    }

    /**
     * The same, of memory that is used for something else afterwards.
     *
     * @param batches direct and writable, though nobody writes
     * @param done called once when they have been sent, or are not going to be
     */
    public static RecordBytes of(ByteBuffer batches, Runnable done) {
        return new RecordBytes(batches, null, 0, batches.remaining(), done);
    }

    /** Bytes of a file, sent by the kernel where the transport can. The channel stays open. */
    public static RecordBytes of(FileChannel channel, long position, int lengthBytes) {
        return new RecordBytes(null, channel, position, lengthBytes, null);
    }

    /**
     * The batches of one partition of a Produce request, position..limit, writable: offsets and
     * epochs are assigned in place. Valid until the request has been answered. Empty when the
     * client sent none.
     */
    public static ByteBuffer of(PartitionProduceData partition) {
        BaseRecords records = partition.records();
        return records instanceof MemoryRecords batches ? batches.buffer() : ByteBuffer.allocate(0);
    }

    /**
     * The batches of one partition of a Fetch response, position..limit: slices of what the socket
     * read into, valid only while the answer is handled. Empty where there are none.
     */
    public static ByteBuffer of(PartitionData partition) {
        BaseRecords records = partition.records();
        return records instanceof MemoryRecords batches ? batches.buffer() : ByteBuffer.allocate(0);
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

    /** The bytes if they are in memory; null if they are in a file. */
    @Nullable ByteBuffer memory() {
        return memory;
    }

    /** They are not sent. At most once, and not after they have been given to an answer. */
    public void done() {
        if (done != null) {
            done.run();
        }
    }

    /** What Netty writes: a buffer around the bytes, or a region of the file. */
    Object toMessage(boolean sendfile) {
        if (file != null) {
            return new FileSlice(file, position, sizeBytes, sendfile);
        }
        if (memory == null) {
            return Unpooled.EMPTY_BUFFER;
        }
        return done == null ? Unpooled.wrappedBuffer(memory) : SharedBytes.of(memory, done);
    }
}
