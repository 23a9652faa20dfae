package dev.millrace.wire;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * Reads the body of a request that nobody vouches for. The codec makes an object for each element
 * it reads, dozens of bytes where the frame has one or two: without a limit a frame of a hundred
 * megabytes would take gigabytes of heap. So only so many values are read of one request; the
 * largest that a client has reason to send, for a hundred thousand partitions, has less than half
 * of them.
 *
 * <p>One frame, one thread.
 */
final class RequestReader extends ByteBufferAccessor {
    /** Numbers, strings, lengths and counts of one request. */
    static final int MAX_VALUES = 2_000_000;

    /** Elements of one array, for which the codec reserves room before it reads them. */
    static final int MAX_ELEMENTS = 1_000_000;

    private final boolean copying;
    private int values;

    private RequestReader(ByteBuffer bytes, boolean copying) {
        super(bytes);
        this.copying = copying;
    }

    /** For requests that outlive their frame: what the codec would slice is copied. */
    static RequestReader copying(ByteBuffer bytes) {
        return new RequestReader(bytes, true);
    }

    /** Records are slices of the frame, which must be kept as long as they are used. */
    static RequestReader slicing(ByteBuffer bytes) {
        return new RequestReader(bytes, false);
    }

    private void count() {
        if (++values > MAX_VALUES) {
            throw new InvalidRequestException(
                    "a request has at most %d values, this one has more".formatted(MAX_VALUES));
        }
    }

    /** The codec asks before it makes room for an array, and refuses one that is longer. */
    @Override
    public int remaining() {
        return Math.min(super.remaining(), MAX_ELEMENTS);
    }

    @Override
    public byte readByte() {
        count();
        return super.readByte();
    }

    @Override
    public short readShort() {
        count();
        return super.readShort();
    }

    @Override
    public int readInt() {
        count();
        return super.readInt();
    }

    @Override
    public long readLong() {
        count();
        return super.readLong();
    }

    @Override
    public int readUnsignedVarint() {
        count();
        return super.readUnsignedVarint();
    }

    @Override
    public ByteBuffer readByteBuffer(int length) {
        return copying ? ByteBuffer.wrap(readArray(length)) : super.readByteBuffer(length);
    }
}
