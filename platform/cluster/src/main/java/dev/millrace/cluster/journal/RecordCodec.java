package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.MetadataRecord.BrokerRegistered;
import dev.millrace.cluster.journal.MetadataRecord.BrokerStateChanged;
import dev.millrace.cluster.journal.MetadataRecord.BrokerUnregistered;
import dev.millrace.cluster.journal.MetadataRecord.ClusterFormatted;
import dev.millrace.cluster.journal.MetadataRecord.ConfigsChanged;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsAdded;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsChanged;
import dev.millrace.cluster.journal.MetadataRecord.ProducerIdsAllocated;
import dev.millrace.cluster.journal.MetadataRecord.SettingRecord;
import dev.millrace.cluster.journal.MetadataRecord.TopicCreated;
import dev.millrace.cluster.journal.MetadataRecord.TopicDeleted;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/**
 * The bytes of one journal record.
 *
 * <pre>
 *   +----------+-------------+--------------+----------------+
 *   | type     | version     | length       | body           |
 *   | unsigned | unsigned    | unsigned     | length bytes   |
 *   +----------+-------------+--------------+----------------+
 *
 *   1 ClusterFormatted      clusterId:string
 *   2 BrokerRegistered      nodeId:signed epoch:signed host:string port:signed rack:string fenced:byte
 *                           from version 1: features:list(feature:string min:signed max:signed)
 *                           from version 2: peerHost:string peerPort:signed incarnationId:uuid shuttingDown:byte
 *   3 TopicCreated          name:string id:uuid partitions:list configs:list(key:string value:string)
 *   4 TopicDeleted          id:uuid
 *   5 PartitionsAdded       topicId:uuid partitions:list
 *   6 ConfigsChanged        resourceType:signed resource:string changes:list(key:string set:byte value:string?)
 *   7 ProducerIdsAllocated  next:unsigned
 *   8 BrokerUnregistered    nodeId:signed
 *   9 to 12                 {@link SettingCodec}
 *  13 BrokerStateChanged    nodeId:signed fenced:byte shuttingDown:byte
 *  14 PartitionsChanged     topicId:uuid partitions:list
 *
 *   partition               index leader leaderEpoch partitionEpoch: signed, replicas isr: list(signed)
 *                           not in version 0 of types 3 and 5: elr lastKnownElr adding removing: list(signed)
 * </pre>
 *
 * Why not JSON: no library is loaded on the way to a ready node, and 10,000 topics replay in tens
 * of milliseconds. How it grows: a new field goes to the end of a body together with a version one
 * higher, and readers give it a default below that version. A type or version that is not known is
 * refused rather than skipped, since a node that skips a fact no longer agrees with the others.
 */
final class RecordCodec {
    private static final int BROKER_REGISTERED = 2;
    private static final int TOPIC_CREATED = 3;
    private static final int PARTITIONS_ADDED = 5;
    private static final int BROKER_STATE_CHANGED = 13;
    private static final int PARTITIONS_CHANGED = 14;

    private RecordCodec() {}

    static void write(BinaryWriter out, MetadataRecord record) {
        BinaryWriter body = new BinaryWriter();
        int type = writeBody(body, record);
        out.writeUnsigned(type).writeUnsigned(version(type)).writeUnsigned(body.size());
        out.writeBytes(body.toBytes());
    }

    /** The newest of each type: what is written, and the last that can be read. */
    private static int version(int type) {
        return switch (type) {
            case BROKER_REGISTERED -> 2;
            case TOPIC_CREATED, PARTITIONS_ADDED -> 1;
            default -> 0;
        };
    }

    private static int writeBody(BinaryWriter body, MetadataRecord record) {
        if (record instanceof ClusterFormatted r) {
            body.writeString(r.clusterId());
            return 1;
        }
        if (record instanceof BrokerRegistered r) {
            body.writeSigned(r.nodeId()).writeSigned(r.brokerEpoch()).writeString(r.host());
            body.writeSigned(r.port()).writeString(r.rack()).writeByte(r.fenced() ? 1 : 0);
            SettingCodec.writeFeatures(body, r.features());
            body.writeString(r.peerHost()).writeSigned(r.peerPort()).writeUuid(r.incarnationId());
            body.writeByte(r.shuttingDown() ? 1 : 0);
            return BROKER_REGISTERED;
        }
        if (record instanceof BrokerStateChanged r) {
            body.writeSigned(r.nodeId()).writeByte(r.fenced() ? 1 : 0);
            body.writeByte(r.shuttingDown() ? 1 : 0);
            return BROKER_STATE_CHANGED;
        }
        if (record instanceof PartitionsChanged r) {
            body.writeUuid(r.topicId()).writeList(r.partitions(), RecordCodec::writePartition);
            return PARTITIONS_CHANGED;
        }
        if (record instanceof TopicCreated r) {
            body.writeString(r.name()).writeUuid(r.id());
            body.writeList(r.partitions(), RecordCodec::writePartition);
            writeConfigs(body, r.configs());
            return TOPIC_CREATED;
        }
        if (record instanceof TopicDeleted r) {
            body.writeUuid(r.id());
            return 4;
        }
        if (record instanceof PartitionsAdded r) {
            body.writeUuid(r.topicId()).writeList(r.partitions(), RecordCodec::writePartition);
            return PARTITIONS_ADDED;
        }
        if (record instanceof ConfigsChanged r) {
            writeResource(body, r.resource());
            writeChanges(body, r.changes());
            return 6;
        }
        if (record instanceof ProducerIdsAllocated r) {
            body.writeUnsigned(r.nextProducerId());
            return 7;
        }
        if (record instanceof BrokerUnregistered r) {
            body.writeSigned(r.nodeId());
            return 8;
        }
        if (record instanceof SettingRecord r) {
            return SettingCodec.writeBody(body, r);
        }
        throw new AssertionError("No bytes defined for " + record.getClass());
    }

