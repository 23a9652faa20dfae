package dev.millrace.broker.group;

import static dev.millrace.broker.group.StockClients.get;
import static dev.millrace.broker.group.StockClients.poll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.broker.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
import org.apache.kafka.common.errors.UnsupportedAssignorException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Apache's Java consumer with {@code group.protocol=consumer}. */
class ConsumerProtocolTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static TestBroker broker;

    private final String group = StockClients.unique("s");
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

    private KafkaConsumer<String, String> member(String topic) {
        return member(topic, Map.of());
    }

    private KafkaConsumer<String, String> member(String topic, Map<String, Object> overrides) {
        KafkaConsumer<String, String> consumer = clients.serverAssigned(group, overrides);
        consumer.subscribe(Set.of(topic));
        return consumer;
    }

    private static void pollUntil(
            List<KafkaConsumer<String, String>> consumers, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadlineNs);
            consumers.forEach(consumer -> consumer.poll(Duration.ofMillis(20)));
        }
    }

    private static boolean sharesAre(List<KafkaConsumer<String, String>> consumers, int... sizes) {
        List<Integer> has = new ArrayList<>();
        Set<TopicPartition> all = new HashSet<>();
        int total = 0;
        for (KafkaConsumer<String, String> consumer : consumers) {
            has.add(consumer.assignment().size());
            all.addAll(consumer.assignment());
            total += consumer.assignment().size();
        }
        has.sort(null);
        List<Integer> wanted = new ArrayList<>();
        for (int size : sizes) {
            wanted.add(size);
        }
        return has.equals(wanted) && all.size() == total;
    }

    private ConsumerGroupDescription described() {
        return get(clients.admin().describeConsumerGroups(List.of(group)).all())
                .values()
                .iterator()
                .next();
    }

    @Test
    void a_consumer_reads_and_the_next_one_goes_on_where_it_committed() {
        String topic = clients.createTopic(1);
        clients.produce(topic, 1, "a", "b", "c");
        KafkaConsumer<String, String> first = member(topic);
        assertThat(poll(first, 3)).containsExactly("a", "b", "c");
        first.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(2, "two")));
        first.close();

        KafkaConsumer<String, String> second = member(topic);

        assertThat(poll(second, 1)).containsExactly("c");
        assertThat(second.committed(Set.of(new TopicPartition(topic, 0))))
                .containsEntry(new TopicPartition(topic, 0), new OffsetAndMetadata(2, "two"));
    }

    @Test
    void members_that_come_and_go_share_the_partitions_evenly() {
        String topic = clients.createTopic(6);
        KafkaConsumer<String, String> a = member(topic);
        pollUntil(List.of(a), () -> sharesAre(List.of(a), 6));
        KafkaConsumer<String, String> b = member(topic);
        pollUntil(List.of(a, b), () -> sharesAre(List.of(a, b), 3, 3));
        KafkaConsumer<String, String> c = member(topic);
        pollUntil(List.of(a, b, c), () -> sharesAre(List.of(a, b, c), 2, 2, 2));
        b.close();
        pollUntil(List.of(a, c), () -> sharesAre(List.of(a, c), 3, 3));

        clients.produce(topic, 6, "1", "2", "3", "4", "5", "6");
        List<String> read = new ArrayList<>(poll(a, 3));
        read.addAll(poll(c, 3));
        assertThat(read).containsExactlyInAnyOrder("1", "2", "3", "4", "5", "6");
    }

    @Test
    void new_partitions_and_new_topics_are_assigned() {
        String first = clients.createTopic(1);
        String second = StockClients.unique("later");
        KafkaConsumer<String, String> consumer =
                clients.serverAssigned(group, Map.of("allow.auto.create.topics", false));
        consumer.subscribe(Set.of(first, second));
        pollUntil(List.of(consumer), () -> consumer.assignment().size() == 1);

        get(clients.admin().createPartitions(Map.of(first, NewPartitions.increaseTo(3))).all());
        pollUntil(List.of(consumer), () -> consumer.assignment().size() == 3);
        clients.createTopic(second, 2);
        pollUntil(List.of(consumer), () -> consumer.assignment().size() == 5);
        get(clients.admin().deleteTopics(List.of(first)).all());
        pollUntil(List.of(consumer), () -> consumer.assignment().size() == 2);
    }

    @Test
    void an_expression_stands_for_the_topics_that_match_it() {
        String prefix = StockClients.unique("re");
        clients.createTopic(prefix + "-a", 1);
        clients.createTopic(prefix + "-b", 2);
        clients.createTopic(prefix + "x", 1);
        KafkaConsumer<String, String> consumer = clients.serverAssigned(group, Map.of());
        consumer.subscribe(new SubscriptionPattern(prefix + "-.*"));
        pollUntil(List.of(consumer), () -> consumer.assignment().size() == 3);

        assertThat(
                        consumer.assignment().stream()
                                .map(TopicPartition::topic)
                                .collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(prefix + "-a", prefix + "-b");
    }

    @Test
    void an_expression_that_is_none_is_refused() {
        KafkaConsumer<String, String> consumer = clients.serverAssigned(group, Map.of());
        consumer.subscribe(new SubscriptionPattern("(a"));

        assertThatThrownBy(() -> poll(consumer, 1)).isInstanceOf(InvalidRegularExpression.class);
    }

    @Test
    void a_pattern_of_the_client_works_as_ever() {
        String prefix = StockClients.unique("cp");
        clients.createTopic(prefix + "-a", 2);
        KafkaConsumer<String, String> consumer = clients.serverAssigned(group, Map.of());
        consumer.subscribe(Pattern.compile(prefix + "-.*"));

        pollUntil(List.of(consumer), () -> consumer.assignment().size() == 2);
    }

    @Test
    void an_assignor_that_the_server_does_not_have_is_refused() {
        KafkaConsumer<String, String> consumer =
                member(clients.createTopic(1), Map.of("group.remote.assignor", "astrology"));

        assertThatThrownBy(() -> poll(consumer, 1))
                .isInstanceOf(UnsupportedAssignorException.class);
    }

    @Test
    void the_range_assignor_gives_neighbours() {
        String topic = clients.createTopic(4);
        Map<String, Object> range = Map.of("group.remote.assignor", "range");
        KafkaConsumer<String, String> a = member(topic, range);
        KafkaConsumer<String, String> b = member(topic, range);
        pollUntil(List.of(a, b), () -> sharesAre(List.of(a, b), 2, 2));

        Set<Set<Integer>> ranges = new HashSet<>();
        for (KafkaConsumer<String, String> consumer : List.of(a, b)) {
            ranges.add(
                    consumer.assignment().stream()
                            .map(TopicPartition::partition)
                            .collect(Collectors.toSet()));
        }
        assertThat(ranges).containsExactlyInAnyOrder(Set.of(0, 1), Set.of(2, 3));
        assertThat(described().partitionAssignor()).isEqualTo("range");
    }

    @Test
    void a_static_member_that_restarts_gets_its_partitions_back() {
        String topic = clients.createTopic(4);
        KafkaConsumer<String, String> a = member(topic, Map.of("group.instance.id", "i1"));
        KafkaConsumer<String, String> b = member(topic, Map.of("group.instance.id", "i2"));
        pollUntil(List.of(a, b), () -> sharesAre(List.of(a, b), 2, 2));
        Set<TopicPartition> before = Set.copyOf(a.assignment());
        int epoch = described().groupEpoch().orElseThrow();
        a.close();

        KafkaConsumer<String, String> again = member(topic, Map.of("group.instance.id", "i1"));
        pollUntil(List.of(again, b), () -> again.assignment().equals(before));

        assertThat(b.assignment()).hasSize(2);
        assertThat(described().groupEpoch()).hasValue(epoch);
    }

    @Test
    void an_instance_id_belongs_to_one_member_at_a_time() {
        String topic = clients.createTopic(1);
        KafkaConsumer<String, String> a = member(topic, Map.of("group.instance.id", "i1"));
        pollUntil(List.of(a), () -> sharesAre(List.of(a), 1));
        KafkaConsumer<String, String> usurper = member(topic, Map.of("group.instance.id", "i1"));

        assertThatThrownBy(() -> poll(usurper, 1))
                .isInstanceOf(UnreleasedInstanceIdException.class);
    }

    @Test
    void tools_see_the_group() {
        String topic = clients.createTopic(2);
        KafkaConsumer<String, String> consumer = member(topic, Map.of("client.id", "reader"));
        pollUntil(List.of(consumer), () -> sharesAre(List.of(consumer), 2));
        consumer.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0)));

        ConsumerGroupDescription description = described();
        assertThat(description.type()).isEqualTo(GroupType.CONSUMER);
        assertThat(description.groupState()).isEqualTo(GroupState.STABLE);
        assertThat(description.groupEpoch()).isEqualTo(description.targetAssignmentEpoch());
        assertThat(description.partitionAssignor()).isEqualTo("uniform");
        MemberDescription member = description.members().iterator().next();
        assertThat(member.clientId()).isEqualTo("reader");
        assertThat(member.host()).isEqualTo("/127.0.0.1");
        assertThat(member.memberEpoch()).isEqualTo(description.groupEpoch());
        assertThat(member.upgraded()).hasValue(true);
        assertThat(member.assignment().topicPartitions()).isEqualTo(consumer.assignment());
        assertThat(member.targetAssignment().orElseThrow().topicPartitions())
                .isEqualTo(consumer.assignment());

        assertThat(
                        get(
                                clients.admin()
                                        .listGroups(
                                                new ListGroupsOptions()
                                                        .withTypes(Set.of(GroupType.CONSUMER))
                                                        .inGroupStates(Set.of(GroupState.STABLE)))
                                        .all()))
                .extracting(GroupListing::groupId)
                .contains(group);
        assertThatThrownBy(
                        () ->
                                get(
                                        clients.admin()
                                                .deleteConsumerGroupOffsets(
                                                        group, Set.of(new TopicPartition(topic, 0)))
                                                .partitionResult(new TopicPartition(topic, 0))))
                .isInstanceOf(GroupSubscribedToTopicException.class);
        consumer.close();
        assertThat(described().groupState()).isEqualTo(GroupState.EMPTY);
        get(clients.admin().deleteConsumerGroups(List.of(group)).all());
    }

    @Test
    void a_rolling_upgrade_loses_neither_offsets_nor_partitions_and_can_be_taken_back() {
        String topic = clients.createTopic(4);
        Map<String, Object> classic = Map.of();
        KafkaConsumer<String, String> a = clients.consumer(group, classic);
        a.subscribe(Set.of(topic));
        KafkaConsumer<String, String> b = clients.consumer(group, classic);
        b.subscribe(Set.of(topic));
        pollUntil(List.of(a, b), () -> sharesAre(List.of(a, b), 2, 2));
        clients.produce(topic, 4, "1", "2", "3", "4");
        List<String> read = new ArrayList<>(poll(a, 2));
        read.addAll(poll(b, 2));
        a.commitSync();
        b.commitSync();
        b.close();

        KafkaConsumer<String, String> upgraded = member(topic);
        pollUntil(List.of(a, upgraded), () -> sharesAre(List.of(a, upgraded), 2, 2));
        assertThat(described().type()).isEqualTo(GroupType.CONSUMER);
        clients.produce(topic, 4, "5", "6", "7", "8");
        read.addAll(poll(a, 2));
        read.addAll(poll(upgraded, 2));
        assertThat(read).containsExactlyInAnyOrder("1", "2", "3", "4", "5", "6", "7", "8");
        a.commitSync();
        upgraded.commitSync();

        upgraded.close();
        pollUntil(List.of(a), () -> sharesAre(List.of(a), 4));
        assertThat(described().type()).isEqualTo(GroupType.CLASSIC);
        clients.produce(topic, 4, "9", "10", "11", "12");
        assertThat(poll(a, 4)).containsExactlyInAnyOrder("9", "10", "11", "12");
    }

    @Test
    void the_first_record_of_a_new_group_comes_at_once() {
        String topic = clients.createTopic(1);
        clients.produce(topic, 1, "a");
        poll(clients.serverAssigned(StockClients.unique("warm"), Map.of()), 0);

        long startNs = System.nanoTime();
        assertThat(poll(member(topic), 1)).containsExactly("a");

        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        System.getLogger("test").log(System.Logger.Level.INFO, "first record: " + tookMs + " ms");
        assertThat(tookMs).isLessThan(3_000);
    }
}
