package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.broker.TestBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of a member in every version of every request it takes. */
class GroupVersionsTest {
    /** A consumer's, version 0: no topics, no user data. Apache's coordinator reads them. */
    private static final byte[] SUBSCRIPTION = {0, 0, 0, 0, 0, 0, -1, -1, -1, -1};

    private static TestBroker broker;
    private static RawClient client;
    private static String topic;
    private static Uuid topicId;

    @BeforeAll
    static void start() throws IOException {
        broker = TestBroker.start();
        try (StockClients clients = new StockClients(broker)) {
            topic = clients.createTopic(2);
            topicId =
                    StockClients.get(clients.admin().describeTopics(List.of(topic)).allTopicNames())
                            .values()
                            .iterator()
                            .next()
                            .topicId();
        }
        client = new RawClient(broker.bootstrapServers());
    }

    @AfterAll
    static void stop() throws IOException {
        client.close();
        broker.close();
    }

    static IntStream versions() {
        return IntStream.rangeClosed(0, 10);
    }

    /**
     * @param version where an API does not have it, its nearest one
     */
    @ParameterizedTest
    @MethodSource("versions")
    void a_member_lives_in_every_version(int version) throws IOException {
        String group = StockClients.unique("g");

        findsItsCoordinator(group, Math.min(version, 6));
        JoinGroupResponseData joined = joins(group, Math.min(version, 9));
        syncs(group, joined, Math.min(version, 5));
        assertThat(heartbeats(group, joined, Math.min(version, 4))).isEqualTo(Errors.NONE);
        commits(group, joined, Math.max(2, version));
        fetches(group, Math.max(1, version));
        isListed(group, Math.min(version, 5));
        isDescribed(group, joined, Math.min(version, 6));
        leaves(group, joined, Math.min(version, 5));
        assertThat(heartbeats(group, joined, Math.min(version, 4)))
                .isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    private static void findsItsCoordinator(String group, int version) throws IOException {
        FindCoordinatorRequestData request =
                version < 4
                        ? new FindCoordinatorRequestData().setKey(group)
                        : new FindCoordinatorRequestData()
                                .setCoordinatorKeys(List.of(group, group + "-other"));
        FindCoordinatorResponseData answer =
                client.call(
                        ApiKeys.FIND_COORDINATOR,
                        version,
                        request,
                        FindCoordinatorResponseData::new);
        if (version < 4) {
            assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
            assertThat(answer.port()).isPositive();
        } else {
            assertThat(answer.coordinators())
                    .extracting(FindCoordinatorResponseData.Coordinator::key)
                    .containsExactly(group, group + "-other");
            assertThat(answer.coordinators()).allSatisfy(c -> assertThat(c.port()).isPositive());
        }
    }

    private static JoinGroupResponseData joins(String group, int version) throws IOException {
        JoinGroupRequestData.JoinGroupRequestProtocolCollection protocols =
                new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        protocols.add(
                new JoinGroupRequestData.JoinGroupRequestProtocol()
                        .setName("range")
                        .setMetadata(SUBSCRIPTION));
        JoinGroupRequestData request =
                new JoinGroupRequestData()
                        .setGroupId(group)
                        .setSessionTimeoutMs(10_000)
                        .setRebalanceTimeoutMs(version >= 1 ? 20_000 : -1)
                        .setProtocolType("consumer")
                        .setProtocols(protocols);
        JoinGroupResponseData answer =
                client.call(ApiKeys.JOIN_GROUP, version, request, JoinGroupResponseData::new);
        if (version >= 4) {
            assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.MEMBER_ID_REQUIRED);
            answer =
                    client.call(
                            ApiKeys.JOIN_GROUP,
                            version,
                            request.setMemberId(answer.memberId()),
                            JoinGroupResponseData::new);
        }
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answer.leader()).isEqualTo(answer.memberId());
        assertThat(answer.protocolName()).isEqualTo("range");
        assertThat(answer.members())
                .singleElement()
                .satisfies(m -> assertThat(m.metadata()).isEqualTo(SUBSCRIPTION));
        return answer;
    }

    private static void syncs(String group, JoinGroupResponseData joined, int version)
            throws IOException {
        SyncGroupResponseData answer =
                client.call(
                        ApiKeys.SYNC_GROUP,
                        version,
                        new SyncGroupRequestData()
                                .setGroupId(group)
                                .setMemberId(joined.memberId())
                                .setGenerationId(joined.generationId())
                                .setProtocolType(version >= 5 ? "consumer" : null)
                                .setProtocolName(version >= 5 ? "range" : null)
                                .setAssignments(
                                        List.of(
                                                new SyncGroupRequestData
                                                                .SyncGroupRequestAssignment()
                                                        .setMemberId(joined.memberId())
                                                        .setAssignment(utf8("all")))),
                        SyncGroupResponseData::new);
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answer.assignment()).isEqualTo(utf8("all"));
    }

    private static Errors heartbeats(String group, JoinGroupResponseData joined, int version)
            throws IOException {
        return Errors.forCode(
                client.call(
                                ApiKeys.HEARTBEAT,
                                version,
                                new HeartbeatRequestData()
                                        .setGroupId(group)
                                        .setMemberId(joined.memberId())
                                        .setGenerationId(joined.generationId()),
                                HeartbeatResponseData::new)
                        .errorCode());
    }

    private static void commits(String group, JoinGroupResponseData joined, int version)
            throws IOException {
        OffsetCommitRequestData.OffsetCommitRequestTopic commit =
                new OffsetCommitRequestData.OffsetCommitRequestTopic()
                        .setPartitions(
                                List.of(
                                        partition(0, "note"),
                                        partition(1, null),
                                        partition(2, "no such partition")));
        OffsetCommitResponseData answer =
                client.call(
                        ApiKeys.OFFSET_COMMIT,
                        version,
                        new OffsetCommitRequestData()
                                .setGroupId(group)
                                .setMemberId(joined.memberId())
                                .setGenerationIdOrMemberEpoch(joined.generationId())
                                .setTopics(
                                        List.of(
                                                version >= 10
                                                        ? commit.setTopicId(topicId)
                                                        : commit.setName(topic))),
                        OffsetCommitResponseData::new);
        assertThat(answer.topics().get(0).partitions())
                .extracting(p -> p.partitionIndex(), p -> Errors.forCode(p.errorCode()))
                .containsExactlyInAnyOrder(
                        tuple(0, Errors.NONE),
                        tuple(1, Errors.NONE),
                        tuple(2, Errors.UNKNOWN_TOPIC_OR_PARTITION));
    }

    // The metadata of a commit may be null on the wire.
    @SuppressWarnings("NullAway")
    private static OffsetCommitRequestData.OffsetCommitRequestPartition partition(
            int index, @Nullable String metadata) {
        return new OffsetCommitRequestData.OffsetCommitRequestPartition()
                .setPartitionIndex(index)
                .setCommittedOffset(index)
                .setCommittedMetadata(metadata);
    }

    // Null topics ask for all of them.
    @SuppressWarnings("NullAway")
    private static void fetches(String group, int version) throws IOException {
        if (version < 8) {
            OffsetFetchResponseData named =
                    client.call(
                            ApiKeys.OFFSET_FETCH,
                            version,
                            new OffsetFetchRequestData()
                                    .setGroupId(group)
                                    .setTopics(
                                            List.of(
                                                    new OffsetFetchRequestData
                                                                    .OffsetFetchRequestTopic()
                                                            .setName(topic)
                                                            .setPartitionIndexes(List.of(1, 5)))),
                            OffsetFetchResponseData::new);
            assertThat(named.topics().get(0).partitions())
                    .extracting(
                            OffsetFetchResponseData.OffsetFetchResponsePartition::committedOffset)
                    .containsExactly(1L, -1L);
            if (version >= 2) {
                OffsetFetchResponseData all =
                        client.call(
                                ApiKeys.OFFSET_FETCH,
                                version,
                                new OffsetFetchRequestData().setGroupId(group).setTopics(null),
                                OffsetFetchResponseData::new);
                assertThat(all.topics().get(0).partitions()).hasSize(2);
            }
            return;
        }
        OffsetFetchRequestData.OffsetFetchRequestTopics wanted =
                new OffsetFetchRequestData.OffsetFetchRequestTopics()
                        .setPartitionIndexes(List.of(1, 5));
        OffsetFetchRequestData.OffsetFetchRequestTopics unknown =
                new OffsetFetchRequestData.OffsetFetchRequestTopics()
                        .setPartitionIndexes(List.of(0));
        OffsetFetchResponseData answer =
                client.call(
                        ApiKeys.OFFSET_FETCH,
                        version,
                        new OffsetFetchRequestData()
                                .setGroups(
                                        List.of(
                                                new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                                        .setGroupId(group)
                                                        .setTopics(
                                                                List.of(
                                                                        version >= 10
                                                                                ? wanted.setTopicId(
                                                                                        topicId)
                                                                                : wanted.setName(
                                                                                        topic),
                                                                        version >= 10
                                                                                ? unknown
                                                                                        .setTopicId(
                                                                                                Uuid
                                                                                                        .randomUuid())
                                                                                : unknown.setName(
                                                                                        "nowhere"))),
                                                new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                                        .setGroupId(group)
                                                        .setTopics(null))),
                        OffsetFetchResponseData::new);
        OffsetFetchResponseData.OffsetFetchResponseGroup named = answer.groups().get(0);
        assertThat(named.topics())
                .flatExtracting(OffsetFetchResponseData.OffsetFetchResponseTopics::partitions)
                .extracting(
                        p -> p.partitionIndex(),
                        p -> p.committedOffset(),
                        p -> Errors.forCode(p.errorCode()))
                .containsExactlyInAnyOrder(
                        tuple(1, 1L, Errors.NONE),
                        tuple(5, -1L, Errors.NONE),
                        tuple(0, -1L, version >= 10 ? Errors.UNKNOWN_TOPIC_ID : Errors.NONE));
        assertThat(answer.groups().get(1).topics().get(0).partitions()).hasSize(2);
    }

    private static void isListed(String group, int version) throws IOException {
        ListGroupsRequestData request = new ListGroupsRequestData();
        if (version >= 4) {
            request.setStatesFilter(List.of("stable"));
        }
        if (version >= 5) {
            request.setTypesFilter(List.of("classic"));
        }
        ListGroupsResponseData answer =
                client.call(ApiKeys.LIST_GROUPS, version, request, ListGroupsResponseData::new);
        assertThat(answer.groups())
                .filteredOn(g -> g.groupId().equals(group))
                .singleElement()
                .satisfies(
                        g -> {
                            assertThat(g.protocolType()).isEqualTo("consumer");
                            assertThat(g.groupState()).isEqualTo(version >= 4 ? "Stable" : "");
                            assertThat(g.groupType())
                                    .isEqualToIgnoringCase(version >= 5 ? "classic" : "");
                        });
        if (version >= 4) {
            assertThat(
                            client.call(
                                            ApiKeys.LIST_GROUPS,
                                            version,
                                            request.setStatesFilter(List.of("Empty")),
                                            ListGroupsResponseData::new)
                                    .groups())
                    .extracting(ListGroupsResponseData.ListedGroup::groupId)
                    .doesNotContain(group);
        }
    }

    private static void isDescribed(String group, JoinGroupResponseData joined, int version)
            throws IOException {
        DescribeGroupsResponseData answer =
                client.call(
                        ApiKeys.DESCRIBE_GROUPS,
                        version,
                        new DescribeGroupsRequestData().setGroups(List.of(group, "nobody")),
                        DescribeGroupsResponseData::new);
        assertThat(answer.groups()).hasSize(2);
        boolean inOrder = answer.groups().get(0).groupId().equals(group);
        DescribeGroupsResponseData.DescribedGroup described = answer.groups().get(inOrder ? 0 : 1);
        assertThat(described.groupState()).isEqualTo("Stable");
        assertThat(described.protocolData()).isEqualTo("range");
        assertThat(described.members())
                .singleElement()
                .satisfies(
                        m -> {
                            assertThat(m.memberId()).isEqualTo(joined.memberId());
                            assertThat(m.clientId()).isEqualTo("raw");
                            assertThat(m.memberMetadata()).isEqualTo(SUBSCRIPTION);
                            assertThat(m.memberAssignment()).isEqualTo(utf8("all"));
                        });
        DescribeGroupsResponseData.DescribedGroup nobody = answer.groups().get(inOrder ? 1 : 0);
        assertThat(nobody.groupState()).isEqualTo("Dead");
        assertThat(Errors.forCode(nobody.errorCode()))
                .isEqualTo(version >= 6 ? Errors.GROUP_ID_NOT_FOUND : Errors.NONE);
    }

    private static void leaves(String group, JoinGroupResponseData joined, int version)
            throws IOException {
        LeaveGroupRequestData request = new LeaveGroupRequestData().setGroupId(group);
        if (version < 3) {
            request.setMemberId(joined.memberId());
        } else {
            request.setMembers(
                    List.of(
                            new LeaveGroupRequestData.MemberIdentity()
                                    .setMemberId(joined.memberId()),
                            new LeaveGroupRequestData.MemberIdentity().setMemberId("stranger")));
        }
        LeaveGroupResponseData answer =
                client.call(ApiKeys.LEAVE_GROUP, version, request, LeaveGroupResponseData::new);
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        if (version >= 3) {
            assertThat(answer.members())
                    .extracting(m -> m.memberId(), m -> Errors.forCode(m.errorCode()))
                    .containsExactlyInAnyOrder(
                            tuple(joined.memberId(), Errors.NONE),
                            tuple("stranger", Errors.UNKNOWN_MEMBER_ID));
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
