package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.ByteRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.ShareGroupMetadataKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our records of the offsets topic against Apache's own classes, in both directions. */
class OffsetsTopicTest {
    private static final Uuid TOPIC_ID = new Uuid(17, 42);

    private static final Bytes GENERATION_BYTES = Bytes.of(new byte[] {1, 2, 3});

    private static final GroupRecord.OffsetCommitted OFFSET =
            new GroupRecord.OffsetCommitted(
                    "gröup",
                    "topic",
                    7,
                    new GroupRecord.CommittedOffset(
                            1L << 40, 3, "how far", 1_700_000_000_000L, -1, TOPIC_ID));

    private static final GroupRecord.Generation GENERATION =
            new GroupRecord.Generation(
                    "g",
                    "consumer",
                    12,
                    "range",
                    "m1",
                    1_700_000_000_000L,
                    List.of(
                            assigned("m1", null, "subscription 1", "assignment 1"),
                            assigned("m2", "instance", "", "")));

    private static GroupRecord.Assigned assigned(
            String id, @Nullable String instanceId, String subscription, String assignment) {
        return new GroupRecord.Assigned(
                id,
                instanceId,
                "client",
                "/127.0.0.1",
                300_000,
                45_000,
                Bytes.of(OffsetsTopic.utf8(subscription)),
                Bytes.of(OffsetsTopic.utf8(assignment)));
    }

    // ---- ours, read by Apache's

    @Test
    void apache_reads_our_offset() {
        ByteBuffer key = ByteBuffer.wrap(OffsetsTopic.key(OFFSET));
        assertThat(key.getShort()).isEqualTo((short) 1);
        OffsetCommitKey readKey = new OffsetCommitKey(new ByteBufferAccessor(key), (short) 0);
        assertThat(readKey)
                .isEqualTo(
                        new OffsetCommitKey().setGroup("gröup").setTopic("topic").setPartition(7));
        assertThat(key.remaining()).isZero();

        ByteBuffer value = value(OFFSET);
        short version = value.getShort();
        assertThat(new OffsetCommitValue(new ByteBufferAccessor(value), version))
                .isEqualTo(
                        new OffsetCommitValue()
                                .setOffset(1L << 40)
                                .setLeaderEpoch(3)
                                .setMetadata("how far")
                                .setCommitTimestamp(1_700_000_000_000L)
                                .setTopicId(TOPIC_ID));
        assertThat(value.remaining()).isZero();
    }

    @Test
    void apache_reads_our_generation() {
        ByteBuffer key = ByteBuffer.wrap(OffsetsTopic.key(GENERATION));
        assertThat(key.getShort()).isEqualTo((short) 2);
        assertThat(new GroupMetadataKey(new ByteBufferAccessor(key), (short) 0).group())
                .isEqualTo("g");

        ByteBuffer value = value(GENERATION);
        short version = value.getShort();
        GroupMetadataValue read = new GroupMetadataValue(new ByteBufferAccessor(value), version);
        assertThat(read).isEqualTo(apacheGeneration());
        assertThat(value.remaining()).isZero();
    }

    @Test
    void apache_reads_the_generation_of_an_empty_group() {
        GroupRecord.Generation empty =
                new GroupRecord.Generation("g", "", 3, null, null, -1, List.of());

        ByteBuffer value = value(empty);
        short version = value.getShort();
        GroupMetadataValue read = new GroupMetadataValue(new ByteBufferAccessor(value), version);

        assertThat(read.protocol()).isNull();
        assertThat(read.leader()).isNull();
        assertThat(read.generation()).isEqualTo(3);
    }

    // ---- Apache's, read by ours

    @ParameterizedTest
    @ValueSource(shorts = {0, 1, 2, 3, 4})
    void we_read_every_version_of_an_offset(short version) {
        OffsetCommitValue value =
                new OffsetCommitValue()
                        .setOffset(99)
                        .setMetadata("m")
                        .setCommitTimestamp(5)
                        .setLeaderEpoch(version >= 3 ? 8 : -1)
                        .setExpireTimestamp(version == 1 ? 77 : -1)
                        .setTopicId(version >= 4 ? TOPIC_ID : Uuid.ZERO_UUID);

        assertThat(
                        OffsetsTopic.read(
                                ByteBuffer.wrap(OffsetsTopic.key(OFFSET)), bytes(value, version)))
                .contains(
                        new GroupRecord.OffsetCommitted(
                                "gröup",
                                "topic",
                                7,
                                new GroupRecord.CommittedOffset(
                                        99,
                                        version >= 3 ? 8 : -1,
                                        "m",
                                        5,
                                        version == 1 ? 77 : -1,
                                        version >= 4 ? TOPIC_ID : Uuid.ZERO_UUID)));
    }

