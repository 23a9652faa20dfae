package dev.millrace.broker.admin;

import static dev.millrace.broker.group.StockClients.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.TestBroker;
import dev.millrace.broker.group.RawClient;
import dev.millrace.broker.group.StockClients;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Apache's admin client against the broker under test. */
class AdminClientTest {
    private static TestBroker broker;

    private final String topic = StockClients.unique("t");
    private StockClients clients;
    private Admin admin;

    @BeforeAll
    static void startBroker() {
        broker = TestBroker.start();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void connect() {
        clients = new StockClients(broker);
        admin = clients.admin();
    }

    @AfterEach
    void disconnect() {
        clients.close();
    }

    private void create(NewTopic newTopic) {
        get(admin.createTopics(List.of(newTopic)).all());
    }

    private NewTopic simple() {
        return new NewTopic(topic, 1, (short) 1);
    }

    private TopicDescription describe() {
        return get(admin.describeTopics(List.of(topic)).allTopicNames()).values().iterator().next();
    }

    private Config config(ConfigResource resource) {
        return get(admin.describeConfigs(List.of(resource)).all()).values().iterator().next();
    }

    private ConfigEntry config(String name) {
        return config(TopicConfigs.topicResource(topic)).get(name);
    }

    private void alter(ConfigResource resource, AlterConfigOp... ops) {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = Map.of(resource, List.of(ops));
        get(admin.incrementalAlterConfigs(changes).all());
    }

    private static AlterConfigOp op(String name, String value, AlterConfigOp.OpType type) {
        return new AlterConfigOp(new ConfigEntry(name, value), type);
    }

    @Nested
    class Creating {
        @Test
        void answers_id_numbers_and_configs() {
            CreateTopicsResult result =
                    admin.createTopics(
                            List.of(
                                    new NewTopic(topic, 3, (short) 1)
                                            .configs(Map.of("retention.ms", "5000"))));

            assertThat(get(result.numPartitions(topic))).isEqualTo(3);
            assertThat(get(result.replicationFactor(topic))).isEqualTo(1);
            assertThat(get(result.topicId(topic))).isNotEqualTo(Uuid.ZERO_UUID);
            Config config = get(result.config(topic));
            assertThat(config.get("retention.ms").value()).isEqualTo("5000");
            assertThat(config.get("retention.ms").source())
                    .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
            assertThat(config.get("segment.ms").isDefault()).isTrue();
            assertThat(describe().partitions())
                    .hasSize(3)
                    .allSatisfy(p -> assertThat(p.leader()).isNotNull());
        }

        @Test
        void takes_the_brokers_numbers_where_none_are_given() {
            create(new NewTopic(topic, Optional.empty(), Optional.empty()));

            assertThat(describe().partitions()).isNotEmpty();
        }

        @Test
        void only_to_validate_creates_nothing() {
            get(
                    admin.createTopics(
                                    List.of(simple()), new CreateTopicsOptions().validateOnly(true))
                            .all());

            assertThat(get(admin.listTopics().names())).doesNotContain(topic);
        }

        @Test
        void twice_is_refused() {
            create(simple());

            assertThatThrownBy(() -> create(simple()))
                    .isInstanceOf(TopicExistsException.class)
                    .hasMessageContaining(topic);
        }

        @Test
        void with_an_illegal_name_is_refused() {
            assertThatThrownBy(() -> create(new NewTopic("no spaces", 1, (short) 1)))
                    .isInstanceOf(InvalidTopicException.class);
        }

        @Test
        void without_partitions_is_refused() {
            assertThatThrownBy(() -> create(new NewTopic(topic, 0, (short) 1)))
                    .isInstanceOf(InvalidPartitionsException.class);
        }

        @Test
        void with_more_replicas_than_brokers_is_refused() {
            assertThatThrownBy(() -> create(new NewTopic(topic, 1, (short) 99)))
                    .isInstanceOf(InvalidReplicationFactorException.class);
        }

        @Test
        void with_a_config_that_does_not_fit_is_refused() {
            assertThatThrownBy(() -> create(simple().configs(Map.of("retention.ms", "a while"))))
                    .isInstanceOf(InvalidConfigurationException.class)
                    .hasMessageContaining("retention.ms");
            assertThatThrownBy(() -> create(simple().configs(Map.of("retention.time", "1"))))
                    .isInstanceOf(InvalidConfigurationException.class)
                    .hasMessageContaining("retention.time");
        }

        @Test
        void can_say_where_replicas_are() {
            int node = get(admin.describeCluster().nodes()).iterator().next().id();

            create(new NewTopic(topic, Map.of(0, List.of(node), 1, List.of(node))));

            assertThat(describe().partitions()).hasSize(2);
        }
    }

    @Nested
    class Deleting {
        @Test
        void by_name() {
            create(simple());

            get(admin.deleteTopics(List.of(topic)).all());

            Awaitility.await()
                    .untilAsserted(
                            () ->
                                    assertThat(get(admin.listTopics().names()))
                                            .doesNotContain(topic));
        }

        @Test
        void by_id() {
            create(simple());
            Uuid id = describe().topicId();

            get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());

            Awaitility.await()
                    .untilAsserted(
                            () ->
                                    assertThat(get(admin.listTopics().names()))
                                            .doesNotContain(topic));
        }

        @Test
        void what_does_not_exist_is_refused() {
            assertThatThrownBy(() -> get(admin.deleteTopics(List.of(topic)).all()))
                    .isInstanceOf(UnknownTopicOrPartitionException.class);
            assertThatThrownBy(
                            () ->
                                    get(
                                            admin.deleteTopics(
                                                            TopicCollection.ofTopicIds(
                                                                    List.of(Uuid.randomUuid())))
                                                    .all()))
                    .isInstanceOf(UnknownTopicIdException.class);
        }
    }

