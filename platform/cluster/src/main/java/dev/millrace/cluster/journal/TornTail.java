package dev.millrace.cluster.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts an entry that power loss left half written. Ratis preallocates its open segment with zeros
 * and, finding an entry there whose checksum does not fit, refuses the whole journal. An entry is
 * acknowledged only after its fsync, so one that is torn was never promised to anybody.
 *
 * <pre>
 *   log_inprogress_N   "RaftLog1" | entry | entry | ... | torn entry | 0 0 0 ... to the end
 *   entry              length varint | length bytes | CRC32C of both, 4 bytes
 * </pre>
 *
 * Only the last entry is cut, and only if nothing but zeros follows: damage with entries behind it
 * is not a torn write but a broken disk, and Ratis' refusal is right.
 */
final class TornTail {
    private static final Logger LOG = LoggerFactory.getLogger(TornTail.class);
    private static final String OPEN_SEGMENT = "log_inprogress_";
    private static final int HEADER_BYTES = 8;
    private static final int CHECKSUM_BYTES = 4;

    /** The first byte of an entry: protobuf field 1, a number. */
    private static final byte TERM_FIELD = 8;

    private TornTail() {}

    /**
     * @param journal the folder that holds the group's folder; may be new
     */
    static void cut(Path journal) throws IOException {
        List<Path> segments;
        try (Stream<Path> files = Files.walk(journal)) {
            segments =
                    files.filter(file -> file.getFileName().toString().startsWith(OPEN_SEGMENT))
                            .toList();
        }
        for (Path segment : segments) {
            cutSegment(segment);
        }
    }

    private static void cutSegment(Path segment) throws IOException {
        // At most the 8 MB that a segment may have.
        byte[] bytes = Files.readAllBytes(segment);
        int dataEnd = endOfData(bytes);
        int position = HEADER_BYTES;
        while (position < dataEnd) {
            int next = endOfEntry(bytes, position);
            if (next < 0) {
                break;
            }
            position = next;
        }
        if (position >= dataEnd || hasEntryBehind(bytes, position, dataEnd)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            channel.truncate(position);
            channel.force(true);
        }
        LOG.warn(
                "Cut a half-written entry of {} bytes from the end of {}; it was never acknowledged",
                dataEnd - position,
                segment);
    }

    private static int endOfData(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    /** A sound entry somewhere behind means that the one at {@code damaged} was complete once. */
    private static boolean hasEntryBehind(byte[] bytes, int damaged, int dataEnd) {
        for (int position = damaged + 1; position < dataEnd; position++) {
            if (bytes[position] != 0 && endOfEntry(bytes, position) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Where the sound entry at {@code position} ends; -1 if there is none. */
    private static int endOfEntry(byte[] bytes, int position) {
        long length = 0;
        int at = position;
        for (int shift = 0; shift <= 28; shift += 7) {
            if (at >= bytes.length) {
                return -1;
            }
            int next = bytes[at++];
            length |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                break;
            }
        }
        long checksumAt = at + length;
        if (length == 0 || checksumAt + CHECKSUM_BYTES > bytes.length || bytes[at] != TERM_FIELD) {
            return -1;
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes, position, (int) checksumAt - position);
        return ByteBuffer.wrap(bytes).getInt((int) checksumAt) == (int) crc.getValue()
                ? (int) checksumAt + CHECKSUM_BYTES
                : -1;
    }
}