    @ParameterizedTest
    @ValueSource(shorts = {0, 1, 2, 3, 4})
    void we_read_every_version_of_a_generation(short version) {
        GroupMetadataValue value = apacheGeneration();
        if (version < 3) {
            value.members().forEach(member -> member.setGroupInstanceId(null));
        }
        if (version < 2) {
            value.setCurrentStateTimestamp(-1);
        }
        if (version < 1) {
            value.members().forEach(member -> member.setRebalanceTimeout(-1));
        }

        GroupRecord read =
                OffsetsTopic.read(
                                ByteBuffer.wrap(OffsetsTopic.key(GENERATION)),
                                bytes(value, version))
                        .orElseThrow();

        List<GroupRecord.Assigned> members = new ArrayList<>();
        for (GroupRecord.Assigned m : GENERATION.members()) {
            members.add(
                    new GroupRecord.Assigned(
                            m.memberId(),
                            version < 3 ? null : m.instanceId(),
                            m.clientId(),
                            m.clientHost(),
                            version < 1 ? m.sessionTimeoutMs() : m.rebalanceTimeoutMs(),
                            m.sessionTimeoutMs(),
                            m.subscription(),
                            m.assignment()));
        }
        assertThat(read)
                .isEqualTo(
                        new GroupRecord.Generation(
                                "g",
                                "consumer",
                                12,
                                "range",
                                "m1",
                                version < 2 ? -1 : 1_700_000_000_000L,
                                members));
    }

    @Test
    void a_record_without_value_is_a_tombstone() {
        assertThat(OffsetsTopic.read(ByteBuffer.wrap(OffsetsTopic.key(OFFSET)), null))
                .contains(new GroupRecord.OffsetDeleted("gröup", "topic", 7));
        assertThat(OffsetsTopic.read(ByteBuffer.wrap(OffsetsTopic.key(GENERATION)), null))
                .contains(new GroupRecord.GroupDeleted("g"));
    }

    @Test
    void records_of_newer_protocols_and_versions_are_passed_over() {
        ByteBuffer key =
                ByteBuffer.wrap(
                        withVersion(
                                (short) 11,
                                new ShareGroupMetadataKey().setGroupId("g"),
                                (short) 0));
        assertThat(OffsetsTopic.read(key, ByteBuffer.wrap(new byte[] {0, 0}))).isEmpty();
        assertThat(
                        OffsetsTopic.read(
                                ByteBuffer.wrap(OffsetsTopic.key(OFFSET)),
                                ByteBuffer.wrap(new byte[] {0, 5, 1, 2, 3})))
                .isEmpty();
    }

    @Test
    void apache_reads_our_consumer_groups_and_writes_them_as_we_do() {
        GroupCoordinatorRecordSerde apache = new GroupCoordinatorRecordSerde();
        for (GroupRecord record : consumerGroup()) {
            byte[] key = OffsetsTopic.key(record);
            byte[] value = OffsetsTopic.value(record);
            CoordinatorRecord theirs =
                    apache.deserialize(
                            ByteBuffer.wrap(key), value == null ? null : ByteBuffer.wrap(value));

            assertThat(apache.serializeKey(theirs)).as("%s", record).isEqualTo(key);
            assertThat(apache.serializeValue(theirs)).as("%s", record).isEqualTo(value);
            assertThat(
                            OffsetsTopic.read(
                                    ByteBuffer.wrap(key),
                                    value == null ? null : ByteBuffer.wrap(value)))
                    .contains(record);
        }
    }

    private static List<GroupRecord> consumerGroup() {
        MemberSubscription plain =
                new MemberSubscription(
                        "i", "rack", "client", "/h", Set.of("b", "a"), "t.*", "range", 7, null);
        MemberSubscription classic =
                new MemberSubscription(
                        null,
                        null,
                        "client",
                        "/h",
                        Set.of(),
                        "",
                        null,
                        7,
                        new MemberSubscription.Classic(
                                9, List.of(new Member.Protocol("range", GENERATION_BYTES))));
        return List.of(
                new ConsumerGroupRecord.Epoch("g", 3, -5),
                new ConsumerGroupRecord.Epoch("g", 3, 0),
                new ConsumerGroupRecord.EpochDeleted("g"),
                new ConsumerGroupRecord.PartitionMetadataDeleted("g"),
                new ConsumerGroupRecord.Subscription("g", "m", plain),
                new ConsumerGroupRecord.Subscription("g", "m", classic),
                new ConsumerGroupRecord.SubscriptionDeleted("g", "m"),
                new ConsumerGroupRecord.TargetEpoch("g", 4, 1_700_000_000_000L),
                new ConsumerGroupRecord.TargetEpochDeleted("g"),
                new ConsumerGroupRecord.Target("g", "m", Map.of(TOPIC_ID, Set.of(3))),
                new ConsumerGroupRecord.TargetDeleted("g", "m"),
                new ConsumerGroupRecord.Current(
                        "g",
                        "m",
                        new MemberAssignment(
                                5,
                                4,
                                MemberState.UNREVOKED_PARTITIONS,
                                Map.of(TOPIC_ID, Map.of(1, 5, 2, 4)),
                                Map.of(TOPIC_ID, Map.of(0, 2)))),
                new ConsumerGroupRecord.CurrentDeleted("g", "m"),
                new ConsumerGroupRecord.Regex("g", "t.*", new ResolvedRegex(Set.of("t1"), 6, 7)),
                new ConsumerGroupRecord.RegexDeleted("g", "t.*"));
    }

