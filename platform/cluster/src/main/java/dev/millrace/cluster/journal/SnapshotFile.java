package dev.millrace.cluster.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A state on disk: the records that rebuild it.
 *
 * <pre>
 *   +--------+----------+--------------------+-----------------+--------+----+------------------+
 *   | "MRMS" | format 1 | version unsigned   | count unsigned  | record | .. | CRC32C, 4 bytes, |
 *   | 4 byte | byte     | (of the state)     |                 |        |    | of all before    |
 *   +--------+----------+--------------------+-----------------+--------+----+------------------+
 * </pre>
 *
 * It appears under its name complete and synced, or not at all.
 */
final class SnapshotFile {
    private static final byte[] MAGIC = {'M', 'R', 'M', 'S'};
    private static final int FORMAT = 1;

    private SnapshotFile() {}

    static void write(Path file, MetadataState state) throws IOException {
        BinaryWriter out = new BinaryWriter().writeBytes(MAGIC).writeByte(FORMAT);
        out.writeUnsigned(state.version());
        out.writeList(state.toRecords(), RecordCodec::write);
        byte[] content = out.toBytes();
        ByteBuffer bytes = ByteBuffer.allocate(content.length + Integer.BYTES);
        bytes.put(content).putInt(checksum(content, content.length)).flip();

        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        try (FileChannel channel =
                FileChannel.open(
                        temporary,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(
                temporary,
                file,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel directory =
                FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /**
     * @throws IOException if it cannot be read, or its bytes are not those that were written
     */
    static MetadataState read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes.length - Integer.BYTES;
        if (length < MAGIC.length
                || ByteBuffer.wrap(bytes).getInt() != ByteBuffer.wrap(MAGIC).getInt()
                || ByteBuffer.wrap(bytes).getInt(length) != checksum(bytes, length)) {
            throw new IOException(
                    "The metadata snapshot "
                            + file
                            + " is damaged: its checksum does not fit. Restore the file from a"
                            + " copy, or this node's journal from another voter.");
        }
        BinaryReader in =
                new BinaryReader(ByteBuffer.wrap(bytes, MAGIC.length, length - MAGIC.length));
        int format = in.readByte();
        if (format != FORMAT) {
            throw new IOException(
                    "The metadata snapshot "
                            + file
                            + " has format "
                            + format
                            + ", this version of Millrace reads format "
                            + FORMAT);
        }
        long version = in.readUnsigned();
        List<MetadataRecord> records = in.readList(RecordCodec::read);
        return MetadataState.EMPTY.at(version).replay(records, version);
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
