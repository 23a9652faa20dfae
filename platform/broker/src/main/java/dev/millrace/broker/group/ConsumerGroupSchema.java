package dev.millrace.broker.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of {@code __consumer_offsets} for consumer groups (KIP-848), byte for byte
 * Kafka's; see {@link OffsetsTopic} for the other groups and for the primitive types. {@code tags}
 * are tagged fields.
 *
 * <pre>
 * key      int16 kind | group string
 *   3      epoch
 *   4      partition metadata: only its tombstone is written
 *   5      member's subscription     | member id string
 *   6      target epoch
 *   7      member's target           | member id string
 *   8      member's assignment       | member id string
 *   16     resolved expression       | expression string
 *
 * value    int16 version = 0, then, of kind
 *   3      epoch int32 | tags: 0 = metadata hash int64
 *   5      instance id string? | rack id string? | client id string | client host string
 *          | topics [string] | regex string? | rebalance timeout int32 | assignor string?
 *          | tags: 0 = classic: varint 0, or varint 1 | session timeout int32
 *                               | protocols [name string | subscription bytes | tags] | tags
 *   6      epoch int32 | tags: 0 = timestamp int64
 *   7      [topic id | partitions [int32] | tags] | tags
 *   8      epoch int32 | previous epoch int32 | state int8 | assigned | revoking | tags, both
 *          [topic id | partitions [int32] | tags: 0 = epochs [int32]]
 *   16     topics [string] | version int64 | timestamp int64 | tags
 * </pre>
 *
 * Strings, bytes and arrays in values are compact (unsigned varint of length + 1).
 */
final class ConsumerGroupSchema {
    private static final short EPOCH = 3;
    private static final short PARTITION_METADATA = 4;
    private static final short SUBSCRIPTION = 5;
    private static final short TARGET_EPOCH = 6;
    private static final short TARGET = 7;
    private static final short CURRENT = 8;
    private static final short REGEX = 16;
    private static final short VERSION = 0;
    private static final int TAG = 0;

    private ConsumerGroupSchema() {}

    // ---- writing

    static byte[] key(ConsumerGroupRecord record) {
        if (record instanceof ConsumerGroupRecord.Epoch
                || record instanceof ConsumerGroupRecord.EpochDeleted) {
            return key(EPOCH, record.groupId(), null);
        } else if (record instanceof ConsumerGroupRecord.PartitionMetadata
                || record instanceof ConsumerGroupRecord.PartitionMetadataDeleted) {
            return key(PARTITION_METADATA, record.groupId(), null);
        } else if (record instanceof ConsumerGroupRecord.TargetEpoch
                || record instanceof ConsumerGroupRecord.TargetEpochDeleted) {
            return key(TARGET_EPOCH, record.groupId(), null);
        } else if (record instanceof ConsumerGroupRecord.Subscription r) {
            return key(SUBSCRIPTION, r.groupId(), r.memberId());
        } else if (record instanceof ConsumerGroupRecord.SubscriptionDeleted r) {
            return key(SUBSCRIPTION, r.groupId(), r.memberId());
        } else if (record instanceof ConsumerGroupRecord.Target r) {
            return key(TARGET, r.groupId(), r.memberId());
        } else if (record instanceof ConsumerGroupRecord.TargetDeleted r) {
            return key(TARGET, r.groupId(), r.memberId());
        } else if (record instanceof ConsumerGroupRecord.Current r) {
            return key(CURRENT, r.groupId(), r.memberId());
        } else if (record instanceof ConsumerGroupRecord.CurrentDeleted r) {
            return key(CURRENT, r.groupId(), r.memberId());
        } else if (record instanceof ConsumerGroupRecord.Regex r) {
            return key(REGEX, r.groupId(), r.regex());
        } else if (record instanceof ConsumerGroupRecord.RegexDeleted r) {
            return key(REGEX, r.groupId(), r.regex());
        }
        throw new IllegalArgumentException("a new kind of record: " + record);
    }

    private static byte[] key(short kind, String groupId, @Nullable String second) {
        SchemaWriter out = new SchemaWriter().int16(kind).string(groupId);
        return (second == null ? out : out.string(second)).toBytes();
    }

    /** Null is a tombstone. */
    static byte @Nullable [] value(ConsumerGroupRecord record) {
        SchemaWriter out = new SchemaWriter().int16(VERSION);
        if (record instanceof ConsumerGroupRecord.Epoch r) {
            return out.int32(r.epoch()).taggedInt64(TAG, r.metadataHash()).toBytes();
        } else if (record instanceof ConsumerGroupRecord.Subscription r) {
            return subscription(out, r.subscription());
        } else if (record instanceof ConsumerGroupRecord.TargetEpoch r) {
            return out.int32(r.epoch()).taggedInt64(TAG, r.timestampMs()).toBytes();
        } else if (record instanceof ConsumerGroupRecord.Target r) {
            return target(out, r.partitions());
        } else if (record instanceof ConsumerGroupRecord.Current r) {
            return current(out, r.assignment());
        } else if (record instanceof ConsumerGroupRecord.Regex r) {
            return strings(out, r.resolved().topics())
                    .int64(r.resolved().version())
                    .int64(r.resolved().timestampMs())
                    .unsignedVarint(0)
                    .toBytes();
        }
        return null;
    }

