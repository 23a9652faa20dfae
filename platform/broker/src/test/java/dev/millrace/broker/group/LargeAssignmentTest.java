package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.LiveGroups;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Assignments that are made elsewhere, because the event loop would be held up by them. */
class LargeAssignmentTest {
    private static final int PARTITIONS = AssignmentTask.LARGE;

    private long nowMs = 1_000_000;
    private final FakeCluster cluster = new FakeCluster();
    private final List<GroupRecord> log = new ArrayList<>();
    private final GroupShard shard =
            new GroupShard(
                    GroupConfig.DEFAULT,
                    new GroupCount(10),
                    () -> nowMs,
                    cluster,
                    records -> {
                        log.addAll(records);
                        return Future.succeededFuture();
                    },
                    new LivePublisher(new Nowhere(), 1, Runnable::run, () -> {}),
                    failure -> {
                        throw new AssertionError(failure);
                    });

    /** What each member has, as it was told. */
    private final Map<String, List<TopicPartitions>> assignedTo = new HashMap<>();

    private final Map<String, Integer> epochOf = new HashMap<>();

    private static final class Nowhere implements LiveGroups {
        @Override
        public CompletionStage<Optional<byte[]>> get(String groupId) {
            return CompletableFuture.completedStage(Optional.empty());
        }

        @Override
        public CompletionStage<Boolean> put(String groupId, int epoch, byte[] state) {
            return CompletableFuture.completedStage(true);
        }

        @Override
        public CompletionStage<Boolean> remove(String groupId, int epoch) {
            return CompletableFuture.completedStage(true);
        }
    }

    @BeforeEach
    void start() {
        cluster.create("wide", PARTITIONS);
        cluster.takesLong = true;
        cluster.assignmentIntervalMs = 0;
        shard.loaded();
    }

    private void heartbeat(String memberId, String... topics) {
        ConsumerGroupHeartbeatRequestData request =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId("g")
                        .setMemberId(memberId)
                        .setMemberEpoch(epochOf.getOrDefault(memberId, 0));
        if (topics.length > 0) {
            request.setSubscribedTopicNames(List.of(topics)).setRebalanceTimeoutMs(10_000);
        }
        request.setTopicPartitions(
                assignedTo.getOrDefault(memberId, List.of()).stream()
                        .map(
                                topic ->
                                        new ConsumerGroupHeartbeatRequestData.TopicPartitions()
                                                .setTopicId(topic.topicId())
                                                .setPartitions(topic.partitions()))
                        .toList());
        ConsumerGroupHeartbeatResponseData answer =
                Objects.requireNonNull(
                        shard.consumerHeartbeat(request, new ConsumerGroupMachine.Client("c", "h"))
                                .result());
        epochOf.put(memberId, answer.memberEpoch());
        if (answer.assignment() != null) {
            assignedTo.put(memberId, answer.assignment().topicPartitions());
        }
    }

    private int partitionsOf(String memberId) {
        return assignedTo.getOrDefault(memberId, List.of()).stream()
                .mapToInt(topic -> topic.partitions().size())
                .sum();
    }

    private long targetsWritten() {
        return log.stream()
                .filter(record -> record instanceof ConsumerGroupRecord.TargetEpoch)
                .count();
    }

    @Test
    void the_first_member_of_a_group_does_not_wait() {
        heartbeat("a", "wide");

        assertThat(partitionsOf("a")).isEqualTo(PARTITIONS);
        assertThat(cluster.offloaded).isZero();
    }

    @Test
    void a_newcomer_has_nothing_until_the_assignment_is_made_and_hears_of_it_with_a_heartbeat() {
        heartbeat("a", "wide");
        heartbeat("b", "wide");
        assertThat(partitionsOf("b")).isZero();
        assertThat(targetsWritten()).isEqualTo(1);

        cluster.finish();
        assertThat(targetsWritten()).isEqualTo(2);
        heartbeat("a");
        heartbeat("a");
        heartbeat("b");

        assertThat(partitionsOf("a")).isEqualTo(PARTITIONS / 2);
        assertThat(partitionsOf("b")).isEqualTo(PARTITIONS / 2);
    }

    @Test
    void small_groups_do_not_wait() {
        cluster.create("narrow", 10);
        heartbeat("a", "narrow");
        heartbeat("b", "narrow");

        assertThat(targetsWritten()).isEqualTo(2);
        assertThat(cluster.offloaded).isZero();
    }

    @Test
    void one_assignment_of_a_group_is_made_at_a_time() {
        for (String member : List.of("a", "b", "c")) {
            heartbeat(member, "wide");
        }
        for (String member : List.of("a", "b", "c")) {
            heartbeat(member);
        }

        assertThat(cluster.offloaded).isEqualTo(1);
    }

    @Test
    void an_assignment_for_an_epoch_that_is_over_is_thrown_away_and_made_again() {
        for (String member : List.of("a", "b", "c")) {
            heartbeat(member, "wide");
        }
        cluster.finish();
        assertThat(targetsWritten()).isEqualTo(1);

        heartbeat("a");
        cluster.finish();
        for (int round = 0; round < 2; round++) {
            for (String member : List.of("a", "b", "c")) {
                heartbeat(member);
            }
        }

        assertThat(cluster.offloaded).isEqualTo(2);
        assertThat(targetsWritten()).isEqualTo(2);
        assertThat(partitionsOf("a") + partitionsOf("b") + partitionsOf("c")).isEqualTo(PARTITIONS);
        assertThat(partitionsOf("c")).isBetween(PARTITIONS / 3, PARTITIONS / 3 + 1);
    }

    @Test
    void a_member_that_goes_meanwhile_gets_nothing() {
        heartbeat("a", "wide");
        heartbeat("b", "wide");
        shard.consumerHeartbeat(
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId("g")
                        .setMemberId("b")
                        .setMemberEpoch(-1),
                new ConsumerGroupMachine.Client("c", "h"));
        cluster.finish();
        assertThat(targetsWritten()).isEqualTo(1);

        heartbeat("a");
        cluster.finish();
        heartbeat("a");

        assertThat(partitionsOf("a")).isEqualTo(PARTITIONS);
        assertThat(targetsWritten()).isEqualTo(2);
    }

    @Test
    void a_coordinator_that_has_stepped_down_writes_nothing_more() {
        heartbeat("a", "wide");
        heartbeat("b", "wide");
        int written = log.size();
        shard.close(Errors.NOT_COORDINATOR);
        cluster.finish();

        assertThat(log).hasSize(written);
    }

    @Test
    void the_interval_between_two_assignments_is_the_one_that_is_set_now() {
        cluster.create("narrow", 10);
        cluster.assignmentIntervalMs = 10_000;
        heartbeat("a", "narrow");
        nowMs += 1_000;
        heartbeat("b", "narrow");
        assertThat(targetsWritten()).isEqualTo(1);

        cluster.assignmentIntervalMs = 500;
        heartbeat("b");

        assertThat(targetsWritten()).isEqualTo(2);
    }
}
