package dev.millrace.streams.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.TaskId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** A group while its members are replaced by those of another version, without a cluster. */
class MixedVersionsTest {
    private static final String APPLICATION = "app";
    private static final int PARTITIONS = 4;
    private static final int ROUNDS = 8;

    /** One sub-topology reads the input, the other what the first sends on: it has state. */
    private final SourceTopics sources =
            new SourceTopics(
                    APPLICATION,
                    List.of(
                            new SubtopologySpec(0, List.of(), Set.of("in"), List.of()),
                            new SubtopologySpec(
                                    1, List.of(), Set.of("app-words-repartition"), List.of())));

    private final Map<String, Instance> group = new TreeMap<>();
    private int rebalances;

    /** One thread of one process. */
    private final class Instance implements TaskAssignor.Owner {
        private final ConsumerPartitionAssignor assignor;
        private final UUID processId;
        private final Map<TaskId, Long> stored = new TreeMap<>();
        private Set<TopicPartition> owned = Set.of();
        private AssignorData.Assigned told = AssignorData.Assigned.NOTHING;
        private boolean understood = true;

        <A extends ConsumerPartitionAssignor & Configurable> Instance(A assignor, int number) {
            this.assignor = assignor;
            this.processId = new UUID(7, number);
            assignor.configure(
                    Map.of(
                            TaskAssignor.CONTEXT_CONFIG,
                            new TaskAssignor.Context(
                                    sources,
                                    processId,
                                    this,
                                    cluster -> partitions(),
                                    MixedVersionsTest.this::ends,
                                    new TaskPlacement.Settings(1, 100, 2),
                                    null)));
        }

        @Override
        public TaskPlacement.Member joining(Set<String> topics) {
            return new TaskPlacement.Member(processId, running(), stored, "", false);
        }

        @Override
        public void assigned(AssignorData.Assigned assigned, boolean understood) {
            told = assigned;
            this.understood = understood;
        }

        Set<TaskId> running() {
            Set<TaskId> tasks = new TreeSet<>();
            owned.forEach(
                    each ->
                            tasks.add(
                                    new TaskId(
                                            Objects.requireNonNull(
                                                    sources.subtopologyOf(each.topic())),
                                            each.partition())));
            return tasks;
        }

        int speaks() {
            ByteBuffer said =
                    Objects.requireNonNull(assignor.subscriptionUserData(sources.named()));
            return said.get(said.position());
        }
    }

    private Map<String, Integer> partitions() {
        Map<String, Integer> partitions = new TreeMap<>();
        sources.named().forEach(topic -> partitions.put(topic, PARTITIONS));
        return partitions;
    }

    private Map<TaskId, Long> ends(Set<TaskId> tasks) {
        Map<TaskId, Long> ends = new TreeMap<>();
        tasks.stream()
                .filter(task -> task.subtopology() == 1)
                .forEach(task -> ends.put(task, 1000L));
        return ends;
    }

    private Instance former(int number) {
        return new Instance(new FormerAssignor(), number);
    }

    private Instance present(int number) {
        return new Instance(new TaskAssignor(), number);
    }

    /** As a consumer of the cooperative protocol; whether it has to join again. */
    @SuppressWarnings("removal") // tests have no other way to make metadata of a group
    private boolean rebalance(String leader) {
        rebalances++;
        Map<String, Subscription> said = new HashMap<>();
        group.forEach(
                (id, each) ->
                        said.put(
                                id,
                                new Subscription(
                                        new ArrayList<>(sources.named()),
                                        each.assignor.subscriptionUserData(sources.named()),
                                        new ArrayList<>(each.owned))));
        Map<String, Assignment> answer =
                Objects.requireNonNull(group.get(leader))
                        .assignor
                        .assign(Cluster.empty(), new GroupSubscription(said))
                        .groupAssignment();
        Set<TopicPartition> given = new HashSet<>();
        boolean again = false;
        for (Map.Entry<String, Instance> each : group.entrySet()) {
            Instance instance = each.getValue();
            Assignment assignment = Objects.requireNonNull(answer.get(each.getKey()));
            for (TopicPartition partition : assignment.partitions()) {
                assertThat(given.add(partition)).as("%s is given once", partition).isTrue();
                group.values().stream()
                        .filter(other -> other != instance)
                        .forEach(other -> assertThat(other.owned).doesNotContain(partition));
            }
        }
        for (Map.Entry<String, Instance> each : group.entrySet()) {
            Instance instance = each.getValue();
            Assignment assignment = Objects.requireNonNull(answer.get(each.getKey()));
            Set<TopicPartition> now = new HashSet<>(assignment.partitions());
            again |= !now.containsAll(instance.owned);
            instance.owned = now;
            instance.assignor.onAssignment(assignment, new ConsumerGroupMetadata(APPLICATION));
            again |= !instance.understood;
            ends(instance.running()).forEach(instance.stored::put);
            ends(instance.told.standby()).forEach(instance.stored::put);
        }
        return again;
    }

