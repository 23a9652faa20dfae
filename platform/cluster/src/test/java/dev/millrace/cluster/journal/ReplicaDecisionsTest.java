package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.BrokerSession.Replica;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.Decision.Rejected;
import dev.millrace.cluster.journal.MetadataRequest.AlterConfigs;
import dev.millrace.cluster.journal.MetadataRequest.AlterPartition;
import dev.millrace.cluster.journal.MetadataRequest.BrokerHeartbeat;
import dev.millrace.cluster.journal.MetadataRequest.CreateTopic;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ReplicaDecisionsTest {
    private static final Uuid T = new Uuid(1, 2);

    private MetadataState state = MetadataState.EMPTY;
    private long index = 0;

    private Decision ask(MetadataRequest request) {
        Decision decision = Decisions.decide(state, request, ClusterRules.DEFAULT);
        if (decision instanceof Accepted accepted && !accepted.records().isEmpty()) {
            state = state.replay(accepted.records(), ++index);
        }
        return decision;
    }

    /** Done, and it had to be. */
    private void change(MetadataRequest request) {
        Decision decision = ask(request);
        assertThat(decision).isInstanceOf(Accepted.class);
        assertThat(((Accepted) decision).records()).isNotEmpty();
    }

    private static void assertRejected(Decision decision, Errors error) {
        assertThat(decision).isInstanceOf(Rejected.class);
        assertThat(((Rejected) decision).error()).isEqualTo(error);
        assertThat(((Rejected) decision).message()).isNotBlank();
    }

    private static RegisterBroker starting(int nodeId, long previousEpoch) {
        return new RegisterBroker(
                nodeId,
                Uuid.randomUuid(),
                new BrokerStart(
                        "127.0.0.1", 9000 + nodeId, "127.0.0.1", 9100 + nodeId, "", previousEpoch),
                true,
                Map.of());
    }

    private void brokers(int... nodeIds) {
        for (int nodeId : nodeIds) {
            change(starting(nodeId, BrokerStart.UNCLEAN));
            unfence(nodeId);
        }
    }

    private void unfence(int nodeId) {
        change(new BrokerHeartbeat(nodeId, epoch(nodeId), state.version(), false, false));
    }

    private void fence(int nodeId) {
        change(new FenceBroker(nodeId, epoch(nodeId)));
    }

    private void restart(int nodeId) {
        change(starting(nodeId, epoch(nodeId)));
    }

    private void restartWithLoss(int nodeId) {
        change(starting(nodeId, BrokerStart.UNCLEAN));
    }

    private BrokerRegistration broker(int nodeId) {
        return Objects.requireNonNull(state.brokers().get(nodeId));
    }

    private List<Partition> partitions(Uuid topicId) {
        return Objects.requireNonNull(state.topicsById().get(topicId)).partitions();
    }

    private long epoch(int nodeId) {
        return broker(nodeId).brokerEpoch();
    }

    private void topic(int minInsyncReplicas, List<Integer> replicas) {
        change(
                new CreateTopic(
                        "t",
                        T,
                        0,
                        0,
                        Map.of(0, replicas),
                        Map.of("min.insync.replicas", Integer.toString(minInsyncReplicas))));
    }

    private Partition partition() {
        Topic topic = Objects.requireNonNull(state.topicsById().get(T));
        return topic.partitions().get(0);
    }

    private void assertPartition(int leader, List<Integer> isr, List<Integer> elr) {
        assertThat(partition().leader()).as("leader").isEqualTo(leader);
        assertThat(partition().isr()).as("ISR").isEqualTo(isr);
        assertThat(partition().elr()).as("ELR").isEqualTo(elr);
    }

    private AlterPartition altered(Partition seen, Integer... isr) {
        Map<Integer, Long> members = new HashMap<>();
        for (int id : isr) {
            members.put(id, epoch(id));
        }
        return new AlterPartition(
                seen.leader(),
                epoch(seen.leader()),
                T,
                0,
                seen.leaderEpoch(),
                seen.partitionEpoch(),
                members);
    }

    @Nested
    class A_broker {
        @Test
        void starts_fenced_and_is_unfenced_when_it_has_caught_up_with_its_registration() {
            change(starting(1, BrokerStart.UNCLEAN));
            assertThat(broker(1).fenced()).isTrue();

            ask(new BrokerHeartbeat(1, epoch(1), epoch(1) - 1, false, false));
            assertThat(broker(1).fenced()).isTrue();

            ask(new BrokerHeartbeat(1, epoch(1), epoch(1), false, false));
            assertThat(broker(1).fenced()).isFalse();
        }

        @Test
        void that_goes_on_as_it_is_writes_nothing() {
            brokers(1);

            assertThat(ask(new BrokerHeartbeat(1, epoch(1), index, false, false)))
                    .isEqualTo(new Accepted(List.of(), 0));
        }

        @Test
        void of_an_earlier_incarnation_is_not_listened_to() {
            brokers(1);
            long earlier = epoch(1);
            restart(1);

            assertRejected(
                    ask(new BrokerHeartbeat(1, earlier, index, false, false)),
                    Errors.STALE_BROKER_EPOCH);
            assertThat(ask(new FenceBroker(1, earlier))).isEqualTo(new Accepted(List.of(), 0));
            assertRejected(
                    ask(new BrokerHeartbeat(9, earlier, index, false, false)),
                    Errors.BROKER_ID_NOT_REGISTERED);
        }

        @Test
        void is_refused_the_node_id_of_another_that_runs_at_another_address() {
            brokers(1);
            RegisterBroker other =
                    new RegisterBroker(
                            1,
                            Uuid.randomUuid(),
                            new BrokerStart("127.0.0.1", 9009, "127.0.0.1", 9109, "", -1),
                            true,
                            Map.of());

            assertRejected(ask(other), Errors.DUPLICATE_BROKER_REGISTRATION);
            fence(1);
            change(other);
        }

        @Test
        void that_asks_twice_to_register_is_registered_once() {
            RegisterBroker request = starting(1, BrokerStart.UNCLEAN);
            change(request);

            assertThat(ask(request)).isEqualTo(new Accepted(List.of(), 0));
        }

        @Test
        void that_restarts_leads_nothing_until_it_has_caught_up() {
            brokers(1, 2, 3);
            topic(2, List.of(1, 2, 3));

            restart(1);

            assertPartition(2, List.of(2, 3), List.of());
            assertThat(partition().leaderEpoch()).isEqualTo(1);
            unfence(1);
            assertPartition(2, List.of(2, 3), List.of());
        }

        @Test
        void that_shuts_down_hands_over_and_gets_new_replicas_only_where_others_are_too_few() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));

            change(new BrokerHeartbeat(1, epoch(1), index, false, true));

            assertThat(broker(1).shuttingDown()).isTrue();
            assertThat(broker(1).fenced()).isFalse();
            assertPartition(2, List.of(2, 3), List.of());
            Uuid two = Uuid.randomUuid();
            change(new CreateTopic("two", two, 3, 2, Map.of(), Map.of()));
            assertThat(partitions(two))
                    .allSatisfy(each -> assertThat(each.replicas()).doesNotContain(1));
            Uuid three = Uuid.randomUuid();
            change(new CreateTopic("three", three, 3, 3, Map.of(), Map.of()));
            assertThat(partitions(three))
                    .allSatisfy(
                            each -> {
                                assertThat(each.replicas()).containsExactlyInAnyOrder(1, 2, 3);
                                assertThat(each.isr())
                                        .containsExactlyInAnyOrder(2, 3)
                                        .contains(each.leader());
                            });
            assertThat(partitions(three).stream().map(each -> each.replicas().get(0)))
                    .as("who is to lead when all are there")
                    .containsExactlyInAnyOrder(1, 2, 3);
            assertRejected(ask(altered(partition(), 1, 2, 3)), Errors.INELIGIBLE_REPLICA);
        }

        @Test
        void that_is_down_gets_its_share_of_what_the_others_are_too_few_for() {
            brokers(1, 2, 3, 4, 5);
            fence(4);
            fence(5);

            change(new CreateTopic("t", T, 4, 4, Map.of(), Map.of()));

            assertThat(partitions(T))
                    .allSatisfy(
                            each -> {
                                assertThat(each.replicas()).doesNotHaveDuplicates().hasSize(4);
                                assertThat(each.isr()).containsExactlyInAnyOrder(1, 2, 3);
                            })
                    .anySatisfy(each -> assertThat(each.replicas()).contains(4))
                    .anySatisfy(each -> assertThat(each.replicas()).contains(5));
            fence(1);
            fence(2);
            fence(3);
            assertRejected(
                    ask(new CreateTopic("u", Uuid.randomUuid(), 1, 1, Map.of(), Map.of())),
                    Errors.INVALID_REPLICATION_FACTOR);
        }

        @Test
        void that_is_unregistered_leads_nothing() {
            brokers(1, 2);
            topic(1, List.of(1, 2));

            assertRejected(ask(new UnregisterBroker(1)), Errors.INVALID_REQUEST);
            fence(1);
            change(new UnregisterBroker(1));

            assertPartition(2, List.of(2), List.of());
        }

        @Test
        void that_is_cordoned_gets_no_replicas_until_another_has_its_node_id() {
            brokers(1, 2, 3);
            change(
                    new AlterConfigs(
                            new ConfigResource(ConfigResource.Type.BROKER, "2"),
                            Map.of(Cordon.SETTING, Optional.of(Cordon.ALL)),
                            Map.of()));

            assertRejected(
                    ask(new CreateTopic("u", Uuid.randomUuid(), 1, 3, Map.of(), Map.of())),
                    Errors.INVALID_REPLICATION_FACTOR);
            change(new CreateTopic("t", T, 1, 2, Map.of(), Map.of()));
            assertThat(partition().replicas()).containsExactlyInAnyOrder(1, 3);

            fence(2);
            change(new UnregisterBroker(2));
            brokers(2);
            change(new CreateTopic("u", Uuid.randomUuid(), 1, 3, Map.of(), Map.of()));
        }

        @Test
        void joins_the_journal_of_its_own_cluster_under_a_node_id_that_nobody_has() {
            change(new FormatCluster("ours"));
            brokers(1);

            assertThat(ask(new JoinJournal(4, "ours", "h-9540", "h", 9541, Map.of())))
                    .isEqualTo(new Accepted(List.of(), 0));
            assertRejected(
                    ask(new JoinJournal(4, "theirs", "h-9540", "h", 9541, Map.of())),
                    Errors.INCONSISTENT_CLUSTER_ID);
            assertRejected(
                    ask(new JoinJournal(1, "ours", "h-9540", "h", 9541, Map.of())),
                    Errors.DUPLICATE_BROKER_REGISTRATION);
        }

        @Test
        void of_an_older_version_than_the_cluster_works_with_is_refused() {
            change(new FormatCluster("cluster"));
            VersionRange older = new VersionRange((short) 0, (short) 1);
            Map<String, VersionRange> features = new HashMap<>(SupportedFeatures.RANGES);
            features.put(SupportedFeatures.TRANSACTION_VERSION, older);
            RegisterBroker starting = starting(1, BrokerStart.UNCLEAN);

            Decision decision =
                    ask(
                            new RegisterBroker(
                                    1, starting.incarnationId(), starting.start(), true, features));

            assertRejected(decision, Errors.UNSUPPORTED_VERSION);
            assertThat(((Rejected) decision).message())
                    .contains("finalized version 2 of transaction.version", "between 0 and 1");
        }
    }

    @Nested
    class When_a_broker_is_fenced {
        @Test
        void the_first_of_the_isr_in_the_order_of_the_replicas_leads() {
            brokers(1, 2, 3);
            topic(1, List.of(3, 1, 2));

            fence(3);

            assertPartition(1, List.of(1, 2), List.of());
            assertThat(partition().leaderEpoch()).isEqualTo(1);
            assertThat(partition().partitionEpoch()).isEqualTo(1);
        }

        @Test
        void the_leader_and_its_epoch_stay_if_it_was_a_follower() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));

            fence(2);

            assertPartition(1, List.of(1, 3), List.of());
            assertThat(partition().leaderEpoch()).isZero();
            assertThat(partition().partitionEpoch()).isEqualTo(1);
        }

        @Test
        void nobody_leads_without_replicas_that_have_all_that_is_committed() {
            brokers(1, 2);
            topic(1, List.of(1, 2));
            fence(2);

            fence(1);

            assertPartition(-1, List.of(), List.of(1));
            unfence(2);
            assertPartition(-1, List.of(), List.of(1));
            unfence(1);
            assertPartition(1, List.of(1), List.of());
            assertThat(partition().leaderEpoch()).isEqualTo(2);
        }

        @Test
        void a_partition_that_is_not_concerned_is_not_written() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2));

            assertThat(((Accepted) ask(new FenceBroker(3, epoch(3)))).records()).hasSize(1);
        }
    }

    @Nested
    class Eligible_leader_replicas {
        @Test
        void are_those_that_left_while_nothing_could_be_committed() {
            brokers(1, 2, 3);
            topic(2, List.of(1, 2, 3));

            fence(1);
            assertPartition(2, List.of(2, 3), List.of());
            fence(2);
            assertPartition(3, List.of(3), List.of(2));
            fence(3);
            assertPartition(-1, List.of(), List.of(2, 3));
        }

        @Test
        void may_lead_when_the_last_of_the_isr_comes_back_without_its_records() {
            brokers(1, 2, 3);
            topic(2, List.of(1, 2, 3));
            fence(1);
            fence(2);
            restartWithLoss(3);
            assertPartition(-1, List.of(), List.of(2));

            unfence(3);
            assertPartition(-1, List.of(), List.of(2));

            unfence(2);
            assertPartition(2, List.of(2), List.of());
        }

        @Test
        void are_none_as_soon_as_the_isr_is_large_enough() {
            brokers(1, 2, 3);
            topic(2, List.of(1, 2, 3));
            fence(1);
            fence(2);
            unfence(1);
            assertPartition(3, List.of(3), List.of(2));

            change(altered(partition(), 3, 1));

            assertPartition(3, List.of(1, 3), List.of());
        }

        @Test
        void are_none_once_a_smaller_min_insync_replicas_lets_the_leader_commit_alone() {
            brokers(1, 2);
            topic(2, List.of(1, 2));
            fence(2);
            assertPartition(1, List.of(1), List.of(2));

            change(
                    new AlterConfigs(
                            new ConfigResource(ConfigResource.Type.TOPIC, "t"),
                            Map.of("min.insync.replicas", Optional.of("1")),
                            Map.of()));

            assertPartition(1, List.of(1), List.of());
        }

        @Test
        void when_all_have_lost_records_the_last_leader_is_the_best_there_is() {
            brokers(1, 2, 3);
            topic(2, List.of(1, 2, 3));
            restartWithLoss(1);
            restartWithLoss(2);
            restartWithLoss(3);
            assertPartition(-1, List.of(), List.of());
            assertThat(partition().lastKnownElr()).containsExactly(3);

            unfence(1);
            unfence(2);
            assertPartition(-1, List.of(), List.of());

            unfence(3);
            assertPartition(3, List.of(3), List.of());
            assertThat(partition().lastKnownElr()).isEmpty();
        }
    }

    @Nested
    class Altering_a_partition {
        @Test
        void changes_the_isr_and_the_partition_epoch() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));

            change(altered(partition(), 1, 2));

            assertPartition(1, List.of(1, 2), List.of());
            assertThat(partition().leaderEpoch()).isZero();
            assertThat(partition().partitionEpoch()).isEqualTo(1);
        }

        @Test
        void is_refused_when_the_partition_has_moved_on() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));
            Partition seen = partition();
            change(altered(seen, 1, 2));

            assertRejected(ask(altered(seen, 1, 3)), Errors.INVALID_UPDATE_VERSION);
        }

        @Test
        void is_granted_again_when_it_is_as_asked_already() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));
            AlterPartition request = altered(partition(), 1, 2);
            change(request);

            assertThat(ask(request)).isEqualTo(new Accepted(List.of(), 0));
        }

        @Test
        void as_it_is_leaves_behind_what_was_asked_under_the_same_epoch() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));
            change(altered(partition(), 1, 2));
            AlterPartition onItsWay = altered(partition(), 1, 2, 3);
            fence(3);
            assertRejected(ask(onItsWay), Errors.INELIGIBLE_REPLICA);
            Partition before = partition();

            change(altered(before, 1, 2));

            assertThat(partition().partitionEpoch()).isEqualTo(before.partitionEpoch() + 1);
            assertThat(partition().isr()).containsExactly(1, 2);
            assertThat(partition().leaderEpoch()).isEqualTo(before.leaderEpoch());
            unfence(3);
            assertRejected(ask(onItsWay), Errors.INVALID_UPDATE_VERSION);
        }

        @Test
        void is_refused_to_a_leader_that_was_deposed() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));
            AlterPartition late = altered(partition(), 1, 2);
            fence(1);
            unfence(1);

            assertRejected(ask(late), Errors.FENCED_LEADER_EPOCH);
        }

        @Test
        void is_refused_for_a_replica_that_has_restarted_since_it_fetched() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2, 3));
            fence(3);
            unfence(3);
            AlterPartition request = altered(partition(), 1, 2, 3);
            restartWithLoss(3);
            unfence(3);

            assertRejected(ask(request), Errors.INELIGIBLE_REPLICA);
        }

        @Test
        void is_refused_for_who_is_no_replica_and_for_an_isr_without_its_leader() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2));
            Partition seen = partition();

            assertRejected(ask(altered(seen, 1, 3)), Errors.INVALID_REQUEST);
            assertRejected(
                    ask(new AlterPartition(1, epoch(1), T, 0, 0, 0, Map.of(2, epoch(2)))),
                    Errors.INVALID_REQUEST);
            assertRejected(
                    ask(new AlterPartition(1, epoch(1), Uuid.randomUuid(), 0, 0, 0, Map.of())),
                    Errors.UNKNOWN_TOPIC_ID);
        }
    }

    @Nested
    class Electing {
        @Test
        void the_preferred_leader_takes_it_back_when_it_is_in_the_isr() {
            brokers(1, 2);
            topic(1, List.of(1, 2));
            fence(1);
            unfence(1);
            ElectLeader request = new ElectLeader("t", 0, ElectionType.PREFERRED);

            assertRejected(ask(request), Errors.PREFERRED_LEADER_NOT_AVAILABLE);
            change(altered(partition(), 1, 2));
            change(request);

            assertPartition(1, List.of(1, 2), List.of());
            assertRejected(ask(request), Errors.ELECTION_NOT_NEEDED);
        }

        @Test
        void rebalancing_brings_all_back_that_can_be() {
            brokers(1, 2);
            topic(1, List.of(1, 2));
            fence(1);
            unfence(1);
            assertThat(((Accepted) ask(new RebalanceLeaders())).records()).isEmpty();
            change(altered(partition(), 1, 2));

            change(new RebalanceLeaders());

            assertPartition(1, List.of(1, 2), List.of());
        }

        @Test
        void unclean_takes_whoever_runs_but_only_when_there_is_no_leader() {
            brokers(1, 2);
            topic(1, List.of(1, 2));
            ElectLeader request = new ElectLeader("t", 0, ElectionType.UNCLEAN);
            assertRejected(ask(request), Errors.ELECTION_NOT_NEEDED);
            fence(2);
            fence(1);
            assertRejected(ask(request), Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE);
            unfence(2);

            change(request);

            assertPartition(2, List.of(2), List.of());
        }

        @Test
        void unclean_happens_by_itself_where_the_topic_allows_it() {
            brokers(1, 2);
            topic(1, List.of(1, 2));
            ask(
                    new AlterConfigs(
                            new ConfigResource(ConfigResource.Type.TOPIC, "t"),
                            Map.of("unclean.leader.election.enable", Optional.of("true")),
                            Map.of()));
            fence(2);
            fence(1);

            unfence(2);

            assertPartition(2, List.of(2), List.of());
        }
    }

    @Nested
    class Reassigning {
        private ReassignPartition to(Integer... replicas) {
            return new ReassignPartition("t", 0, Optional.of(List.of(replicas)), true);
        }

        private final ReassignPartition cancel =
                new ReassignPartition("t", 0, Optional.empty(), true);

        @Test
        void ends_when_all_of_the_target_are_in_the_isr() {
            brokers(1, 2, 3, 4);
            topic(2, List.of(1, 2));

            change(to(3, 4));
            assertThat(partition().replicas()).containsExactly(3, 4, 1, 2);
            assertThat(partition().adding()).containsExactly(3, 4);
            assertThat(partition().removing()).containsExactly(1, 2);
            assertPartition(1, List.of(1, 2), List.of());

            change(altered(partition(), 1, 2, 3));
            assertThat(partition().isReassigning()).isTrue();
            change(altered(partition(), 1, 2, 3, 4));

            assertThat(partition().isReassigning()).isFalse();
            assertThat(partition().replicas()).containsExactly(3, 4);
            assertPartition(3, List.of(3, 4), List.of());
            assertThat(partition().leaderEpoch()).isEqualTo(1);
        }

        @Test
        void moves_the_leader_epoch_even_if_the_leader_stays() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2));

            change(to(1, 3));
            change(altered(partition(), 1, 2, 3));

            assertPartition(1, List.of(1, 3), List.of());
            assertThat(partition().leaderEpoch()).isEqualTo(1);
        }

        @Test
        void is_cancelled_back_to_what_it_was() {
            brokers(1, 2, 3);
            topic(1, List.of(1, 2));
            assertRejected(ask(cancel), Errors.NO_REASSIGNMENT_IN_PROGRESS);
            change(to(3, 2));

            change(cancel);

            assertThat(partition().replicas()).containsExactly(2, 1);
            assertThat(partition().isReassigning()).isFalse();
            assertPartition(1, List.of(1, 2), List.of());
        }

        @Test
        void is_refused_for_replicas_that_are_not_there() {
            brokers(1, 2);
            topic(1, List.of(1));

            assertRejected(ask(to(1, 7)), Errors.INVALID_REPLICA_ASSIGNMENT);
            assertRejected(ask(to(2, 2)), Errors.INVALID_REPLICA_ASSIGNMENT);
            assertRejected(ask(to()), Errors.INVALID_REPLICA_ASSIGNMENT);
            assertRejected(
                    ask(new ReassignPartition("t", 0, Optional.of(List.of(1, 2)), false)),
                    Errors.INVALID_REPLICATION_FACTOR);
            assertRejected(
                    ask(new ReassignPartition("t", 1, Optional.of(List.of(1)), true)),
                    Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }

        @Test
        void a_new_order_alone_is_done_at_once() {
            brokers(1, 2);
            topic(1, List.of(1, 2));

            change(to(2, 1));

            assertThat(partition().replicas()).containsExactly(2, 1);
            assertPartition(1, List.of(1, 2), List.of());
        }
    }

    @Test
    void a_replica_on_a_broken_disk_leads_no_more_while_its_broker_goes_on() {
        brokers(1, 2);
        topic(1, List.of(1, 2));

        change(new ReplicasOffline(1, epoch(1), List.of(new Replica(T, 0))));

        assertPartition(2, List.of(2), List.of());
        assertThat(broker(1).isActive()).isTrue();
        assertRejected(
                ask(new ReplicasOffline(1, epoch(1) - 1, List.of(new Replica(T, 0)))),
                Errors.STALE_BROKER_EPOCH);
    }

    @Test
    void more_partitions_than_one_entry_takes_are_settled_in_steps() {
        brokers(1, 2);
        int topics = 3;
        int each = Elections.MAX_PARTITIONS_CHANGED / 2;
        for (int i = 0; i < topics; i++) {
            change(new CreateTopic("t" + i, Uuid.randomUuid(), each, 2, Map.of(), Map.of()));
        }

        Decision first = ask(new FenceBroker(1, epoch(1)));
        assertThat(Elections.mayHaveMore(((Accepted) first).records())).isTrue();
        Decision second = ask(new SettlePartitions());
        assertThat(Elections.mayHaveMore(((Accepted) second).records())).isFalse();

        assertThat(state.topics().values())
                .flatExtracting(Topic::partitions)
                .hasSize(topics * each)
                .allMatch(p -> p.leader() == 2 && p.isr().equals(List.of(2)));
    }
}
