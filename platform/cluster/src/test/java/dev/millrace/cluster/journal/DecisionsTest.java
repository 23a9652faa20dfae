package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.Decision.Rejected;
import dev.millrace.cluster.journal.MetadataRecord.TopicCreated;
import dev.millrace.cluster.journal.MetadataRequest.AllocateProducerIds;
import dev.millrace.cluster.journal.MetadataRequest.AlterClientQuotas;
import dev.millrace.cluster.journal.MetadataRequest.AlterConfigs;
import dev.millrace.cluster.journal.MetadataRequest.AlterPartition;
import dev.millrace.cluster.journal.MetadataRequest.AlterScramCredentials;
import dev.millrace.cluster.journal.MetadataRequest.BrokerHeartbeat;
import dev.millrace.cluster.journal.MetadataRequest.CreatePartitions;
import dev.millrace.cluster.journal.MetadataRequest.CreateTopic;
import dev.millrace.cluster.journal.MetadataRequest.DeleteTopic;
import dev.millrace.cluster.journal.MetadataRequest.ElectLeader;
import dev.millrace.cluster.journal.MetadataRequest.FenceBroker;
import dev.millrace.cluster.journal.MetadataRequest.FormatCluster;
import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import dev.millrace.cluster.journal.MetadataRequest.ReassignPartition;
import dev.millrace.cluster.journal.MetadataRequest.RebalanceLeaders;
import dev.millrace.cluster.journal.MetadataRequest.RegisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.ReplicasOffline;
import dev.millrace.cluster.journal.MetadataRequest.SettlePartitions;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.UpdateFeatures;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecisionsTest {
    private MetadataState state = MetadataState.EMPTY;
    private long index = 0;

    private Decision ask(MetadataRequest request) {
        Decision decision = Decisions.decide(state, request, ClusterRules.DEFAULT);
        if (decision instanceof Accepted accepted) {
            state = state.replay(accepted.records(), ++index);
        }
        return decision;
    }

    private static CreateTopic topic(String name, int partitions, int replicationFactor) {
        return new CreateTopic(
                name, Uuid.randomUuid(), partitions, replicationFactor, Map.of(), Map.of());
    }

    private static CreateTopic topic(String name, Map<Integer, List<Integer>> assignment) {
        return new CreateTopic(name, Uuid.randomUuid(), 0, 0, assignment, Map.of());
    }

    private void brokers(String... racks) {
        for (int i = 0; i < racks.length; i++) {
            ask(Registrations.of(i + 1, 9092 + i, racks[i], Map.of()));
        }
    }

    private Topic existing(String name) {
        return state.image(1).topic(name).orElseThrow();
    }

    private long brokerEpoch(int nodeId) {
        return Objects.requireNonNull(state.brokers().get(nodeId)).brokerEpoch();
    }

    private static AlterConfigs altered(
            ConfigResource resource, Map<String, Optional<String>> changes) {
        return new AlterConfigs(resource, changes, Map.of());
    }

    private static void assertRejected(Decision decision, Errors error, String... words) {
        assertThat(decision).isInstanceOf(Rejected.class);
        assertThat(((Rejected) decision).error()).isEqualTo(error);
        assertThat(((Rejected) decision).message()).isNotBlank();
        for (String word : words) {
            assertThat(((Rejected) decision).message()).contains(word);
        }
    }

    @Nested
    class Creating_a_topic {
        @Test
        void gives_every_partition_its_leader_as_the_whole_isr_with_one_broker() {
            brokers("");

            Decision decision = ask(topic("orders", 3, 1));

            List<MetadataRecord> records = ((Accepted) decision).records();
            assertThat(((TopicCreated) records.get(0)).partitions())
                    .containsExactly(
                            new Partition(0, 1, 0, 0, List.of(1), List.of(1)),
                            new Partition(1, 1, 0, 0, List.of(1), List.of(1)),
                            new Partition(2, 1, 0, 0, List.of(1), List.of(1)));
        }

        @Test
        void is_refused_when_the_name_is_taken() {
            brokers("");
            ask(topic("orders", 1, 1));

            assertRejected(ask(topic("orders", 1, 1)), Errors.TOPIC_ALREADY_EXISTS, "orders");
        }

        @Test
        void is_recognised_when_the_same_request_comes_again() {
            brokers("");
            CreateTopic request = topic("orders", 1, 1);
            ask(request);

            assertThat(ask(request)).isEqualTo(new Accepted(List.of(), 0));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", ".", "..", "a b", "ä", "a/b", "a\nb"})
        void is_refused_when_the_name_is_illegal(String name) {
            brokers("");

            assertRejected(ask(topic(name, 1, 1)), Errors.INVALID_TOPIC_EXCEPTION);
        }

        @Test
        void allows_names_of_249_characters_and_no_more() {
            brokers("");

            assertThat(ask(topic("x".repeat(249), 1, 1))).isInstanceOf(Accepted.class);
            assertRejected(
                    ask(topic("y".repeat(250), 1, 1)), Errors.INVALID_TOPIC_EXCEPTION, "250");
        }

        @Test
        void is_refused_when_metric_names_would_collide_until_the_other_is_deleted() {
            brokers("");
            CreateTopic dotted = topic("a.b", 1, 1);
            ask(dotted);

            assertRejected(ask(topic("a_b", 1, 1)), Errors.INVALID_TOPIC_EXCEPTION, "a.b");

            ask(new DeleteTopic(dotted.id()));
            assertThat(ask(topic("a_b", 1, 1))).isInstanceOf(Accepted.class);
        }

        @Test
        void is_refused_without_partitions_or_replicas() {
            brokers("");

            assertRejected(ask(topic("a", 0, 1)), Errors.INVALID_PARTITIONS, "got 0");
            assertRejected(ask(topic("a", 10_001, 1)), Errors.INVALID_PARTITIONS, "10000");
            assertRejected(ask(topic("a", 1, 0)), Errors.INVALID_REPLICATION_FACTOR, "got 0");
        }

        @Test
        void is_refused_when_there_are_fewer_brokers_than_replicas() {
            brokers("", "");

            assertRejected(
                    ask(topic("a", 1, 3)), Errors.INVALID_REPLICATION_FACTOR, "3", "only 2 broker");
        }

        @Test
        void is_refused_with_a_reserved_id() {
            brokers("");

            assertRejected(
                    ask(new CreateTopic("a", Uuid.ZERO_UUID, 1, 1, Map.of(), Map.of())),
                    Errors.INVALID_REQUEST);
        }

        @Test
        void keeps_its_configs() {
            brokers("");
            ask(
                    new CreateTopic(
                            "a",
                            Uuid.randomUuid(),
                            1,
                            1,
                            Map.of(),
                            Map.of("cleanup.policy", "compact")));

            assertThat(state.image(1).config(new ConfigResource(ConfigResource.Type.TOPIC, "a")))
                    .containsExactly(Map.entry("cleanup.policy", "compact"));
        }
    }

    @Nested
    class A_manual_assignment {
        @Test
        void is_taken_as_it_is_first_replica_leading() {
            brokers("", "", "");

            ask(topic("a", Map.of(0, List.of(3, 1), 1, List.of(2, 3))));

            assertThat(existing("a").partitions())
                    .extracting(Partition::replicas, Partition::leader)
                    .containsExactly(tuple(List.of(3, 1), 3), tuple(List.of(2, 3), 2));
        }

        @Test
        void is_refused_with_gaps_doubles_strangers_or_uneven_replicas() {
            brokers("", "");

            assertRejected(
                    ask(topic("a", Map.of(0, List.of(1), 2, List.of(1)))),
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "[0, 2]");
            assertRejected(
                    ask(topic("a", Map.of(1, List.of(1)))), Errors.INVALID_REPLICA_ASSIGNMENT);
            assertRejected(
                    ask(topic("a", Map.of(0, List.of(1, 1)))),
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "[1, 1]");
            assertRejected(
                    ask(topic("a", Map.of(0, List.of()))), Errors.INVALID_REPLICA_ASSIGNMENT);
            assertRejected(
                    ask(topic("a", Map.of(0, List.of(7)))),
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "[7]");
            assertRejected(
                    ask(topic("a", Map.of(0, List.of(1, 2), 1, List.of(1)))),
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "2 replica(s)");
        }
    }

    @Nested
    class Growing_a_topic {
        @Test
        void numbers_the_new_partitions_on() {
            brokers("", "");
            ask(topic("a", 2, 2));

            ask(new CreatePartitions("a", 5, List.of()));

            List<Partition> partitions = existing("a").partitions();
            assertThat(partitions).extracting(Partition::index).containsExactly(0, 1, 2, 3, 4);
            assertThat(partitions).allSatisfy(p -> assertThat(p.replicas()).hasSize(2));
            assertThat(state.image(1).topic(existing("a").id()).orElseThrow().partitions())
                    .hasSize(5);
        }

        @Test
        void never_shrinks_it() {
            brokers("");
            ask(topic("a", 3, 1));

            assertRejected(
                    ask(new CreatePartitions("a", 3, List.of())), Errors.INVALID_PARTITIONS, "3");
            assertRejected(
                    ask(new CreatePartitions("a", 2, List.of())), Errors.INVALID_PARTITIONS, "2");
        }

        @Test
        void takes_one_assignment_per_new_partition() {
            brokers("", "");
            ask(topic("a", 1, 1));

            assertRejected(
                    ask(new CreatePartitions("a", 3, List.of(List.of(1)))),
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "2 assignment(s)");
            ask(new CreatePartitions("a", 3, List.of(List.of(2), List.of(1))));

            assertThat(existing("a").partitions().subList(1, 3))
                    .extracting(Partition::leader)
                    .containsExactly(2, 1);
        }

        @Test
        void needs_a_topic() {
            assertRejected(
                    ask(new CreatePartitions("no", 3, List.of())),
                    Errors.UNKNOWN_TOPIC_OR_PARTITION,
                    "no");
        }
    }

    @Nested
    class Deleting_a_topic {
        @Test
        void takes_its_configs_along_so_that_a_new_one_starts_clean() {
            brokers("");
            CreateTopic request = topic("a", 1, 1);
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "a");
            ask(request);
            ask(altered(resource, Map.of("retention.ms", Optional.of("1"))));

            ask(new DeleteTopic(request.id()));
            ask(topic("a", 1, 1));

            assertThat(state.image(1).config(resource)).isEmpty();
            assertThat(state.image(1).topic(request.id())).isEmpty();
        }

        @Test
        void needs_an_id_that_exists() {
            assertRejected(ask(new DeleteTopic(Uuid.randomUuid())), Errors.UNKNOWN_TOPIC_ID);
        }
    }

    @Nested
    class Altering_configs {
        private final ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");

        @Test
        void sets_and_removes_single_keys() {
            ask(altered(broker, Map.of("a", Optional.of("1"), "b", Optional.of("2"))));
            ask(altered(broker, Map.of("a", Optional.empty(), "c", Optional.of("3"))));

            assertThat(state.image(1).config(broker)).isEqualTo(Map.of("b", "2", "c", "3"));
        }

        @Test
        void appends_nothing_that_changes_nothing() {
            ask(altered(broker, Map.of("a", Optional.of("1"))));

            assertThat(ask(altered(broker, Map.of("a", Optional.of("1"), "b", Optional.empty()))))
                    .isEqualTo(new Accepted(List.of(), 0));
        }

        @Test
        void needs_a_resource_that_the_cluster_keeps() {
            Map<String, Optional<String>> change = Map.of("a", Optional.of("1"));
            assertRejected(
                    ask(altered(new ConfigResource(ConfigResource.Type.TOPIC, "no"), change)),
                    Errors.UNKNOWN_TOPIC_OR_PARTITION);
            assertRejected(
                    ask(altered(new ConfigResource(ConfigResource.Type.BROKER, "x"), change)),
                    Errors.INVALID_REQUEST,
                    "x");
            assertRejected(
                    ask(
                            altered(
                                    new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1"),
                                    change)),
                    Errors.INVALID_REQUEST);
        }
    }

    @Test
    void blocks_of_producer_ids_do_not_overlap() {
        assertThat(((Accepted) ask(new AllocateProducerIds(1000))).reply()).isEqualTo(0);
        assertThat(((Accepted) ask(new AllocateProducerIds(1))).reply()).isEqualTo(1000);
        assertThat(((Accepted) ask(new AllocateProducerIds(10))).reply()).isEqualTo(1001);
        assertRejected(ask(new AllocateProducerIds(0)), Errors.INVALID_REQUEST, "0");
        assertRejected(ask(new AllocateProducerIds(-5)), Errors.INVALID_REQUEST, "-5");
    }

    @Test
    void a_broker_that_registers_again_gets_a_larger_epoch() {
        brokers("");
        long first = brokerEpoch(1);
        brokers("");

        assertThat(brokerEpoch(1)).isGreaterThan(first);
    }

    @Test
    void a_cluster_is_named_once() {
        ask(new FormatCluster("first"));
        ask(new FormatCluster("second"));

        assertThat(state.clusterId()).isEqualTo("first");
    }

    @Test
    void every_kind_of_request_has_a_rule() {
        assertThat(MetadataRequest.class.getPermittedSubclasses())
                .as("asked in this class, in SettingDecisionsTest or in ReplicaDecisionsTest")
                .containsExactlyInAnyOrder(
                        FormatCluster.class,
                        JoinJournal.class,
                        RegisterBroker.class,
                        CreateTopic.class,
                        DeleteTopic.class,
                        CreatePartitions.class,
                        AlterConfigs.class,
                        AllocateProducerIds.class,
                        UnregisterBroker.class,
                        UpdateFeatures.class,
                        AlterClientQuotas.class,
                        AlterScramCredentials.class,
                        BrokerHeartbeat.class,
                        FenceBroker.class,
                        ReplicasOffline.class,
                        AlterPartition.class,
                        ElectLeader.class,
                        SettlePartitions.class,
                        RebalanceLeaders.class,
                        ReassignPartition.class);
    }

    @Nested
    class Placement_of_replicas {
        @Test
        void spreads_leaders_evenly() {
            brokers("", "", "");

            ask(topic("a", 30, 2));

            for (int broker = 1; broker <= 3; broker++) {
                int leader = broker;
                assertThat(existing("a").partitions())
                        .filteredOn(p -> p.leader() == leader)
                        .hasSize(10);
            }
        }

        @Test
        void gives_a_partition_as_many_racks_as_it_can() {
            brokers("a", "b", "c", "a", "b");

            ask(topic("t", 20, 3));

            List<String> rackOf = List.of("", "a", "b", "c", "a", "b");
            assertThat(existing("t").partitions())
                    .allSatisfy(
                            p ->
                                    assertThat(p.replicas())
                                            .extracting(rackOf::get)
                                            .containsExactlyInAnyOrder("a", "b", "c"));
        }
    }
}
