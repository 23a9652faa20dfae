package dev.millrace.cluster.journal;

import dev.millrace.cluster.SupportedFeatures;
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
 *   +------+----------+------------------+------------------+-----------------+---------+----
 *   | 'M'  | format 2 | clusterId string | basedOn unsigned | count unsigned  | record  | ...
 *   +------+----------+------------------+------------------+-----------------+---------+----
 * </pre>
 *
 * Format 2 is written from level 2 of {@code millrace.journal.version} on. Raft tells journals
 * apart by a name that is made of where their founders listen, which another cluster's may do as
 * well. Raft's own framing checks the bytes (CRC32C per entry), so there is no checksum here.
 *
 * @param clusterId of the journal that it belongs to; empty in format 1
 * @param basedOn {@link MetadataState#version()} at the decision
 */
record JournalEntry(String clusterId, long basedOn, List<MetadataRecord> records) {
    private static final int MAGIC = 'M';
    private static final int NAMELESS = 1;
    private static final int WITH_CLUSTER_ID = 2;

    /** What was decided on that state, in the format that its cluster has agreed on. */
    static JournalEntry on(MetadataState state, List<MetadataRecord> records) {
        short level = state.settings().features().level(SupportedFeatures.JOURNAL_VERSION);
        return new JournalEntry(
                level >= SupportedFeatures.JOURNAL_NAMES_CLUSTER ? state.clusterId() : "",
                state.version(),
                records);
    }

    byte[] toBytes() {
        BinaryWriter out = new BinaryWriter().writeByte(MAGIC);
        if (clusterId.isEmpty()) {
            out.writeByte(NAMELESS);
        } else {
            out.writeByte(WITH_CLUSTER_ID).writeString(clusterId);
        }
        return out.writeUnsigned(basedOn).writeList(records, RecordCodec::write).toBytes();
    }

    /**
     * @throws IllegalStateException if these are not the bytes of an entry this version can read
     */
    static JournalEntry fromBytes(ByteBuffer bytes) {
        BinaryReader in = new BinaryReader(bytes);
        int magic = in.readByte();
        int format = in.readByte();
        if (magic != MAGIC || format < NAMELESS || format > WITH_CLUSTER_ID) {
            throw new IllegalStateException(
                    "Not a journal entry of this version of Millrace: it begins with "
                            + magic
                            + ", "
                            + format
                            + ", expected "
                            + MAGIC
                            + ", "
                            + NAMELESS
                            + " or "
                            + WITH_CLUSTER_ID
                            + "; start the version that wrote it, or a later one");
        }
        return new JournalEntry(
                format == WITH_CLUSTER_ID ? in.readString() : "",
                in.readUnsigned(),
                in.readList(RecordCodec::read));
    }

    /**
     * @throws IllegalStateException it was written for another cluster than the state's
     */
    void requireFor(MetadataState state) {
        if (!clusterId.isEmpty()
                && !state.clusterId().isEmpty()
                && !clusterId.equals(state.clusterId())) {
            throw new IllegalStateException(
                    "nodes of cluster "
                            + clusterId
                            + " write to this journal, which is of cluster "
                            + state.clusterId()
                            + ": they reach this node where one of their own has listened; give"
                            + " each cluster addresses of its own");
        }
    }
}
