package dev.millrace.cluster.journal;

import dev.millrace.cluster.BrokerSession.Replica;
import dev.millrace.cluster.journal.MetadataRequest.AlterPartition;
import dev.millrace.cluster.journal.MetadataRequest.BrokerHeartbeat;
import dev.millrace.cluster.journal.MetadataRequest.ElectLeader;
import dev.millrace.cluster.journal.MetadataRequest.FenceBroker;
import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import dev.millrace.cluster.journal.MetadataRequest.ReassignPartition;
import dev.millrace.cluster.journal.MetadataRequest.RebalanceLeaders;
import dev.millrace.cluster.journal.MetadataRequest.ReplicasOffline;
import dev.millrace.cluster.journal.MetadataRequest.SettlePartitions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.ElectionType;

/** The requests of {@link RequestCodec} that are about brokers' lives and their replicas. */
final class ReplicaRequestCodec {
    private static final int HEARTBEAT = 12;
    private static final int FENCE = 13;
    private static final int OFFLINE = 14;
    private static final int ALTER_PARTITION = 15;
    private static final int ELECT = 16;
    private static final int SETTLE = 17;
    private static final int REBALANCE = 18;
    private static final int REASSIGN = 19;
    private static final int JOIN = 20;

    private ReplicaRequestCodec() {}

    static void write(BinaryWriter out, MetadataRequest request) {
        if (request instanceof BrokerHeartbeat r) {
            out.writeByte(HEARTBEAT).writeSigned(r.nodeId()).writeSigned(r.brokerEpoch());
            out.writeSigned(r.caughtUpVersion());
            out.writeByte(r.wantFence() ? 1 : 0).writeByte(r.wantShutdown() ? 1 : 0);
        } else if (request instanceof FenceBroker r) {
            out.writeByte(FENCE).writeSigned(r.nodeId()).writeSigned(r.brokerEpoch());
        } else if (request instanceof ReplicasOffline r) {
            out.writeByte(OFFLINE).writeSigned(r.nodeId()).writeSigned(r.brokerEpoch());
            out.writeList(
                    r.replicas(),
                    (o, each) -> o.writeUuid(each.topicId()).writeSigned(each.partition()));
        } else if (request instanceof AlterPartition r) {
            out.writeByte(ALTER_PARTITION).writeSigned(r.nodeId()).writeSigned(r.brokerEpoch());
            out.writeUuid(r.topicId()).writeSigned(r.partition());
            out.writeSigned(r.leaderEpoch()).writeSigned(r.partitionEpoch());
            out.writeList(
                    r.isr().entrySet(),
                    (o, each) -> o.writeSigned(each.getKey()).writeSigned(each.getValue()));
        } else if (request instanceof ElectLeader r) {
            out.writeByte(ELECT).writeString(r.topic()).writeSigned(r.partition());
            out.writeByte(r.type().value);
        } else if (request instanceof SettlePartitions) {
            out.writeByte(SETTLE);
        } else if (request instanceof RebalanceLeaders) {
            out.writeByte(REBALANCE);
        } else if (request instanceof ReassignPartition r) {
            out.writeByte(REASSIGN).writeString(r.topic()).writeSigned(r.partition());
            out.writeByte(r.replicas().isPresent() ? 1 : 0);
            r.replicas().ifPresent(out::writeInts);
            out.writeByte(r.replicationFactorMayChange() ? 1 : 0);
        } else if (request instanceof JoinJournal r) {
            out.writeByte(JOIN).writeSigned(r.nodeId()).writeString(r.clusterId());
            out.writeString(r.journalId()).writeString(r.host()).writeSigned(r.port());
            SettingCodec.writeFeatures(out, r.features());
        } else {
            throw new AssertionError("No bytes defined for " + request.getClass());
        }
    }

    /**
     * @throws IllegalStateException if this version does not know the type
     */
    static MetadataRequest read(int type, BinaryReader in) {
        return switch (type) {
            case HEARTBEAT ->
                    new BrokerHeartbeat(
                            in.readInt(),
                            in.readSigned(),
                            in.readSigned(),
                            in.readByte() == 1,
                            in.readByte() == 1);
            case FENCE -> new FenceBroker(in.readInt(), in.readSigned());
            case OFFLINE ->
                    new ReplicasOffline(
                            in.readInt(),
                            in.readSigned(),
                            in.readList(each -> new Replica(each.readUuid(), each.readInt())));
            case ALTER_PARTITION ->
                    new AlterPartition(
                            in.readInt(),
                            in.readSigned(),
                            in.readUuid(),
                            in.readInt(),
                            in.readInt(),
                            in.readInt(),
                            readIsr(in));
            case ELECT ->
                    new ElectLeader(
                            in.readString(),
                            in.readInt(),
                            ElectionType.valueOf((byte) in.readByte()));
            case SETTLE -> new SettlePartitions();
            case REBALANCE -> new RebalanceLeaders();
            case REASSIGN ->
                    new ReassignPartition(
                            in.readString(),
                            in.readInt(),
                            in.readByte() == 1
                                    ? Optional.of(in.readInts())
                                    : Optional.<List<Integer>>empty(),
                            in.readByte() == 1);
            case JOIN ->
                    new JoinJournal(
                            in.readInt(),
                            in.readString(),
                            in.readString(),
                            in.readString(),
                            in.readInt(),
                            in.remaining() == 0 ? Map.of() : SettingCodec.readFeatures(in));
            default ->
                    throw new IllegalStateException(
                            "A node asked for a metadata change of type "
                                    + type
                                    + ", which the leader does not know; the leader runs an older"
                                    + " version");
        };
    }

    private static Map<Integer, Long> readIsr(BinaryReader in) {
        Map<Integer, Long> isr = new LinkedHashMap<>();
        in.readList(each -> Map.entry(each.readInt(), each.readSigned()))
                .forEach(each -> isr.put(each.getKey(), each.getValue()));
        return isr;
    }
}
