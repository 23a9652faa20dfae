package dev.millrace.connect.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Complete lines of a growing stream of bytes.
 *
 * <pre>
 * buffer  [ consumed | line \n | partial li..... free ]
 *         0          start              end
 * </pre>
 *
 * A line ends with LF, CR LF or CR. A CR at the end of what has been read waits for the next byte,
 * so that CR LF is one end of line.
 */
final class LineReader {
    private static final int INITIAL_BYTES = 8 * 1024;

    private byte[] buffer = new byte[INITIAL_BYTES];
    private int start;
    private int end;

    /**
     * Reads what is there without waiting for more.
     *
     * @return whether anything was read
     */
    boolean fill(InputStream in) throws IOException {
        if (end == buffer.length) {
            if (start > 0) {
                System.arraycopy(buffer, start, buffer, 0, end - start);
                end -= start;
                start = 0;
            } else {
                if (buffer.length > Integer.MAX_VALUE / 2) {
                    throw new IOException("a line is longer than " + buffer.length + " bytes");
                }
                buffer = Arrays.copyOf(buffer, buffer.length * 2);
            }
        }
        int read = in.read(buffer, end, buffer.length - end);
        if (read <= 0) {
            return false;
        }
        end += read;
        return true;
    }

    /**
     * The next complete line without its end, or null; {@link #lastBytes} tells how long it was.
     */
    @Nullable String next() {
        for (int i = start; i < end; i++) {
            byte b = buffer[i];
            if (b != '\n' && b != '\r') {
                continue;
            }
            int after = i + 1;
            if (b == '\r') {
                if (after == end) {
                    return null;
                }
                if (buffer[after] == '\n') {
                    after++;
                }
            }
            String line = new String(buffer, start, i - start, StandardCharsets.UTF_8);
            lastBytes = after - start;
            start = after;
            return line;
        }
        return null;
    }

    private int lastBytes;

    /** Bytes of the line that {@link #next} returned last, with its end. */
    int lastBytes() {
        return lastBytes;
    }
}
