package dev.millrace.broker.group;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of {@code __consumer_offsets}, byte for byte Kafka's, so that its tools and a
 * broker of Apache's read ours and we read theirs. Big-endian; {@code string} is an int16 length
 * with UTF-8 (-1 is null), {@code bytes} an int32 length with bytes.
 *
 * <pre>
 * key      int16 kind
 *   0, 1   offset    group string | topic string | partition int32
 *   2      group     group string
 *   3 - 8, 16        consumer groups, see {@link ConsumerGroupSchema}
 *   other            not ours (share and streams groups of Apache): skipped
 *
 * value    int16 version, of an offset:
 *   0      offset int64                     | metadata string | commit time int64
 *   1      offset int64                     | metadata string | commit time int64 | expiry int64
 *   2      as 0
 *   3      offset int64 | leader epoch int32 | metadata string | commit time int64
 *   4      as 3, with a compact string, then tagged fields: 0 = topic id, 16 bytes
 *
 * value    int16 version, of a group:
 *   0-3    protocol type string | generation int32 | protocol string? | leader string?
 *          | state time int64 (2+) | members int32, each:
 *              id string | instance id string? (3+) | client id string | client host string
 *              | rebalance timeout int32 (1+) | session timeout int32
 *              | subscription bytes | assignment bytes
 *   4      as 3, with compact strings, bytes and arrays, and tagged fields after each struct
 * </pre>
 *
 * A record without a value is a tombstone. We write offset values of version 4 and group values of
 * version 3, as Apache 4.3 does.
 */
final class OffsetsTopic {
    private static final short OFFSET_KEY = 1;
    private static final short GROUP_KEY = 2;
    private static final short OFFSET_VALUE_VERSION = 4;
    private static final short GROUP_VALUE_VERSION = 3;
    private static final short MAX_VALUE_VERSION = 4;
    private static final int TOPIC_ID_TAG = 0;

    private OffsetsTopic() {}

    static byte[] key(GroupRecord record) {
        if (record instanceof ConsumerGroupRecord consumer) {
            return ConsumerGroupSchema.key(consumer);
        }
        SchemaWriter out = new SchemaWriter();
        if (record instanceof GroupRecord.OffsetCommitted offset) {
            return offsetKey(out, offset.groupId(), offset.topic(), offset.partition());
        } else if (record instanceof GroupRecord.OffsetDeleted offset) {
            return offsetKey(out, offset.groupId(), offset.topic(), offset.partition());
        } else {
            return out.int16(GROUP_KEY).string(record.groupId()).toBytes();
        }
    }

    private static byte[] offsetKey(SchemaWriter out, String groupId, String topic, int partition) {
        return out.int16(OFFSET_KEY).string(groupId).string(topic).int32(partition).toBytes();
    }

    /** Null is a tombstone. */
    static byte @Nullable [] value(GroupRecord record) {
        if (record instanceof ConsumerGroupRecord consumer) {
            return ConsumerGroupSchema.value(consumer);
        } else if (record instanceof GroupRecord.OffsetCommitted committed) {
            return offsetValue(committed.offset());
        } else if (record instanceof GroupRecord.Generation generation) {
            return groupValue(generation);
        } else {
            return null;
        }
    }

    private static byte[] offsetValue(GroupRecord.CommittedOffset offset) {
        SchemaWriter out =
                new SchemaWriter()
                        .int16(OFFSET_VALUE_VERSION)
                        .int64(offset.offset())
                        .int32(offset.leaderEpoch())
                        .compactString(offset.metadata())
                        .int64(offset.commitTimestampMs());
        if (offset.topicId().equals(Uuid.ZERO_UUID)) {
            out.unsignedVarint(0);
        } else {
            out.unsignedVarint(1)
                    .unsignedVarint(TOPIC_ID_TAG)
                    .unsignedVarint(16)
                    .int64(offset.topicId().getMostSignificantBits())
                    .int64(offset.topicId().getLeastSignificantBits());
        }
        return out.toBytes();
    }

    private static byte[] groupValue(GroupRecord.Generation group) {
        SchemaWriter out =
                new SchemaWriter()
                        .int16(GROUP_VALUE_VERSION)
                        .string(group.protocolType())
                        .int32(group.generation())
                        .nullableString(group.protocol())
                        .nullableString(group.leaderId())
                        .int64(group.stateTimestampMs())
                        .int32(group.members().size());
        for (GroupRecord.Assigned member : group.members()) {
            out.string(member.memberId())
                    .nullableString(member.instanceId())
                    .string(member.clientId())
                    .string(member.clientHost())
                    .int32(member.rebalanceTimeoutMs())
                    .int32(member.sessionTimeoutMs())
                    .bytes(member.subscription().array())
                    .bytes(member.assignment().array());
        }
        return out.toBytes();
    }

