package dev.millrace.broker;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Brings a part of a file into the operating system's page cache, so that an event loop can send it
 * without waiting for the disk. The kernel "sends" the pages to the null device, which copies
 * nothing (KAFKA-7504).
 */
final class PageCache {
    private static final @Nullable FileChannel NULL_DEVICE = openNullDevice();

    private PageCache() {}

    private static @Nullable FileChannel openNullDevice() {
        Path device = Path.of("/dev/null");
        try {
            return Files.exists(device) ? FileChannel.open(device, StandardOpenOption.WRITE) : null;
        } catch (IOException e) {
            // Only an optimisation: without it the loop may wait for the disk.
            return null;
        }
    }

    /** Blocks until the bytes are in memory. No effect on systems without {@code /dev/null}. */
    static void load(FileChannel file, long position, int lengthBytes) throws IOException {
        if (NULL_DEVICE == null) {
            return;
        }
        long done = 0;
        while (done < lengthBytes) {
            long n = file.transferTo(position + done, lengthBytes - done, NULL_DEVICE);
            if (n <= 0) {
                return;
            }
            done += n;
        }
    }
}
