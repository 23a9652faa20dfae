package dev.millrace.wire;

import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/** A part of a segment file. Netty's own region closes the file; a segment outlives its readers. */
final class FileSlice extends AbstractReferenceCounted implements FileRegion {
    private final FileChannel channel;
    private final long position;
    private final int lengthBytes;
    private long transferred;

    FileSlice(FileChannel channel, long position, int lengthBytes) {
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
        long sent = channel.transferTo(position + from, left, target);
        if (sent == 0 && channel.size() < position + lengthBytes) {
            // Without this check a truncated file would spin the event loop.
            throw new IOException(
                    "segment ends at %d, before %d"
                            .formatted(channel.size(), position + lengthBytes));
        }
        transferred += sent;
        return sent;
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