    private void settle(String leader) {
        int rounds = 0;
        while (rebalance(leader)) {
            assertThat(++rounds).as("rebalances without an end").isLessThan(ROUNDS);
        }
        List<TaskId> running = new ArrayList<>();
        group.values().forEach(each -> running.addAll(each.running()));
        assertThat(running).doesNotHaveDuplicates().hasSize(2 * PARTITIONS);
    }

    private Map<String, Set<TaskId>> running() {
        Map<String, Set<TaskId>> running = new TreeMap<>();
        group.forEach((id, each) -> running.put(id, each.running()));
        return running;
    }

    /** Every task with state has a standby, and whoever follows it knows. */
    private void assertEveryStandbyIsThere() {
        Set<TaskId> stateful = new TreeSet<>();
        List<TaskId> following = new ArrayList<>();
        for (Instance each : group.values()) {
            stateful.addAll(ends(each.running()).keySet());
            following.addAll(each.told.standby());
        }
        assertThat(following).containsExactlyInAnyOrderElementsOf(stateful);
    }

    @Test
    void a_leader_of_version_2_understands_a_new_member_that_has_joined_again() {
        group.put("a", former(1));
        group.put("b", former(2));
        settle("a");
        group.put("c", present(3));

        settle("a");

        assertThat(Objects.requireNonNull(group.get("c")).speaks()).isEqualTo(2);
        assertEveryStandbyIsThere();
        Map<String, Set<TaskId>> before = running();
        assertThat(rebalance("a")).isFalse();
        assertThat(running()).isEqualTo(before);
    }

    @Test
    void a_new_leader_understands_members_of_version_2_and_is_understood() {
        group.put("a", former(1));
        group.put("b", former(2));
        settle("a");
        Map<String, Set<TaskId>> before = running();
        group.put("c", present(3));

        settle("c");

        assertThat(Objects.requireNonNull(group.get("c")).speaks()).isEqualTo(AssignorData.LATEST);
        assertEveryStandbyIsThere();
        Map<String, Set<TaskId>> after = running();
        for (String id : List.of("a", "b")) {
            assertThat(before.get(id)).containsAll(after.get(id));
        }
    }

    @Test
    void one_by_one_all_get_to_the_latest_version_and_state_moves_only_with_its_member() {
        group.put("a", former(1));
        group.put("b", former(2));
        group.put("c", former(3));
        settle("a");

        int number = 1;
        for (String id : List.of("a", "b", "c")) {
            Map<TaskId, Long> stored = Objects.requireNonNull(group.remove(id)).stored;
            String leader = group.keySet().iterator().next();
            Map<String, Set<TaskId>> before = running();
            settle(leader);
            Map<String, Set<TaskId>> without = running();
            before.forEach((each, tasks) -> assertThat(without.get(each)).containsAll(tasks));

            Instance replacement = present(number++); // on the disk of the one it replaces
            replacement.stored.putAll(stored);
            group.put(id, replacement);
            settle(leader);
            running()
                    .forEach(
                            (each, tasks) -> {
                                if (!each.equals(id)) {
                                    assertThat(without.get(each)).containsAll(tasks);
                                }
                            });
            assertEveryStandbyIsThere();
        }

        settle("c");
        group.values().forEach(each -> assertThat(each.speaks()).isEqualTo(AssignorData.LATEST));
    }

    @Test
    void nobody_joins_again_in_a_group_of_one_version() {
        group.put("a", present(1));
        rebalances = 0;

        settle("a");

        assertThat(rebalances).isEqualTo(1);
    }
}