    private static SchemaWriter strings(SchemaWriter out, Set<String> values) {
        out.unsignedVarint(values.size() + 1);
        new TreeSet<>(values).forEach(out::compactString);
        return out;
    }

    private static byte[] subscription(SchemaWriter out, MemberSubscription member) {
        out.compactNullableString(member.instanceId())
                .compactNullableString(member.rackId())
                .compactString(member.clientId())
                .compactString(member.clientHost());
        strings(out, member.topics())
                .compactString(member.regex())
                .int32(member.rebalanceTimeoutMs())
                .compactNullableString(member.assignor());
        return out.unsignedVarint(1).tagged(TAG, classic(member.classic())).toBytes();
    }

    /** Always written: to Kafka, an absent field is a classic member without protocols. */
    private static byte[] classic(MemberSubscription.@Nullable Classic classic) {
        if (classic == null) {
            return new SchemaWriter().unsignedVarint(0).toBytes();
        }
        SchemaWriter out =
                new SchemaWriter()
                        .unsignedVarint(1)
                        .int32(classic.sessionTimeoutMs())
                        .unsignedVarint(classic.protocols().size() + 1);
        for (Member.Protocol protocol : classic.protocols()) {
            out.compactString(protocol.name())
                    .compactBytes(protocol.metadata().array())
                    .unsignedVarint(0);
        }
        return out.unsignedVarint(0).toBytes();
    }

    private static byte[] target(SchemaWriter out, Map<Uuid, Set<Integer>> partitions) {
        out.unsignedVarint(partitions.size() + 1);
        partitions.forEach(
                (topic, numbers) -> out.uuid(topic).compactInts(numbers).unsignedVarint(0));
        return out.unsignedVarint(0).toBytes();
    }

    private static byte[] current(SchemaWriter out, MemberAssignment assignment) {
        out.int32(assignment.epoch())
                .int32(assignment.previousEpoch())
                .int8(assignment.state().code());
        withEpochs(out, assignment.assigned());
        withEpochs(out, assignment.revoking());
        return out.unsignedVarint(0).toBytes();
    }

    private static void withEpochs(SchemaWriter out, Map<Uuid, Map<Integer, Integer>> partitions) {
        out.unsignedVarint(partitions.size() + 1);
        partitions.forEach(
                (topic, epochs) -> {
                    Map<Integer, Integer> sorted = new TreeMap<>(epochs);
                    out.uuid(topic).compactInts(sorted.keySet());
                    if (sorted.isEmpty()) {
                        out.unsignedVarint(0);
                    } else {
                        out.unsignedVarint(1)
                                .tagged(
                                        TAG,
                                        new SchemaWriter().compactInts(sorted.values()).toBytes());
                    }
                });
    }

    // ---- reading

    /**
     * @param key behind its kind
     * @return empty for other kinds, and for values of versions from the future
     */
    static Optional<GroupRecord> read(
            short kind, SchemaReader key, @Nullable ByteBuffer valueBytes) {
        switch (kind) {
            case EPOCH, PARTITION_METADATA, SUBSCRIPTION, TARGET_EPOCH, TARGET, CURRENT, REGEX -> {
                String groupId = key.string();
                String second =
                        kind == SUBSCRIPTION || kind == TARGET || kind == CURRENT || kind == REGEX
                                ? key.string()
                                : "";
                if (valueBytes == null) {
                    return Optional.of(tombstone(kind, groupId, second));
                }
                SchemaReader value = new SchemaReader(valueBytes);
                return value.int16() == VERSION
                        ? Optional.of(record(kind, groupId, second, value))
                        : Optional.empty();
            }
            default -> {
                return Optional.empty();
            }
        }
    }

    private static GroupRecord tombstone(short kind, String groupId, String second) {
        return switch (kind) {
            case EPOCH -> new ConsumerGroupRecord.EpochDeleted(groupId);
            case PARTITION_METADATA -> new ConsumerGroupRecord.PartitionMetadataDeleted(groupId);
            case SUBSCRIPTION -> new ConsumerGroupRecord.SubscriptionDeleted(groupId, second);
            case TARGET_EPOCH -> new ConsumerGroupRecord.TargetEpochDeleted(groupId);
            case TARGET -> new ConsumerGroupRecord.TargetDeleted(groupId, second);
            case CURRENT -> new ConsumerGroupRecord.CurrentDeleted(groupId, second);
            default -> new ConsumerGroupRecord.RegexDeleted(groupId, second);
        };
    }

