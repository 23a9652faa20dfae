package dev.millrace.wire;

import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A part of a segment file. Netty's own region closes the file; a segment outlives its readers.
 *
 * <p>{@code sendfile} moves the pages of the page cache to the socket one by one, which costs the
 * sender least, but a receiver on the same machine more than it saves. Where that matters, the
 * bytes go through a buffer that is small enough to stay in the processor's cache.
 */
final class FileSlice extends AbstractReferenceCounted implements FileRegion {
    /** No larger than what a socket takes at once: the rest would be read again. */
    private static final int BUFFER_BYTES = 128 << 10;

    private static final FastThreadLocal<ByteBuffer> BUFFER =
            new FastThreadLocal<>() {
                @Override
                protected ByteBuffer initialValue() {
                    return ByteBuffer.allocateDirect(BUFFER_BYTES);
                }
            };

    private final FileChannel channel;
    private final long position;
    private final int lengthBytes;
    private final boolean sendfile;
    private long transferred;

    FileSlice(FileChannel channel, long position, int lengthBytes, boolean sendfile) {
        this.sendfile = sendfile;
        this.channel = channel;
        this.position = position;
        this.lengthBytes = lengthBytes;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    @Deprecated
    public long transfered() {
        return transferred;
    }

    @Override
    public long transferred() {
        return transferred;
    }

    @Override
    public long count() {
        return lengthBytes;
    }

    @Override
    public long transferTo(WritableByteChannel target, long from) throws IOException {
        long left = lengthBytes - from;
        if (left <= 0) {
            return 0;
        }
        long sent = sendfile ? move(target, from, left) : copy(target, from, left);
        transferred += sent;
        return sent;
    }

    private long move(WritableByteChannel target, long from, long left) throws IOException {
        long sent = channel.transferTo(position + from, left, target);
        if (sent == 0 && channel.size() < position + lengthBytes) {
            // Without this check a truncated file would spin the event loop.
            throw truncated();
        }
        return sent;
    }

    private long copy(WritableByteChannel target, long from, long left) throws IOException {
        ByteBuffer buffer = BUFFER.get();
        buffer.clear().limit((int) Math.min(left, BUFFER_BYTES));
        if (channel.read(buffer, position + from) <= 0) {
            throw truncated();
        }
        return target.write(buffer.flip());
    }

    private IOException truncated() throws IOException {
        return new IOException(
                "segment ends at %d, before %d".formatted(channel.size(), position + lengthBytes));
    }

    @Override
    protected void deallocate() {
        // The segment owns its channel.
    }

    @Override
    public FileRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public FileRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public FileRegion touch() {
        return this;
    }

    @Override
    public FileRegion touch(Object hint) {
        return this;
    }
}
