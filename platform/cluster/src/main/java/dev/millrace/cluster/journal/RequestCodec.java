package dev.millrace.cluster.journal;

import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.journal.MetadataRequest.AllocateProducerIds;
import dev.millrace.cluster.journal.MetadataRequest.AlterClientQuotas;
import dev.millrace.cluster.journal.MetadataRequest.AlterConfigs;
import dev.millrace.cluster.journal.MetadataRequest.AlterScramCredentials;
import dev.millrace.cluster.journal.MetadataRequest.CreatePartitions;
import dev.millrace.cluster.journal.MetadataRequest.CreateTopic;
import dev.millrace.cluster.journal.MetadataRequest.DeleteTopic;
import dev.millrace.cluster.journal.MetadataRequest.FormatCluster;
import dev.millrace.cluster.journal.MetadataRequest.RegisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.UpdateFeatures;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;

/**
 * Requests and their answers on the way between a node and the leader. Nothing here is stored;
 * nodes of different versions meet only while one is being replaced, and then refuse what they do
 * not know.
 *
 * <pre>
 *   request   type:byte  fields
 *   granted   0:byte  version:unsigned  reply:unsigned
 *   refused   1:byte  error code:signed  message:string
 * </pre>
 */
final class RequestCodec {
    private static final int GRANTED = 0;
    private static final int REFUSED = 1;

    private RequestCodec() {}

    static byte[] toBytes(MetadataRequest request) {
        BinaryWriter out = new BinaryWriter();
        if (request instanceof FormatCluster r) {
            out.writeByte(1).writeString(r.clusterId());
        } else if (request instanceof RegisterBroker r) {
            BrokerStart start = r.start();
            out.writeByte(2).writeSigned(r.nodeId()).writeUuid(r.incarnationId());
            out.writeString(start.host()).writeSigned(start.port());
            out.writeString(start.peerHost()).writeSigned(start.peerPort());
            out.writeString(start.rack()).writeSigned(start.previousEpoch());
            out.writeByte(r.fenced() ? 1 : 0);
            SettingCodec.writeFeatures(out, r.features());
        } else if (request instanceof CreateTopic r) {
            out.writeByte(3).writeString(r.name()).writeUuid(r.id());
            out.writeSigned(r.partitions()).writeSigned(r.replicationFactor());
            out.writeList(
                    r.assignment().entrySet(),
                    (o, each) -> o.writeSigned(each.getKey()).writeInts(each.getValue()));
            RecordCodec.writeConfigs(out, r.configs());
        } else if (request instanceof DeleteTopic r) {
            out.writeByte(4).writeUuid(r.id());
        } else if (request instanceof CreatePartitions r) {
            out.writeByte(5).writeString(r.topic()).writeSigned(r.totalPartitions());
            out.writeList(r.assignment(), BinaryWriter::writeInts);
        } else if (request instanceof AlterConfigs r) {
            out.writeByte(6);
            RecordCodec.writeResource(out, r.resource());
            RecordCodec.writeChanges(out, r.changes());
            RecordCodec.writeChanges(out, r.expected());
        } else if (request instanceof AllocateProducerIds r) {
            out.writeByte(7).writeSigned(r.size());
        } else if (request instanceof UnregisterBroker r) {
            out.writeByte(8).writeSigned(r.nodeId());
        } else if (request instanceof UpdateFeatures r) {
            out.writeByte(9).writeByte(r.validateOnly() ? 1 : 0);
            out.writeList(
                    r.updates().entrySet(),
                    (o, each) ->
                            o.writeString(each.getKey())
                                    .writeSigned(each.getValue().maxVersionLevel())
                                    .writeByte(each.getValue().upgradeType().code()));
        } else if (request instanceof AlterClientQuotas r) {
            out.writeByte(10);
            SettingCodec.writeEntity(out, r.entity());
            SettingCodec.writeQuotas(out, r.changes());
        } else if (request instanceof AlterScramCredentials r) {
            out.writeByte(11).writeString(r.user());
            out.writeList(
                    r.changes().entrySet(),
                    (o, each) -> {
                        o.writeByte(each.getKey().type());
                        o.writeByte(each.getValue().isPresent() ? 1 : 0);
                        each.getValue().ifPresent(c -> SettingCodec.writeCredential(o, c));
                    });
        } else {
            ReplicaRequestCodec.write(out, request);
        }
        return out.toBytes();
    }