    private static GroupRecord record(short kind, String groupId, String second, SchemaReader in) {
        return switch (kind) {
            case EPOCH ->
                    new ConsumerGroupRecord.Epoch(groupId, in.int32(), in.taggedInt64(TAG, 0));
            case PARTITION_METADATA -> new ConsumerGroupRecord.PartitionMetadata(groupId);
            case SUBSCRIPTION ->
                    new ConsumerGroupRecord.Subscription(groupId, second, readSubscription(in));
            case TARGET_EPOCH ->
                    new ConsumerGroupRecord.TargetEpoch(
                            groupId, in.int32(), in.taggedInt64(TAG, 0));
            case TARGET -> new ConsumerGroupRecord.Target(groupId, second, readTarget(in));
            case CURRENT -> new ConsumerGroupRecord.Current(groupId, second, readCurrent(in));
            default ->
                    new ConsumerGroupRecord.Regex(
                            groupId,
                            second,
                            new ResolvedRegex(readStrings(in), in.int64(), in.int64()));
        };
    }

    private static Set<String> readStrings(SchemaReader in) {
        Set<String> values = new LinkedHashSet<>();
        int count = in.compactLength();
        for (int i = 0; i < count; i++) {
            values.add(in.compactString());
        }
        return values;
    }

    private static MemberSubscription readSubscription(SchemaReader in) {
        String instanceId = in.compactNullableString();
        String rackId = in.compactNullableString();
        String clientId = in.compactString();
        String clientHost = in.compactString();
        Set<String> topics = readStrings(in);
        String regex = in.compactNullableString();
        int rebalanceTimeoutMs = in.int32();
        String assignor = in.compactNullableString();
        ByteBuffer classic = in.tagged(TAG);
        return new MemberSubscription(
                instanceId,
                rackId,
                clientId,
                clientHost,
                topics,
                regex == null ? "" : regex,
                assignor,
                rebalanceTimeoutMs,
                classic == null
                        ? new MemberSubscription.Classic(0, List.of())
                        : readClassic(new SchemaReader(classic)));
    }

    private static MemberSubscription.@Nullable Classic readClassic(SchemaReader in) {
        if (in.unsignedVarint() == 0) {
            return null;
        }
        int sessionTimeoutMs = in.int32();
        List<Member.Protocol> protocols = new ArrayList<>();
        int count = in.compactLength();
        for (int i = 0; i < count; i++) {
            String name = in.compactString();
            protocols.add(new Member.Protocol(name, Bytes.of(in.compactBytes())));
            in.skipTagged();
        }
        return new MemberSubscription.Classic(sessionTimeoutMs, protocols);
    }

    private static Map<Uuid, Set<Integer>> readTarget(SchemaReader in) {
        Map<Uuid, Set<Integer>> partitions = new HashMap<>();
        int count = in.compactLength();
        for (int i = 0; i < count; i++) {
            Uuid topic = in.uuid();
            partitions.put(topic, new HashSet<>(in.compactInts()));
            in.skipTagged();
        }
        return partitions;
    }

    private static MemberAssignment readCurrent(SchemaReader in) {
        int epoch = in.int32();
        int previousEpoch = in.int32();
        MemberState state = MemberState.of(in.int8());
        // Kafka before 4.3 wrote no epochs: partitions then count as assigned in the member's.
        int epochIfAbsent = Math.max(epoch, 0);
        return new MemberAssignment(
                epoch,
                previousEpoch,
                state,
                readWithEpochs(in, epochIfAbsent),
                readWithEpochs(in, epochIfAbsent));
    }

    private static Map<Uuid, Map<Integer, Integer>> readWithEpochs(
            SchemaReader in, int epochIfAbsent) {
        Map<Uuid, Map<Integer, Integer>> partitions = new HashMap<>();
        int count = in.compactLength();
        for (int i = 0; i < count; i++) {
            Uuid topic = in.uuid();
            List<Integer> numbers = in.compactInts();
            ByteBuffer tagged = in.tagged(TAG);
            List<Integer> epochs =
                    tagged == null ? List.of() : new SchemaReader(tagged).compactInts();
            Map<Integer, Integer> byNumber = new HashMap<>();
            for (int n = 0; n < numbers.size(); n++) {
                byNumber.put(
                        numbers.get(n),
                        epochs.size() == numbers.size() ? epochs.get(n) : epochIfAbsent);
            }
            partitions.put(topic, byNumber);
        }
        return partitions;
    }
}