    @Nested
    class Growing {
        @Test
        void adds_partitions_that_can_be_written_to() {
            create(simple());

            get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all());

            Awaitility.await().untilAsserted(() -> assertThat(describe().partitions()).hasSize(3));
            clients.produce(topic, 3, "a", "b", "c");
        }

        @Test
        void to_fewer_partitions_is_refused() {
            create(new NewTopic(topic, 2, (short) 1));

            assertThatThrownBy(
                            () ->
                                    get(
                                            admin.createPartitions(
                                                            Map.of(
                                                                    topic,
                                                                    NewPartitions.increaseTo(1)))
                                                    .all()))
                    .isInstanceOf(InvalidPartitionsException.class)
                    .hasMessageContaining("2");
        }
    }

    @Nested
    class Configs {
        private final ConfigResource resource = TopicConfigs.topicResource(topic);

        @Test
        void of_a_topic_are_all_there_with_synonyms_and_documentation() {
            create(simple().configs(Map.of("retention.ms", "5000")));

            Config config =
                    get(admin.describeConfigs(
                                            List.of(resource),
                                            new DescribeConfigsOptions()
                                                    .includeSynonyms(true)
                                                    .includeDocumentation(true))
                                    .all())
                            .values()
                            .iterator()
                            .next();

            assertThat(config.entries())
                    .hasSizeGreaterThanOrEqualTo(33)
                    .allSatisfy(entry -> assertThat(entry.documentation()).isNotBlank());
            ConfigEntry retention = config.get("retention.ms");
            assertThat(retention.type()).isEqualTo(ConfigEntry.ConfigType.LONG);
            assertThat(retention.synonyms().get(0).source())
                    .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
            assertThat(config.get("max.message.bytes").synonyms())
                    .extracting(ConfigEntry.ConfigSynonym::name)
                    .contains("message.max.bytes");
        }

        @Test
        void of_a_topic_that_does_not_exist_are_refused() {
            assertThatThrownBy(() -> config(resource))
                    .isInstanceOf(UnknownTopicOrPartitionException.class);
        }

        @Test
        void are_set_and_deleted() {
            create(simple());
            alter(resource, op("retention.ms", "7000", AlterConfigOp.OpType.SET));
            Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(config("retention.ms").value()).isEqualTo("7000"));

            alter(resource, op("retention.ms", "", AlterConfigOp.OpType.DELETE));

            Awaitility.await()
                    .untilAsserted(() -> assertThat(config("retention.ms").isDefault()).isTrue());
        }

        @Test
        void that_are_lists_grow_and_shrink() {
            create(simple());
            alter(resource, op("cleanup.policy", "compact", AlterConfigOp.OpType.APPEND));
            Awaitility.await()
                    .untilAsserted(
                            () ->
                                    assertThat(config("cleanup.policy").value())
                                            .isEqualTo("delete,compact"));

            alter(resource, op("cleanup.policy", "delete", AlterConfigOp.OpType.SUBTRACT));

            Awaitility.await()
                    .untilAsserted(
                            () ->
                                    assertThat(config("cleanup.policy").value())
                                            .isEqualTo("compact"));
        }

        @Test
        void change_together_or_not_at_all() {
            create(simple());

            assertThatThrownBy(
                            () ->
                                    alter(
                                            resource,
                                            op("retention.ms", "7", AlterConfigOp.OpType.SET),
                                            op("segment.ms", "0", AlterConfigOp.OpType.SET)))
                    .isInstanceOf(InvalidConfigurationException.class)
                    .hasMessageContaining("segment.ms");

            assertThat(config("retention.ms").isDefault()).isTrue();
        }

        @Test
        void are_only_validated_when_asked_to() {
            create(simple());
            Map<ConfigResource, Collection<AlterConfigOp>> changes =
                    Map.of(resource, List.of(op("retention.ms", "7", AlterConfigOp.OpType.SET)));

            get(
                    admin.incrementalAlterConfigs(
                                    changes, new AlterConfigsOptions().validateOnly(true))
                            .all());

            assertThat(config("retention.ms").isDefault()).isTrue();
        }

        @Test
        void that_are_no_lists_cannot_be_appended_to() {
            create(simple());

            assertThatThrownBy(
                            () ->
                                    alter(
                                            resource,
                                            op("retention.ms", "7", AlterConfigOp.OpType.APPEND)))
                    .isInstanceOf(InvalidConfigurationException.class);
        }

        @Test
        void of_all_brokers_are_defaults_of_topics() {
            assumeTrue(broker.embedded(), "not to disturb others on an external broker");
            create(simple());
            ConfigResource all = TopicConfigs.brokerResource("");

            alter(all, op("log.retention.ms", "123456", AlterConfigOp.OpType.SET));
            assertThat(config("retention.ms").value()).isEqualTo("123456");
            assertThat(config("retention.ms").source())
                    .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);

            alter(all, op("log.retention.ms", "", AlterConfigOp.OpType.DELETE));
            assertThat(config("retention.ms").isDefault()).isTrue();
        }

        @Test
        void of_a_broker_that_are_read_at_start_are_not_changed() {
            assertThatThrownBy(
                            () ->
                                    alter(
                                            TopicConfigs.brokerResource(""),
                                            op("node.id", "7", AlterConfigOp.OpType.SET)))
                    .isInstanceOf(InvalidRequestException.class);
        }

        @Test
        void of_a_broker_show_what_it_runs_with() {
            int node = get(admin.describeCluster().nodes()).iterator().next().id();

            Config config = config(TopicConfigs.brokerResource(String.valueOf(node)));

            assertThat(config.get("node.id").value()).isEqualTo(String.valueOf(node));
            assertThat(config.get("log.retention.hours")).isNotNull();
            assertThat(config.get("listeners").value()).contains("PLAINTEXT://");
        }

        @Test
        void name_their_resources() {
            create(simple());

            assertThat(
                            get(
                                    admin.listConfigResources(
                                                    Set.of(ConfigResource.Type.TOPIC),
                                                    new ListConfigResourcesOptions())
                                            .all()))
                    .contains(resource);
        }
    }

    @Nested
    class TheCluster {
        @Test
        void has_an_id_and_nodes() {
            assertThat(get(admin.describeCluster().clusterId())).isNotBlank();
            assertThat(get(admin.describeCluster().nodes()))
                    .isNotEmpty()
                    .allSatisfy(node -> assertThat(node.port()).isPositive());
            assertThat(get(admin.describeCluster().controller())).isNotNull();
        }

        @Test
        void describes_topics_of_any_size_page_by_page() {
            create(new NewTopic(topic, 7, (short) 1));

            TopicDescription description =
                    get(admin.describeTopics(
                                            List.of(topic),
                                            new DescribeTopicsOptions()
                                                    .partitionSizeLimitPerResponse(2))
                                    .allTopicNames())
                            .values()
                            .iterator()
                            .next();

            assertThat(description.partitions())
                    .extracting(p -> p.partition())
                    .containsExactly(0, 1, 2, 3, 4, 5, 6);
        }
    }

    @Nested
    class Producers {
        @Test
        void get_ids_that_nobody_else_has() throws Exception {
            Set<Long> ids = new HashSet<>();
            int wanted = 1_000 + 10;
            try (RawClient client = new RawClient(broker.bootstrapServers())) {
                for (int i = 0; ids.size() < wanted && i < 2 * wanted; i++) {
                    InitProducerIdResponseData answer =
                            client.call(
                                    ApiKeys.INIT_PRODUCER_ID,
                                    i % 6,
                                    new InitProducerIdRequestData()
                                            .setTransactionalId(null)
                                            .setTransactionTimeoutMs(1000),
                                    InitProducerIdResponseData::new);
                    // Apache says so while it fetches its next block.
                    if (answer.errorCode() != Errors.COORDINATOR_LOAD_IN_PROGRESS.code()) {
                        assertThat(answer.errorCode()).isZero();
                        assertThat(answer.producerEpoch()).isZero();
                        assertThat(ids.add(answer.producerId())).isTrue();
                    }
                }
            }
            assertThat(ids).hasSize(wanted);
        }
    }
}