    /**
     * @throws IllegalStateException if this version does not know the request
     */
    static MetadataRequest request(ByteBuffer bytes) {
        BinaryReader in = new BinaryReader(bytes);
        int type = in.readByte();
        return switch (type) {
            case 1 -> new FormatCluster(in.readString());
            case 2 ->
                    new RegisterBroker(
                            in.readInt(),
                            in.readUuid(),
                            new BrokerStart(
                                    in.readString(),
                                    in.readInt(),
                                    in.readString(),
                                    in.readInt(),
                                    in.readString(),
                                    in.readSigned()),
                            in.readByte() == 1,
                            SettingCodec.readFeatures(in));
            case 3 ->
                    new CreateTopic(
                            in.readString(),
                            in.readUuid(),
                            in.readInt(),
                            in.readInt(),
                            readAssignment(in),
                            RecordCodec.readConfigs(in));
            case 4 -> new DeleteTopic(in.readUuid());
            case 5 ->
                    new CreatePartitions(
                            in.readString(), in.readInt(), in.readList(BinaryReader::readInts));
            case 6 ->
                    new AlterConfigs(
                            RecordCodec.readResource(in),
                            RecordCodec.readChanges(in),
                            RecordCodec.readChanges(in));
            case 7 -> new AllocateProducerIds(in.readInt());
            case 8 -> new UnregisterBroker(in.readInt());
            case 9 -> {
                boolean validateOnly = in.readByte() == 1;
                yield new UpdateFeatures(readFeatureUpdates(in), validateOnly);
            }
            case 10 ->
                    new AlterClientQuotas(SettingCodec.readEntity(in), SettingCodec.readQuotas(in));
            case 11 -> new AlterScramCredentials(in.readString(), readCredentials(in));
            default -> ReplicaRequestCodec.read(type, in);
        };
    }

    private static Map<Integer, List<Integer>> readAssignment(BinaryReader in) {
        Map<Integer, List<Integer>> assignment = new LinkedHashMap<>();
        in.readList(each -> Map.entry(each.readInt(), each.readInts()))
                .forEach(each -> assignment.put(each.getKey(), each.getValue()));
        return assignment;
    }

    private static Map<String, FeatureUpdate> readFeatureUpdates(BinaryReader in) {
        Map<String, FeatureUpdate> updates = new LinkedHashMap<>();
        in.readList(
                        each ->
                                Map.entry(
                                        each.readString(),
                                        new FeatureUpdate(
                                                (short) each.readInt(),
                                                FeatureUpdate.UpgradeType.fromCode(
                                                        each.readByte()))))
                .forEach(update -> updates.put(update.getKey(), update.getValue()));
        return updates;
    }

    private static Map<ScramMechanism, Optional<ScramCredential>> readCredentials(BinaryReader in) {
        Map<ScramMechanism, Optional<ScramCredential>> changes = new LinkedHashMap<>();
        in.readList(
                        each ->
                                Map.entry(
                                        SettingCodec.readMechanism(each),
                                        each.readByte() == 1
                                                ? Optional.of(SettingCodec.readCredential(each))
                                                : Optional.<ScramCredential>empty()))
                .forEach(change -> changes.put(change.getKey(), change.getValue()));
        return changes;
    }

    static byte[] granted(Outcome outcome) {
        return new BinaryWriter()
                .writeByte(GRANTED)
                .writeUnsigned(outcome.version())
                .writeUnsigned(outcome.reply())
                .toBytes();
    }

    static byte[] refused(Throwable error) {
        Throwable cause =
                error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        return new BinaryWriter()
                .writeByte(REFUSED)
                .writeSigned(Errors.forException(cause).code())
                .writeString(String.valueOf(cause.getMessage()))
                .toBytes();
    }

    /**
     * @throws ApiException what the leader refused with
     */
    static Outcome outcome(ByteBuffer bytes) {
        BinaryReader in = new BinaryReader(bytes);
        if (in.readByte() == GRANTED) {
            return new Outcome(in.readUnsigned(), in.readUnsigned());
        }
        throw refusal(in);
    }

    /** After the first byte. */
    static ApiException refusal(BinaryReader in) {
        Errors error = Errors.forCode((short) in.readSigned());
        return error.exception(in.readString());
    }
}
