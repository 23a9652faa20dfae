package dev.millrace.cluster.journal;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * What one Raft log entry holds: the records of one batch of decisions, and the state they were
 * decided on. Replicas apply it only if their state is still that one; a leader that was deposed
 * between deciding and appending thus changes nothing.
 *
 * <pre>
 *   +------+----------+------------------+-----------------+---------+---------+----
 *   | 'M'  | format 1 | basedOn unsigned | count unsigned  | record  | record  | ...
 *   | byte | byte     |                  |                 |         |         |
 *   +------+----------+------------------+-----------------+---------+---------+----
 * </pre>
 *
 * Raft's own framing checks the bytes (CRC32C per entry), so there is no checksum here.
 *
 * @param basedOn {@link MetadataState#version()} at the decision
 */
record JournalEntry(long basedOn, List<MetadataRecord> records) {
    private static final int MAGIC = 'M';
    private static final int FORMAT = 1;

    byte[] toBytes() {
        return new BinaryWriter()
                .writeByte(MAGIC)
                .writeByte(FORMAT)
                .writeUnsigned(basedOn)
                .writeList(records, RecordCodec::write)
                .toBytes();
    }

    /**
     * @throws IllegalStateException if these are not the bytes of an entry this version can read
     */
    static JournalEntry fromBytes(ByteBuffer bytes) {
        BinaryReader in = new BinaryReader(bytes);
        int magic = in.readByte();
        int format = in.readByte();
        if (magic != MAGIC || format != FORMAT) {
            throw new IllegalStateException(
                    "Not a journal entry of this version of Millrace: it begins with "
                            + magic
                            + ", "
                            + format
                            + ", expected "
                            + MAGIC
                            + ", "
                            + FORMAT);
        }
        return new JournalEntry(in.readUnsigned(), in.readList(RecordCodec::read));
    }
}
