package dev.millrace.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Small files that are replaced as a whole: after a crash there is the old content or the new. */
public final class AtomicFile {
    public static final String TMP_SUFFIX = ".tmp";

    private static final int MAX_BYTES = 256 << 20;

    private AtomicFile() {}

    /** Durable when this returns. */
    public static void write(Disk disk, Path file, ByteBuffer content) throws IOException {
        Path tmp = file.resolveSibling(file.getFileName() + TMP_SUFFIX);
        try (DiskFile out = disk.open(tmp)) {
            out.truncate(0);
            out.write(content, 0);
            out.force();
        }
        disk.rename(tmp, file);
        Path directory = file.getParent();
        if (directory != null) {
            disk.syncDirectory(directory);
        }
    }

    public static void write(Disk disk, Path file, String content) throws IOException {
        write(disk, file, ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
    }

    /** The whole content, or null if there is no such file. */
    public static @Nullable ByteBuffer read(Disk disk, Path file) throws IOException {
        if (!disk.exists(file)) {
            return null;
        }
        try (DiskFile in = disk.open(file)) {
            long size = in.size();
            if (size > MAX_BYTES) {
                throw new IOException(
                        file + " has " + size + " bytes; at most " + MAX_BYTES + " make sense");
            }
            ByteBuffer content = ByteBuffer.allocate((int) size);
            in.read(content, 0);
            return content.flip();
        }
    }

    public static @Nullable String readText(Disk disk, Path file) throws IOException {
        ByteBuffer content = read(disk, file);
        return content == null ? null : StandardCharsets.UTF_8.decode(content).toString();
    }
}