    @Test
    void a_value_that_ends_early_is_corrupt() {
        ByteBuffer value = value(GENERATION);
        value.limit(value.limit() - 1);

        assertThatThrownBy(
                        () ->
                                OffsetsTopic.read(
                                        ByteBuffer.wrap(OffsetsTopic.key(GENERATION)), value))
                .isInstanceOf(CorruptRecordException.class);
    }

    @Property
    void any_bytes_are_a_record_or_corrupt(
            @ForAll @Size(max = 40) @ByteRange byte[] rest, @ForAll boolean ofGroup) {
        byte[] key = OffsetsTopic.key(ofGroup ? GENERATION : OFFSET);
        try {
            OffsetsTopic.read(ByteBuffer.wrap(key), ByteBuffer.wrap(rest));
            OffsetsTopic.read(ByteBuffer.wrap(rest), ByteBuffer.wrap(key));
        } catch (CorruptRecordException expected) {
            assertThat(expected).hasMessageNotContaining("null pointer");
        }
    }

    // ---- batches

    @Test
    void records_survive_being_batched() {
        List<GroupRecord> records = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            records.add(
                    new GroupRecord.OffsetCommitted(
                            "g",
                            "topic-with-a-longer-name",
                            i,
                            new GroupRecord.CommittedOffset(i, -1, "", 1, -1, TOPIC_ID)));
        }
        records.add(GENERATION);
        records.add(new GroupRecord.OffsetDeleted("g", "topic", 1));
        records.add(new GroupRecord.GroupDeleted("g"));

        ByteBuffer batches = RecordCodec.toBatches(records, 5);
        List<GroupRecord> read = new ArrayList<>();
        RecordCodec.forEach(batches, read::add);

        assertThat(read).isEqualTo(records);
        assertThat(batches.getInt(8))
                .as("more than one batch")
                .isLessThan(batches.remaining() - 12);
    }

    @Test
    void groups_go_to_the_partitions_that_apache_sends_them_to() {
        assertThat(OffsetsTopic.partitionOf("g", 50)).isEqualTo("g".hashCode() % 50);
        // A hash code of Integer.MIN_VALUE: its absolute value is negative.
        assertThat(OffsetsTopic.partitionOf("polygenelubricants", 50)).isZero();
        assertThat(OffsetsTopic.partitionOf("transfer-7", 50))
                .as("of a negative hash")
                .isEqualTo(-"transfer-7".hashCode() % 50);
    }

    private static GroupMetadataValue apacheGeneration() {
        List<GroupMetadataValue.MemberMetadata> members = new ArrayList<>();
        for (GroupRecord.Assigned m : GENERATION.members()) {
            members.add(
                    new GroupMetadataValue.MemberMetadata()
                            .setMemberId(m.memberId())
                            .setGroupInstanceId(m.instanceId())
                            .setClientId(m.clientId())
                            .setClientHost(m.clientHost())
                            .setRebalanceTimeout(m.rebalanceTimeoutMs())
                            .setSessionTimeout(m.sessionTimeoutMs())
                            .setSubscription(m.subscription().array())
                            .setAssignment(m.assignment().array()));
        }
        return new GroupMetadataValue()
                .setProtocolType("consumer")
                .setGeneration(12)
                .setProtocol("range")
                .setLeader("m1")
                .setCurrentStateTimestamp(1_700_000_000_000L)
                .setMembers(members);
    }

    private static ByteBuffer value(GroupRecord record) {
        return ByteBuffer.wrap(Objects.requireNonNull(OffsetsTopic.value(record)));
    }

    private static ByteBuffer bytes(ApiMessage message, short version) {
        return ByteBuffer.wrap(MessageUtil.toVersionPrefixedBytes(version, message));
    }

    private static byte[] withVersion(short prefix, ApiMessage message, short version) {
        byte[] bytes = MessageUtil.toVersionPrefixedBytes(version, message);
        ByteBuffer.wrap(bytes).putShort(prefix);
        return bytes;
    }
}
