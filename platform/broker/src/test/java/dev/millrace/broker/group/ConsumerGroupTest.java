package dev.millrace.broker.group;

import static dev.millrace.broker.group.StockClients.get;
import static dev.millrace.broker.group.StockClients.poll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Apache's Java consumer and admin client in groups of the broker under test. */
class ConsumerGroupTest {
    private static TestBroker broker;

    private final String group = StockClients.unique("g");
    private StockClients clients;

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
    }

    @AfterEach
    void disconnect() {
        clients.close();
    }

    @Test
    void a_consumer_goes_on_where_the_one_before_it_committed() {
        String topic = clients.createTopic(1);
        clients.produce(topic, 1, "a", "b", "c");
        KafkaConsumer<String, String> first = clients.subscribed(group, topic);
        assertThat(poll(first, 3)).containsExactly("a", "b", "c");
        first.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(2, "two")));
        first.close();

        KafkaConsumer<String, String> second = clients.subscribed(group, topic);

        assertThat(poll(second, 1)).containsExactly("c");
        assertThat(second.committed(Set.of(new TopicPartition(topic, 0))))
                .containsEntry(new TopicPartition(topic, 0), new OffsetAndMetadata(2, "two"));
    }

    @Test
    void a_lone_consumer_of_a_new_group_does_not_wait_for_others() {
        assumeTrue(broker.embedded(), "Apache waits 3 s");
        String topic = clients.createTopic(1);
        clients.produce(topic, 1, "a");
        poll(clients.subscribed(StockClients.unique("warm"), topic), 1);

        long startNs = System.nanoTime();
        assertThat(poll(clients.subscribed(group, topic), 1)).containsExactly("a");

        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void two_consumers_share_the_partitions_and_one_takes_over_from_the_other() {
        String topic = clients.createTopic(4);
        KafkaConsumer<String, String> a = clients.subscribed(group, topic);
        KafkaConsumer<String, String> b = clients.subscribed(group, topic);
        pollUntil(List.of(a, b), () -> a.assignment().size() == 2 && b.assignment().size() == 2);
        Set<TopicPartition> both = new HashSet<>(a.assignment());
        both.addAll(b.assignment());
        assertThat(both).hasSize(4);

        b.close();
        pollUntil(List.of(a), () -> a.assignment().size() == 4);

        clients.produce(topic, 4, "1", "2", "3", "4");
        assertThat(poll(a, 4)).containsExactlyInAnyOrder("1", "2", "3", "4");
    }

    @Test
    void cooperative_consumers_keep_what_they_need_not_give_up() {
        String topic = clients.createTopic(4);
        Map<String, Object> cooperative =
                Map.of("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        Set<TopicPartition> revoked = new HashSet<>();
        KafkaConsumer<String, String> a = clients.consumer(group, cooperative);
        a.subscribe(Set.of(topic), revocations(revoked));
        pollUntil(List.of(a), () -> a.assignment().size() == 4);

        KafkaConsumer<String, String> b = clients.consumer(group, cooperative);
        b.subscribe(Set.of(topic));
        pollUntil(List.of(a, b), () -> a.assignment().size() == 2 && b.assignment().size() == 2);

        assertThat(revoked).isEqualTo(b.assignment());
    }

    @Test
    void a_static_member_comes_back_without_a_rebalance() {
        String topic = clients.createTopic(2);
        Map<String, Object> one = Map.of("group.instance.id", "one");
        Map<String, Object> two = Map.of("group.instance.id", "two");
        AtomicInteger rebalances = new AtomicInteger();
        KafkaConsumer<String, String> a = clients.consumer(group, one);
        a.subscribe(Set.of(topic), counting(rebalances));
        KafkaConsumer<String, String> b = clients.consumer(group, two);
        b.subscribe(Set.of(topic));
        pollUntil(List.of(a, b), () -> a.assignment().size() == 1 && b.assignment().size() == 1);
        Set<TopicPartition> ofB = b.assignment();
        int before = rebalances.get();

        b.close();
        KafkaConsumer<String, String> again = clients.consumer(group, two);
        again.subscribe(Set.of(topic));
        pollUntil(List.of(a, again), () -> again.assignment().equals(ofB));

        assertThat(rebalances).hasValue(before);
    }

    @Test
    void a_second_member_with_the_same_instance_id_fences_the_first() {
        String topic = clients.createTopic(1);
        Map<String, Object> one = Map.of("group.instance.id", "one");
        KafkaConsumer<String, String> a = clients.consumer(group, one);
        a.subscribe(Set.of(topic));
        pollUntil(List.of(a), () -> a.assignment().size() == 1);

        KafkaConsumer<String, String> usurper = clients.consumer(group, one);
        usurper.subscribe(Set.of(topic));
        pollUntil(List.of(usurper), () -> usurper.assignment().size() == 1);

        assertThatThrownBy(() -> pollUntil(List.of(a), () -> false))
                .isInstanceOf(FencedInstanceIdException.class);
    }

    @Test
    void a_consumer_that_stops_polling_loses_its_partitions() {
        String topic = clients.createTopic(2);
        KafkaConsumer<String, String> a = clients.subscribed(group, topic);
        KafkaConsumer<String, String> b =
                clients.consumer(group, Map.of("max.poll.interval.ms", 6_000));
        b.subscribe(Set.of(topic));
        pollUntil(List.of(a, b), () -> a.assignment().size() == 1 && b.assignment().size() == 1);

        pollUntil(List.of(a), () -> a.assignment().size() == 2);

        assertThat(describe().members()).hasSize(1);
    }

    @Test
    void members_do_not_notice_that_their_coordinator_was_restarted() {
        assumeTrue(broker.embedded(), "an external broker is not restarted");
        String topic = clients.createTopic(2);
        AtomicInteger rebalances = new AtomicInteger();
        // A client that finds none of its brokers forgets all metadata by default, and then takes
        // its own topics for changed: that is no doing of the coordinator.
        KafkaConsumer<String, String> a =
                clients.consumer(group, Map.of("metadata.recovery.strategy", "none"));
        a.subscribe(Set.of(topic), counting(rebalances));
        clients.produce(topic, 2, "1", "2");
        assertThat(poll(a, 2)).hasSize(2);
        a.commitSync();
        int before = rebalances.get();

        broker.restart();

        clients.produce(topic, 2, "3", "4");
        assertThat(poll(a, 2)).containsExactlyInAnyOrder("3", "4");
        a.commitSync();
        assertThat(rebalances).hasValue(before);
        assertThat(
                        get(
                                clients.admin()
                                        .listConsumerGroupOffsets(group)
                                        .partitionsToOffsetAndMetadata()))
                .extractingByKey(new TopicPartition(topic, 0))
                .extracting(OffsetAndMetadata::offset)
                .isEqualTo(2L);
    }

    @Test
    void an_administrator_sees_the_group_and_its_members() {
        String topic = clients.createTopic(2);
        KafkaConsumer<String, String> a = clients.subscribed(group, topic);
        pollUntil(List.of(a), () -> a.assignment().size() == 2);

        assertThat(get(clients.admin().listGroups().all()))
                .extracting(GroupListing::groupId)
                .contains(group);
        ConsumerGroupDescription description = describe();
        assertThat(description.groupState()).isEqualTo(GroupState.STABLE);
        assertThat(description.partitionAssignor()).isEqualTo("range");
        assertThat(description.coordinator().port()).isPositive();
        assertThat(description.members())
                .singleElement()
                .satisfies(
                        member -> {
                            assertThat(member.host()).isEqualTo("/127.0.0.1");
                            assertThat(member.assignment().topicPartitions())
                                    .isEqualTo(a.assignment());
                        });
    }

    @Test
    void a_group_that_does_not_exist_is_not_found() {
        String topic = clients.createTopic(1);
        poll(clients.subscribed(StockClients.unique("other"), topic), 0);

        assertThatThrownBy(this::describe).isInstanceOf(GroupIdNotFoundException.class);
        assertThatThrownBy(() -> get(clients.admin().deleteConsumerGroups(List.of(group)).all()))
                .isInstanceOf(GroupIdNotFoundException.class);
    }

    @Test
    void an_administrator_sets_and_deletes_offsets_of_an_empty_group() {
        String topic = clients.createTopic(2);
        TopicPartition p0 = new TopicPartition(topic, 0);
        TopicPartition p1 = new TopicPartition(topic, 1);
        get(
                clients.admin()
                        .alterConsumerGroupOffsets(
                                group,
                                Map.of(p0, new OffsetAndMetadata(5), p1, new OffsetAndMetadata(6)))
                        .all());
        assertThat(offsets()).containsOnlyKeys(p0, p1);

        get(clients.admin().deleteConsumerGroupOffsets(group, Set.of(p0)).all());
        assertThat(offsets()).containsOnlyKeys(p1);

        get(clients.admin().deleteConsumerGroups(List.of(group)).all());
        assertThat(offsets()).isEmpty();
    }

    @Test
    void a_group_with_members_is_not_deleted_until_they_are_removed() {
        String topic = clients.createTopic(1);
        KafkaConsumer<String, String> a =
                clients.consumer(group, Map.of("group.instance.id", "one"));
        a.subscribe(Set.of(topic));
        pollUntil(List.of(a), () -> a.assignment().size() == 1);
        assertThatThrownBy(() -> get(clients.admin().deleteConsumerGroups(List.of(group)).all()))
                .isInstanceOf(GroupNotEmptyException.class);

        get(
                clients.admin()
                        .removeMembersFromConsumerGroup(
                                group,
                                new RemoveMembersFromConsumerGroupOptions(
                                        Set.of(new MemberToRemove("one"))))
                        .all());

        get(clients.admin().deleteConsumerGroups(List.of(group)).all());
    }

    @Test
    void offsets_of_a_topic_do_not_apply_to_its_successor_of_the_same_name() {
        String topic = clients.createTopic(1);
        TopicPartition p0 = new TopicPartition(topic, 0);
        get(
                clients.admin()
                        .alterConsumerGroupOffsets(group, Map.of(p0, new OffsetAndMetadata(5)))
                        .all());
        get(clients.admin().deleteTopics(List.of(topic)).all());

        pollUntil(
                List.of(),
                () -> {
                    try {
                        get(
                                clients.admin()
                                        .createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                                        .all());
                        return true;
                    } catch (TopicExistsException e) {
                        return false;
                    }
                });

        pollUntil(List.of(), () -> offsets().isEmpty());
    }

    @Test
    void offsets_of_several_groups_come_in_one_answer() {
        String topic = clients.createTopic(1);
        TopicPartition p0 = new TopicPartition(topic, 0);
        String other = StockClients.unique("g");
        for (String each : List.of(group, other)) {
            get(
                    clients.admin()
                            .alterConsumerGroupOffsets(each, Map.of(p0, new OffsetAndMetadata(7)))
                            .all());
        }

        assertThat(
                        get(
                                clients.admin()
                                        .listConsumerGroupOffsets(
                                                Map.of(
                                                        group,
                                                        new ListConsumerGroupOffsetsSpec(),
                                                        other,
                                                        new ListConsumerGroupOffsetsSpec()
                                                                .topicPartitions(List.of(p0))))
                                        .all()))
                .containsOnlyKeys(group, other)
                .allSatisfy((id, offsets) -> assertThat(offsets).containsOnlyKeys(p0));
    }

    @Test
    void apaches_schemas_read_what_a_group_leaves_in_the_offsets_topic() {
        String topic = clients.createTopic(1);
        clients.produce(topic, 1, "a");
        KafkaConsumer<String, String> member = clients.subscribed(group, topic);
        assertThat(poll(member, 1)).hasSize(1);
        member.commitSync();
        member.close();

        Map<OffsetCommitKey, OffsetCommitValue> offsets = new HashMap<>();
        List<GroupMetadataValue> generations = new ArrayList<>();
        clients.forEachRecord(
                GroupCoordinator.OFFSETS_TOPIC,
                (key, value) -> {
                    short kind = key.getShort();
                    short version = value.getShort();
                    if (kind == 1) {
                        offsets.put(
                                new OffsetCommitKey(new ByteBufferAccessor(key), (short) 0),
                                new OffsetCommitValue(new ByteBufferAccessor(value), version));
                    } else if (kind == 2
                            && new GroupMetadataKey(new ByteBufferAccessor(key), (short) 0)
                                    .group()
                                    .equals(group)) {
                        generations.add(
                                new GroupMetadataValue(new ByteBufferAccessor(value), version));
                    }
                });

        assertThat(offsets)
                .hasEntrySatisfying(
                        new OffsetCommitKey().setGroup(group).setTopic(topic).setPartition(0),
                        value -> assertThat(value.offset()).isEqualTo(1));
        assertThat(generations)
                .filteredOn(generation -> !generation.members().isEmpty())
                .hasSize(1)
                .allSatisfy(
                        generation -> {
                            assertThat(generation.generation()).isEqualTo(1);
                            assertThat(generation.protocol()).isEqualTo("range");
                        });
    }

    // ---- helpers

    private ConsumerGroupDescription describe() {
        return get(clients.admin().describeConsumerGroups(List.of(group)).all())
                .values()
                .iterator()
                .next();
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets() {
        return get(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    }

    /** Polls in turn, as one thread may, until the condition holds; fails after 30 s. */
    private static void pollUntil(
            List<KafkaConsumer<String, String>> consumers, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("condition within 30 s").isLessThan(deadlineNs);
            for (KafkaConsumer<String, String> consumer : consumers) {
                consumer.poll(Duration.ofMillis(20));
            }
        }
    }

    private static ConsumerRebalanceListener revocations(Set<TopicPartition> revoked) {
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                revoked.addAll(partitions);
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
        };
    }

    private static ConsumerRebalanceListener counting(AtomicInteger rebalances) {
        List<Collection<TopicPartition>> assigned = new ArrayList<>();
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                assigned.add(partitions);
                rebalances.set(assigned.size());
            }
        };
    }
}