    private static void writePartition(BinaryWriter out, Partition partition) {
        out.writeSigned(partition.index())
                .writeSigned(partition.leader())
                .writeSigned(partition.leaderEpoch())
                .writeSigned(partition.partitionEpoch())
                .writeInts(partition.replicas())
                .writeInts(partition.isr())
                .writeInts(partition.elr())
                .writeInts(partition.lastKnownElr())
                .writeInts(partition.adding())
                .writeInts(partition.removing());
    }

    static void writeConfigs(BinaryWriter out, Map<String, String> configs) {
        out.writeList(
                configs.entrySet(),
                (each, config) -> each.writeString(config.getKey()).writeString(config.getValue()));
    }

    static void writeResource(BinaryWriter out, ConfigResource resource) {
        out.writeSigned(resource.type().id()).writeString(resource.name());
    }

    static void writeChanges(BinaryWriter out, Map<String, Optional<String>> changes) {
        out.writeList(
                changes.entrySet(),
                (each, change) -> {
                    each.writeString(change.getKey());
                    each.writeByte(change.getValue().isPresent() ? 1 : 0);
                    change.getValue().ifPresent(each::writeString);
                });
    }

    /**
     * @throws IllegalStateException if the type or version is not known, or the bytes do not fit
     */
    static MetadataRecord read(BinaryReader in) {
        int type = Math.toIntExact(in.readUnsigned());
        long version = in.readUnsigned();
        BinaryReader body = in.readSlice();
        if (type < 1 || type > PARTITIONS_CHANGED || version > version(type)) {
            throw new IllegalStateException(
                    "The journal holds a record of type "
                            + type
                            + " version "
                            + version
                            + ", which this version of Millrace does not know; start the version"
                            + " that wrote it, or a later one");
        }
        MetadataRecord record =
                type < SettingCodec.FIRST_TYPE || type > SettingCodec.LAST_TYPE
                        ? readBody(type, version, body)
                        : SettingCodec.readBody(type, body);
        if (body.remaining() != 0) {
            throw new IllegalStateException(
                    body.remaining() + " bytes too many in a journal record of type " + type);
        }
        return record;
    }

    private static MetadataRecord readBody(int type, long version, BinaryReader body) {
        return switch (type) {
            case 1 -> new ClusterFormatted(body.readString());
            case BROKER_REGISTERED -> readBroker(version, body);
            case TOPIC_CREATED ->
                    new TopicCreated(
                            body.readString(),
                            body.readUuid(),
                            body.readList(in -> readPartition(version, in)),
                            readConfigs(body));
            case 4 -> new TopicDeleted(body.readUuid());
            case PARTITIONS_ADDED ->
                    new PartitionsAdded(
                            body.readUuid(), body.readList(in -> readPartition(version, in)));
            case 6 -> new ConfigsChanged(readResource(body), readChanges(body));
            case 7 -> new ProducerIdsAllocated(body.readUnsigned());
            case 8 -> new BrokerUnregistered(body.readInt());
            case BROKER_STATE_CHANGED ->
                    new BrokerStateChanged(
                            body.readInt(), body.readByte() == 1, body.readByte() == 1);
            case PARTITIONS_CHANGED ->
                    new PartitionsChanged(
                            body.readUuid(), body.readList(in -> readPartition(1, in)));
            default -> throw new AssertionError("No record defined for type " + type);
        };
    }

    private static BrokerRegistered readBroker(long version, BinaryReader in) {
        int nodeId = in.readInt();
        long epoch = in.readSigned();
        String host = in.readString();
        int port = in.readInt();
        String rack = in.readString();
        boolean fenced = in.readByte() == 1;
        Map<String, VersionRange> features = version < 1 ? Map.of() : SettingCodec.readFeatures(in);
        boolean peers = version >= 2;
        return new BrokerRegistered(
                nodeId,
                epoch,
                host,
                port,
                peers ? in.readString() : "",
                peers ? in.readInt() : 0,
                peers ? in.readUuid() : Uuid.ZERO_UUID,
                rack,
                fenced,
                peers && in.readByte() == 1,
                features);
    }

    private static Partition readPartition(long version, BinaryReader in) {
        boolean more = version >= 1;
        return new Partition(
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInts(),
                in.readInts(),
                more ? in.readInts() : List.of(),
                more ? in.readInts() : List.of(),
                more ? in.readInts() : List.of(),
                more ? in.readInts() : List.of());
    }

    static ConfigResource readResource(BinaryReader in) {
        return new ConfigResource(
                ConfigResource.Type.forId((byte) in.readSigned()), in.readString());
    }

    static Map<String, String> readConfigs(BinaryReader in) {
        Map<String, String> configs = new LinkedHashMap<>();
        in.readList(each -> Map.entry(each.readString(), each.readString()))
                .forEach(config -> configs.put(config.getKey(), config.getValue()));
        return configs;
    }

    static Map<String, Optional<String>> readChanges(BinaryReader in) {
        Map<String, Optional<String>> changes = new LinkedHashMap<>();
        in.readList(
                        each ->
                                Map.entry(
                                        each.readString(),
                                        each.readByte() == 1
                                                ? Optional.of(each.readString())
                                                : Optional.<String>empty()))
                .forEach(change -> changes.put(change.getKey(), change.getValue()));
        return changes;
    }
}
