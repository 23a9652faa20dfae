package dev.millrace.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.jspecify.annotations.Nullable;

/**
 * Writes one response into buffers for Netty.
 *
 * <pre>
 * | length: int32 | header: correlation id, from header v1 on tagged fields | body |
 *                                             body = fields | records | fields | …
 * </pre>
 *
 * The fields go into one buffer of exactly their size. Records longer than {@link #SPLICE_BYTES}
 * are not copied: the buffer is cut there and they go between its slices.
 */
final class ResponseEncoder implements Writable {
    /** Copying fewer bytes is cheaper than one more entry of a gathering write. */
    private static final int SPLICE_BYTES = 2048;

    private final ByteBuf fields;
    private final boolean sendfile;
    private @Nullable List<Object> parts;

    /** Where the slice of {@link #fields} begins that is not yet in {@link #parts}. */
    private int sliceStart;

    private int splicedBytes;

    private ResponseEncoder(ByteBuf fields, boolean sendfile) {
        this.fields = fields;
        this.sendfile = sendfile;
    }

    /** What to hand to the channel, in order; its owner releases it by writing it. */
    record Encoded(Object first, List<Object> rest, int sizeBytes) {}

    /**
     * @param sendfile see {@link SocketOptions}
     * @throws org.apache.kafka.common.errors.UnsupportedVersionException the response carries
     *     something that {@code version} cannot say; nothing is left to release
     */
    static Encoded encode(
            ByteBufAllocator allocator,
            ApiKeys api,
            short version,
            int correlationId,
            ApiMessage response,
            boolean sendfile) {
        short headerVersion = api.responseHeaderVersion(version);
        ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(correlationId);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        response.addSize(size, cache, version);
        int frameBytes = Integer.BYTES + size.totalSize();

        // Short records are copied after all, so the buffer may grow beyond the fields.
        ByteBuf fields =
                allocator.ioBuffer(Integer.BYTES + size.sizeExcludingZeroCopy(), frameBytes);
        ResponseEncoder encoder = new ResponseEncoder(fields, sendfile);
        try {
            fields.writeInt(size.totalSize());
            header.write(encoder, cache, headerVersion);
            response.write(encoder, cache, version);
            int written = fields.readableBytes() + encoder.splicedBytes;
            if (written != frameBytes) {
                throw new IllegalStateException(
                        "%s v%d: computed %d bytes, wrote %d"
                                .formatted(api, version, frameBytes, written));
            }
            return encoder.finish(frameBytes);
        } catch (RuntimeException e) {
            encoder.release();
            throw e;
        }
    }

    private Encoded finish(int frameBytes) {
        if (parts == null) {
            return new Encoded(fields, List.of(), frameBytes);
        }
        cut();
        fields.release();
        return new Encoded(parts.remove(0), parts, frameBytes);
    }

    private void cut() {
        int end = fields.writerIndex();
        if (end > sliceStart && parts != null) {
            parts.add(fields.retainedSlice(sliceStart, end - sliceStart));
            sliceStart = end;
        }
    }

    private void release() {
        if (parts != null) {
            parts.forEach(ReferenceCountUtil::release);
        }
        fields.release();
    }

    @Override
    public void writeRecords(BaseRecords records) {
        if (!(records instanceof RecordBytes bytes)) {
            if (records.sizeInBytes() == 0) {
                // In the answer that the codec makes of a failure.
                return;
            }
            throw new IllegalStateException(
                    "records of a response are RecordBytes, not " + records.getClass().getName());
        }
        ByteBuffer memory = bytes.memory();
        if (memory != null && memory.remaining() <= SPLICE_BYTES) {
            fields.writeBytes(memory.duplicate());
            bytes.done();
            return;
        }
        if (parts == null) {
            parts = new ArrayList<>();
        }
        cut();
        parts.add(bytes.toMessage(sendfile));
        splicedBytes += bytes.sizeInBytes();
    }

    @Override
    public void writeByte(byte value) {
        fields.writeByte(value);
    }

    @Override
    public void writeShort(short value) {
        fields.writeShort(value);
    }

    @Override
    public void writeInt(int value) {
        fields.writeInt(value);
    }

    @Override
    public void writeLong(long value) {
        fields.writeLong(value);
    }

    @Override
    public void writeDouble(double value) {
        fields.writeDouble(value);
    }

    @Override
    public void writeByteArray(byte[] bytes) {
        fields.writeBytes(bytes);
    }

    @Override
    public void writeByteBuffer(ByteBuffer bytes) {
        fields.writeBytes(bytes.duplicate());
    }

    @Override
    public void writeUnsignedVarint(int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            fields.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        fields.writeByte(rest);
    }

    @Override
    public void writeVarint(int value) {
        writeUnsignedVarint((value << 1) ^ (value >> 31));
    }

    @Override
    public void writeVarlong(long value) {
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7fL) != 0) {
            fields.writeByte((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        fields.writeByte((int) rest);
    }
}
