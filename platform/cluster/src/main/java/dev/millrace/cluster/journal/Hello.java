package dev.millrace.cluster.journal;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What a node says of its cluster to one that asks before it takes part; a node that is not in any
 * yet is silent. Every member answers, whether or not there is a leader.
 *
 * <pre>
 *   question  254:byte
 *   answer    0:byte  clusterId leaderId: string  members:list
 *   member    id host: string  port:signed  voter:byte
 * </pre>
 *
 * @param clusterId empty before it has been decided
 * @param leaderId {@link JournalPeer#id}, empty while there is none
 * @param members of the journal, as this node knows them
 */
record Hello(String clusterId, String leaderId, List<JournalPeer> members) {
    private static final int QUESTION = 254;
    private static final int ANSWER = 0;

    boolean formed() {
        return !clusterId.isEmpty();
    }

    Optional<JournalPeer> member(String id) {
        return members.stream().filter(each -> each.id().equals(id)).findFirst();
    }

    static byte[] question() {
        return new BinaryWriter().writeByte(QUESTION).toBytes();
    }

    static boolean isQuestion(ByteBuffer bytes) {
        return bytes.remaining() == 1 && (bytes.get(bytes.position()) & 0xFF) == QUESTION;
    }

    byte[] toBytes() {
        BinaryWriter out = new BinaryWriter().writeByte(ANSWER);
        out.writeString(clusterId).writeString(leaderId);
        out.writeList(
                members,
                (each, member) -> {
                    each.writeString(member.id()).writeString(member.host());
                    each.writeSigned(member.port()).writeByte(member.voter() ? 1 : 0);
                });
        return out.toBytes();
    }

    /**
     * @throws IllegalStateException these are not the bytes of an answer
     */
    static Hello fromBytes(ByteBuffer bytes) {
        BinaryReader in = new BinaryReader(bytes.duplicate());
        if (in.readByte() != ANSWER) {
            throw new IllegalStateException("Not an answer of this version of Millrace");
        }
        return new Hello(
                in.readString(),
                in.readString(),
                in.readList(
                        each ->
                                new JournalPeer(
                                        each.readString(),
                                        each.readString(),
                                        each.readInt(),
                                        each.readByte() == 1)));
    }
}