    /**
     * @return empty for records of other protocols and of versions from the future
     * @throws CorruptRecordException if the bytes end early or a length makes no sense
     */
    static Optional<GroupRecord> read(ByteBuffer keyBytes, @Nullable ByteBuffer valueBytes) {
        SchemaReader key = new SchemaReader(keyBytes);
        short kind = key.int16();
        if (kind == 0 || kind == OFFSET_KEY) {
            String groupId = key.string();
            String topic = key.string();
            int partition = key.int32();
            if (valueBytes == null) {
                return Optional.of(new GroupRecord.OffsetDeleted(groupId, topic, partition));
            }
            SchemaReader value = new SchemaReader(valueBytes);
            short version = value.int16();
            return version < 0 || version > MAX_VALUE_VERSION
                    ? Optional.empty()
                    : Optional.of(
                            new GroupRecord.OffsetCommitted(
                                    groupId, topic, partition, readOffset(value, version)));
        } else if (kind == GROUP_KEY) {
            String groupId = key.string();
            if (valueBytes == null) {
                return Optional.of(new GroupRecord.GroupDeleted(groupId));
            }
            SchemaReader value = new SchemaReader(valueBytes);
            short version = value.int16();
            return version < 0 || version > MAX_VALUE_VERSION
                    ? Optional.empty()
                    : Optional.of(readGroup(groupId, value, version));
        } else {
            return ConsumerGroupSchema.read(kind, key, valueBytes);
        }
    }

    private static GroupRecord.CommittedOffset readOffset(SchemaReader in, short version) {
        boolean compact = version >= 4;
        long offset = in.int64();
        int leaderEpoch = version >= 3 ? in.int32() : -1;
        String metadata = compact ? in.compactString() : in.string();
        long commitTimestampMs = in.int64();
        long expireTimestampMs = version == 1 ? in.int64() : -1;
        Uuid topicId = Uuid.ZERO_UUID;
        if (compact) {
            ByteBuffer tagged = in.tagged(TOPIC_ID_TAG);
            if (tagged != null) {
                SchemaReader id = new SchemaReader(tagged);
                topicId = new Uuid(id.int64(), id.int64());
            }
        }
        return new GroupRecord.CommittedOffset(
                offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId);
    }

    private static GroupRecord.Generation readGroup(
            String groupId, SchemaReader in, short version) {
        boolean compact = version >= 4;
        String protocolType = compact ? in.compactString() : in.string();
        int generation = in.int32();
        String protocol = compact ? in.compactNullableString() : in.nullableString();
        String leader = compact ? in.compactNullableString() : in.nullableString();
        long stateTimestampMs = version >= 2 ? in.int64() : -1;
        int count = compact ? in.unsignedVarint() - 1 : in.int32();
        List<GroupRecord.Assigned> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(readMember(in, version, compact));
        }
        if (compact) {
            in.skipTagged();
        }
        return new GroupRecord.Generation(
                groupId, protocolType, generation, protocol, leader, stateTimestampMs, members);
    }

    private static GroupRecord.Assigned readMember(
            SchemaReader in, short version, boolean compact) {
        String memberId = compact ? in.compactString() : in.string();
        String instanceId = null;
        if (version >= 3) {
            instanceId = compact ? in.compactNullableString() : in.nullableString();
        }
        String clientId = compact ? in.compactString() : in.string();
        String clientHost = compact ? in.compactString() : in.string();
        int rebalanceTimeoutMs = version >= 1 ? in.int32() : -1;
        int sessionTimeoutMs = in.int32();
        Bytes subscription = Bytes.of(compact ? in.compactBytes() : in.bytes());
        Bytes assignment = Bytes.of(compact ? in.compactBytes() : in.bytes());
        if (compact) {
            in.skipTagged();
        }
        return new GroupRecord.Assigned(
                memberId,
                instanceId,
                clientId,
                clientHost,
                // Before version 1 the session timeout bounded the rebalance too.
                rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
                sessionTimeoutMs,
                subscription,
                assignment);
    }

    /** The partition of the topic that a group belongs to. */
    static int partitionOf(String groupId, int partitions) {
        int hash = groupId.hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
