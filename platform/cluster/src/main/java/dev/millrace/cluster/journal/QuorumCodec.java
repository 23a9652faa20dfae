package dev.millrace.cluster.journal;

import dev.millrace.cluster.QuorumState;
import dev.millrace.cluster.QuorumState.Voter;
import java.nio.ByteBuffer;

/**
 * The question how far the journal's followers are, and its answer. A refusal is {@link
 * RequestCodec}'s.
 *
 * <pre>
 *   question  255:byte
 *   answer    0:byte  leaderId leaderEpoch highWatermark: signed  voters:list  observers:list
 *   voter     nodeId:signed host:string port logEndOffset lastFetchMs lastCaughtUpMs: signed
 * </pre>
 */
final class QuorumCodec {
    private static final int QUESTION = 255;
    private static final int ANSWER = 0;

    private QuorumCodec() {}

    static byte[] question() {
        return new BinaryWriter().writeByte(QUESTION).toBytes();
    }

    static boolean isQuestion(ByteBuffer bytes) {
        return bytes.remaining() == 1 && (bytes.get(bytes.position()) & 0xFF) == QUESTION;
    }

    static byte[] toBytes(QuorumState state) {
        BinaryWriter out = new BinaryWriter().writeByte(ANSWER);
        out.writeSigned(state.leaderId()).writeSigned(state.leaderEpoch());
        out.writeSigned(state.highWatermark());
        out.writeList(state.voters(), QuorumCodec::writeVoter);
        out.writeList(state.observers(), QuorumCodec::writeVoter);
        return out.toBytes();
    }

    /**
     * @throws org.apache.kafka.common.errors.ApiException what the leader refused with
     */
    static QuorumState state(ByteBuffer bytes) {
        BinaryReader in = new BinaryReader(bytes.duplicate());
        if (in.readByte() != ANSWER) {
            throw RequestCodec.refusal(in);
        }
        return new QuorumState(
                in.readInt(),
                in.readInt(),
                in.readSigned(),
                in.readList(QuorumCodec::readVoter),
                in.readList(QuorumCodec::readVoter));
    }

    private static void writeVoter(BinaryWriter out, Voter voter) {
        out.writeSigned(voter.nodeId()).writeString(voter.host()).writeSigned(voter.port());
        out.writeSigned(voter.logEndOffset()).writeSigned(voter.lastFetchMs());
        out.writeSigned(voter.lastCaughtUpMs());
    }

    private static Voter readVoter(BinaryReader in) {
        return new Voter(
                in.readInt(),
                in.readString(),
                in.readInt(),
                in.readSigned(),
                in.readSigned(),
                in.readSigned());
    }
}
