package dev.millrace.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream into frames.
 *
 * <pre>
 * | length: int32, big endian, of what follows | header and body: length bytes |
 * </pre>
 *
 * A frame that arrived in one piece is a slice of what the socket read into. One that arrived in
 * several is gathered into a buffer of its own, which grows with what has really arrived: a length
 * alone allocates no more than {@link #FIRST_CAPACITY}. Where the memory of requests is bounded, a
 * frame is begun only when there is some left. Event loop only.
 */
final class FrameReader {
    private static final int LENGTH_BYTES = 4;

    /** API key, version and correlation id: the shortest request header. */
    private static final int MIN_FRAME_BYTES = 8;

    private static final int FIRST_CAPACITY = 1 << 20;

    private final ByteBufAllocator allocator;
    private final ArrayDeque<ByteBuf> inputs = new ArrayDeque<>(4);
    private int maxFrameBytes;

    /** Bytes of the length seen so far, when a read ended inside of it. */
    private int lengthBytesSeen;

    /** Length of the frame being gathered; valid when {@link #lengthBytesSeen} is 4. */
    private int length;

    private @Nullable ByteBuf partial;

    private final RequestMemory memory;

    /** There is room for the frame that began; it has not been handed out yet. */
    private boolean reserved;

    private boolean starved;

    FrameReader(ByteBufAllocator allocator, int maxFrameBytes, RequestMemory memory) {
        this.allocator = allocator;
        this.maxFrameBytes = maxFrameBytes;
        this.memory = memory;
    }

    /** Raised when the connection has authenticated. */
    void maxFrameBytes(int bytes) {
        maxFrameBytes = bytes;
    }

    /** Takes over {@code bytes}, to release it when it has been cut up. */
    void add(ByteBuf bytes) {
        inputs.add(bytes);
    }

    /** The last {@link #next} found a frame for which there is no memory now. */
    boolean starved() {
        return starved;
    }

    /**
     * The next whole frame without its length, owned by the caller, who gives back its {@link
     * RequestMemory} too; null if it has not arrived yet, or there is no memory for it.
     *
     * @throws InvalidRequestException a length that cannot be; the stream cannot be read on
     */
    @Nullable ByteBuf next() {
        starved = false;
        for (ByteBuf in = inputs.peek(); in != null; in = inputs.peek()) {
            if (!in.isReadable()) {
                inputs.remove().release();
                continue;
            }
            if (lengthBytesSeen == 0 && in.readableBytes() >= LENGTH_BYTES) {
                length = checked(in.readInt());
                lengthBytesSeen = LENGTH_BYTES;
            } else if (lengthBytesSeen < LENGTH_BYTES) {
                length = (length << 8) | in.readUnsignedByte();
                if (++lengthBytesSeen == LENGTH_BYTES) {
                    checked(length);
                }
                continue;
            }
            if (!reserved) {
                if (!memory.tryReserve(length)) {
                    starved = true;
                    return null;
                }
                reserved = true;
            }
            ByteBuf frame =
                    partial == null && in.readableBytes() >= length
                            ? in.readRetainedSlice(length)
                            : gather(in);
            if (frame != null) {
                partial = null;
                reserved = false;
                lengthBytesSeen = 0;
                length = 0;
                return frame;
            }
        }
        return null;
    }

    private @Nullable ByteBuf gather(ByteBuf in) {
        ByteBuf frame = partial;
        if (frame == null) {
            frame = allocator.ioBuffer(Math.min(length, FIRST_CAPACITY), length);
            partial = frame;
        }
        int wanted = length - frame.readableBytes();
        int take = Math.min(wanted, in.readableBytes());
        if (take > frame.writableBytes()) {
            long doubled = 2L * frame.capacity();
            frame.capacity((int) Math.min(length, Math.max(doubled, frame.readableBytes() + take)));
        }
        frame.writeBytes(in, take);
        return take < wanted ? null : frame;
    }

    private int checked(int bytes) {
        if (bytes < MIN_FRAME_BYTES || bytes > maxFrameBytes) {
            throw new InvalidRequestException(
                    "a request is %d to %d bytes long, this one says %d"
                            .formatted(MIN_FRAME_BYTES, maxFrameBytes, bytes));
        }
        return bytes;
    }

    /** Releases everything not handed out. */
    void close() {
        for (ByteBuf in = inputs.poll(); in != null; in = inputs.poll()) {
            in.release();
        }
        if (partial != null) {
            partial.release();
            partial = null;
        }
        if (reserved) {
            reserved = false;
            memory.release(length);
        }
    }
}
