package dev.millrace.log.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/** An open file, without a position of its own. Thread-safe. */
public interface DiskFile extends Closeable {
    long size() throws IOException;

    /** Writes all of {@code source}, position to limit, and leaves its position at the limit. */
    void write(ByteBuffer source, long position) throws IOException;

    /** Reads until {@code target} is full or the file ends; the number of bytes read. */
    int read(ByteBuffer target, long position) throws IOException;

    void truncate(long size) throws IOException;

    /** Grows the file to {@code size} with zeros; no effect if it is as large. */
    void extend(long size) throws IOException;

    /**
     * Makes content and size durable. After a failure nobody knows what is on the disk, so it must
     * not be tried again: the file has to be recovered.
     */
    void force() throws IOException;

    /** For sending without a copy; null where there is no real file. */
    @Nullable FileChannel channel();
}
