package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.wire.RawClient;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What ApiVersions promises is kept: every version of every advertised API is answered, with a body
 * that the codec of that version can read.
 */
class EveryVersionTest {
    private static final String TOPIC = "versions";

    @TempDir static Path directory;
    private static LocalBroker broker;
    private static Uuid topicId;

    @BeforeAll
    static void start() throws Exception {
        broker = new LocalBroker(directory, new InMemoryCluster(1), Map.of());
        try (KafkaProducer<String, String> producer = broker.clients.producer(Map.of())) {
            producer.send(new ProducerRecord<>(TOPIC, "k", "value")).get();
        }
        topicId = broker.cluster.image().topic(TOPIC).orElseThrow().id();
    }

    @AfterAll
    static void stop() throws Exception {
        broker.close();
    }

    @TestFactory
    Stream<DynamicTest> every_advertised_version_is_answered() throws IOException {
        ApiVersionsResponseData advertised;
        try (RawClient client = new RawClient(broker.broker().address())) {
            client.send(ApiKeys.API_VERSIONS, 0, 1, new ApiVersionsRequestData());
            advertised = (ApiVersionsResponseData) client.receive(ApiKeys.API_VERSIONS, 0).body();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (ApiVersionsResponseData.ApiVersion range : advertised.apiKeys()) {
            ApiKeys api = ApiKeys.forId(range.apiKey());
            // Produce is advertised from 0, but not served before 3.
            int first = Math.max(range.minVersion(), api.oldestVersion());
            for (int v = first; v <= range.maxVersion(); v++) {
                int version = v;
                tests.add(
                        DynamicTest.dynamicTest(api + " v" + version, () -> answers(api, version)));
            }
        }
        assertThat(tests).hasSizeGreaterThan(100);
        return tests.stream();
    }

    private static void answers(ApiKeys api, int version) throws IOException {
        try (RawClient client = new RawClient(broker.broker().address())) {
            client.send(api, version, 42, request(api, (short) version));
            RawClient.Response response = client.receive(api, version);

            assertThat(response.correlationId()).isEqualTo(42);
            check(response.body(), version);
        }
    }

    /** A request that means something where the plain one does not. */
    private static ApiMessage request(ApiKeys api, short version) {
        return switch (api) {
            case PRODUCE -> produce(version);
            case FETCH -> fetch(version);
            case LIST_OFFSETS -> listOffsets();
            case METADATA -> metadata(version);
            case OFFSET_FOR_LEADER_EPOCH -> epochs();
            case API_VERSIONS ->
                    new ApiVersionsRequestData()
                            .setClientSoftwareName("test")
                            .setClientSoftwareVersion("1");
            case DESCRIBE_ACLS ->
                    new DescribeAclsRequestData()
                            .setResourceTypeFilter((byte) 1)
                            .setPatternTypeFilter((byte) 1)
                            .setOperation((byte) 1)
                            .setPermissionType((byte) 1);
            case UNREGISTER_BROKER -> new UnregisterBrokerRequestData().setBrokerId(99);
            case DESCRIBE_QUORUM -> quorum();
            case ALTER_CLIENT_QUOTAS -> quota();
            default -> api.messageType.newRequest();
        };
    }

    private static void check(ApiMessage body, int version) {
        if (body instanceof ProduceResponseData produced) {
            ProduceResponseData.PartitionProduceResponse partition =
                    produced.responses().iterator().next().partitionResponses().get(0);
            assertThat(partition.errorCode()).isZero();
            assertThat(partition.baseOffset()).isPositive();
        } else if (body instanceof FetchResponseData fetched) {
            FetchResponseData.PartitionData partition =
                    fetched.responses().get(0).partitions().get(0);
            assertThat(partition.errorCode()).isZero();
            assertThat(partition.highWatermark()).isPositive();
            assertThat(partition.records().sizeInBytes())
                    .isGreaterThan(RecordBatchView.HEADER_BYTES);
        } else if (body instanceof ListOffsetsResponseData listed) {
            assertThat(listed.topics().get(0).partitions())
                    .allSatisfy(partition -> assertThat(partition.errorCode()).isZero());
            assertThat(listed.topics().get(0).partitions().get(0).offset()).isPositive();
        } else if (body instanceof MetadataResponseData metadata) {
            MetadataResponseData.MetadataResponseTopic topic = metadata.topics().iterator().next();
            assertThat(topic.name()).isEqualTo(TOPIC);
            assertThat(topic.errorCode()).isZero();
            assertThat(topic.partitions().get(0).leaderId()).isEqualTo(1);
            assertThat(topic.topicId()).isEqualTo(version >= 10 ? topicId : Uuid.ZERO_UUID);
        } else if (body instanceof OffsetForLeaderEpochResponseData epochs) {
            OffsetForLeaderEpochResponseData.EpochEndOffset end =
                    epochs.topics().iterator().next().partitions().get(0);
            assertThat(end.errorCode()).isZero();
            assertThat(end.leaderEpoch()).isZero();
            assertThat(end.endOffset()).isPositive();
        } else if (body instanceof DescribeQuorumResponseData described) {
            DescribeQuorumResponseData.PartitionData partition =
                    described.topics().get(0).partitions().get(0);
            assertThat(partition.errorCode()).isZero();
            assertThat(partition.highWatermark()).isPositive();
            assertThat(partition.currentVoters())
                    .extracting(DescribeQuorumResponseData.ReplicaState::replicaId)
                    .containsExactly(1);
        } else if (body instanceof UnregisterBrokerResponseData unregistered) {
            assertThat(unregistered.errorCode()).isEqualTo(Errors.BROKER_ID_NOT_REGISTERED.code());
        } else if (body instanceof AlterClientQuotasResponseData altered) {
            assertThat(altered.entries().get(0).errorCode()).isZero();
        }
    }

    private static ApiMessage quorum() {
        return new DescribeQuorumRequestData()
                .setTopics(
                        List.of(
                                new DescribeQuorumRequestData.TopicData()
                                        .setTopicName("__cluster_metadata")
                                        .setPartitions(
                                                List.of(
                                                        new DescribeQuorumRequestData
                                                                        .PartitionData()
                                                                .setPartitionIndex(0)))));
    }

    private static ApiMessage quota() {
        return new AlterClientQuotasRequestData()
                .setValidateOnly(true)
                .setEntries(
                        List.of(
                                new AlterClientQuotasRequestData.EntryData()
                                        .setEntity(
                                                List.of(
                                                        new AlterClientQuotasRequestData
                                                                        .EntityData()
                                                                .setEntityType("user")
                                                                .setEntityName("u")))
                                        .setOps(
                                                List.of(
                                                        new AlterClientQuotasRequestData.OpData()
                                                                .setKey("producer_byte_rate")
                                                                .setValue(1000)))));
    }

    private static ApiMessage produce(short version) {
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) -1).setTimeoutMs(1000);
        ProduceRequestData.TopicProduceData topic =
                new ProduceRequestData.TopicProduceData()
                        .setPartitionData(List.of(RawClient.partition(0, Batches.of("a", "b"))));
        request.topicData().add(version >= 13 ? topic.setTopicId(topicId) : topic.setName(TOPIC));
        return request;
    }

    private static ApiMessage fetch(short version) {
        FetchRequestData.FetchTopic topic =
                new FetchRequestData.FetchTopic()
                        .setPartitions(
                                List.of(
                                        new FetchRequestData.FetchPartition()
                                                .setPartition(0)
                                                .setPartitionMaxBytes(1 << 20)));
        return new FetchRequestData()
                .setMaxWaitMs(1000)
                .setMinBytes(1)
                .setMaxBytes(1 << 20)
                .setTopics(
                        List.of(version >= 13 ? topic.setTopicId(topicId) : topic.setTopic(TOPIC)));
    }

    private static ApiMessage listOffsets() {
        return new ListOffsetsRequestData()
                .setReplicaId(-1)
                .setTopics(
                        List.of(
                                new ListOffsetsRequestData.ListOffsetsTopic()
                                        .setName(TOPIC)
                                        .setPartitions(
                                                List.of(
                                                        new ListOffsetsRequestData
                                                                        .ListOffsetsPartition()
                                                                .setTimestamp(-1)))));
    }

    private static ApiMessage metadata(short version) {
        MetadataRequestData.MetadataRequestTopic topic =
                new MetadataRequestData.MetadataRequestTopic();
        return new MetadataRequestData()
                .setTopics(
                        List.of(
                                version >= 12
                                        ? topic.setTopicId(topicId).setName(null)
                                        : topic.setName(TOPIC)));
    }

    private static ApiMessage epochs() {
        OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics()
                .add(
                        new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                                .setTopic(TOPIC)
                                .setPartitions(
                                        List.of(
                                                new OffsetForLeaderEpochRequestData
                                                                .OffsetForLeaderPartition()
                                                        .setLeaderEpoch(0))));
        return request.setReplicaId(-1);
    }
}
