package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.LiveGroups;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class GroupShardTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);

    private long nowMs = 1_000_000;
    private final List<GroupRecord> log = new ArrayList<>();
    private final ArrayDeque<Promise<Void>> appends = new ArrayDeque<>();
    private boolean logIsSlow;
    private final SharedGroups shared = new SharedGroups();
    private final List<Throwable> broken = new ArrayList<>();
    private boolean fenced;
    private final FakeCluster cluster = new FakeCluster();
    private GroupCount count = new GroupCount(100);
    private GroupShard shard = newShard(1);

    private GroupShard newShard(int epoch) {
        return new GroupShard(
                GroupStory.config(0, 0),
                count,
                () -> nowMs,
                cluster,
                records -> {
                    log.addAll(records);
                    if (!logIsSlow) {
                        return Future.succeededFuture();
                    }
                    Promise<Void> append = Promise.promise();
                    appends.add(append);
                    return append.future();
                },
                new LivePublisher(shared, epoch, Runnable::run, () -> fenced = true),
                broken::add);
    }

    private Future<Answer> join(String memberId, String newId) {
        return shard.join(
                "g",
                waiter -> new GroupStory().command(waiter, memberId, newId, null, false, "range"));
    }

    private Future<Answer> sync(String memberId, int generation, Map<String, Bytes> assignments) {
        return shard.sync(
                "g",
                waiter ->
                        new GroupCommand.Sync(
                                waiter, memberId, null, generation, null, null, assignments));
    }

    private Errors commitError(String groupId, String memberId, int generation) {
        try {
            shard.validateCommit(groupId, memberId, null, generation, (short) 10);
            return Errors.NONE;
        } catch (ApiException e) {
            return Errors.forException(e);
        }
    }

    private void stable(String memberId) {
        join("", memberId);
        assertThat(sync(memberId, 1, Map.of()).succeeded()).isTrue();
    }

    private static GroupRecord committed(long offset, long commitTimestampMs) {
        return new GroupRecord.OffsetCommitted(
                "g",
                "t",
                0,
                new GroupRecord.CommittedOffset(
                        offset, -1, "", commitTimestampMs, -1, Uuid.ZERO_UUID));
    }

    private static long offsetIn(GroupShard shard) {
        return Objects.requireNonNull(shard.offsets("g").get(T0)).offset();
    }

    private static Group groupIn(GroupShard shard) {
        return Objects.requireNonNull(shard.group("g"));
    }

    @Test
    void a_group_too_many_is_refused_until_another_goes() {
        count = new GroupCount(1);
        shard = newShard(1);
        shard.loaded();
        assertThat(join("", "a")).matches(Future::succeeded);
        assertThat(count.count()).isEqualTo(1);

        Future<Answer> second =
                shard.join(
                        "h",
                        waiter -> new GroupStory().command(waiter, "", "b", null, false, "range"));
        assertThat(second.result())
                .isEqualTo(new Answer.JoinRefused(1, "", Errors.POLICY_VIOLATION));
        assertThat(commitError("h", "", -1)).isEqualTo(Errors.POLICY_VIOLATION);
        assertThat(shard.group("h")).isNull();

        shard.leave("g", List.of(new GroupCommand.Leave("a", null)));
        shard.delete("g");
        assertThat(count.count()).isZero();
        assertThat(commitError("h", "", -1)).isEqualTo(Errors.NONE);
    }

    @Test
    void a_shard_that_is_given_up_counts_no_groups() {
        shard.loaded();
        join("", "a");
        shard.close(Errors.NOT_COORDINATOR);
        assertThat(count.count()).isZero();
    }

    @Test
    void an_assignment_is_answered_once_it_is_appended() {
        logIsSlow = true;
        join("", "a");
        Future<Answer> sync = sync("a", 1, Map.of());
        assertThat(sync.isComplete()).isFalse();

        appends.remove().complete();

        assertThat(sync.result()).isInstanceOf(Answer.Synced.class);
    }

    @Test
    void an_offset_is_visible_once_it_is_appended() {
        logIsSlow = true;
        Future<Void> commit = shard.commit(List.of(committed(42, nowMs)));
        assertThat(commit.isComplete()).isFalse();
        assertThat(shard.offsets("g")).isEmpty();

        appends.remove().complete();

        assertThat(commit.succeeded()).isTrue();
        assertThat(offsetIn(shard)).isEqualTo(42);
    }

    @Test
    void an_offset_that_could_not_be_appended_stays_unseen() {
        logIsSlow = true;
        Future<Void> commit = shard.commit(List.of(committed(42, nowMs)));

        appends.remove().fail(new NotLeaderOrFollowerException("moved"));

        assertThat(commit.failed()).isTrue();
        assertThat(shard.offsets("g")).isEmpty();
    }

    @Test
    void a_generation_that_could_not_be_appended_breaks_the_shard() {
        logIsSlow = true;
        join("", "a");
        Future<Answer> sync = sync("a", 1, Map.of());

        appends.remove().fail(new NotLeaderOrFollowerException("moved"));

        assertThat(sync.cause()).isInstanceOf(NotCoordinatorException.class);
        assertThat(broken).hasSize(1);
        assertThat(shard.heartbeat("g", "a", null, 1)).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void closing_answers_everybody_who_waits() {
        stable("a");
        Future<Answer> b = join("", "b");

        shard.close(Errors.NOT_COORDINATOR);

        assertThat(b.cause()).isInstanceOf(NotCoordinatorException.class);
    }

    @Test
    void a_member_that_stops_its_heartbeats_is_out_after_its_session_timeout() {
        stable("a");
        nowMs += GroupStory.SESSION_MS - 1;
        shard.tick();
        assertThat(shard.heartbeat("g", "a", null, 1)).isEqualTo(Errors.NONE);
        nowMs += GroupStory.SESSION_MS - 1;
        shard.tick();
        assertThat(groupIn(shard).members()).containsKey("a");

        nowMs += 1;
        assertThat(shard.nextDeadlineMs()).isLessThanOrEqualTo(nowMs);
        shard.tick();

        assertThat(groupIn(shard).state()).isEqualTo(GroupState.EMPTY);
    }

    @Test
    void a_member_that_waits_for_others_needs_no_heartbeat() {
        stable("a");
        Future<Answer> b = join("", "b");
        for (int beat = 0; beat < 5; beat++) {
            nowMs += GroupStory.SESSION_MS / 2;
            shard.tick();
            assertThat(shard.heartbeat("g", "a", null, 1)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        }

        Future<Answer> a = join("a", "");

        assertThat(a.result()).isInstanceOf(Answer.Joined.class);
        assertThat(b.result()).isInstanceOf(Answer.Joined.class);
    }

    @Test
    void a_commit_counts_as_a_sign_of_life() {
        stable("a");
        nowMs += GroupStory.SESSION_MS - 1;
        assertThat(commitError("g", "a", 1)).isEqualTo(Errors.NONE);

        nowMs += GroupStory.SESSION_MS - 1;
        shard.tick();

        assertThat(groupIn(shard).members()).containsKey("a");
    }

    @Test
    void after_a_restart_members_go_on_in_their_generation() {
        stable("a");
        shard.commit(List.of(committed(42, nowMs)));

        GroupShard restarted = newShard(1);
        log.forEach(restarted::replay);
        restarted.loaded();

        assertThat(restarted.heartbeat("g", "a", null, 1)).isEqualTo(Errors.NONE);
        assertThat(offsetIn(restarted)).isEqualTo(42);
    }

    @Test
    void after_a_restart_members_that_are_gone_lose_their_session() {
        stable("a");
        GroupShard restarted = newShard(1);
        log.forEach(restarted::replay);
        restarted.loaded();

        nowMs += GroupStory.SESSION_MS;
        restarted.tick();

        assertThat(groupIn(restarted).state()).isEqualTo(GroupState.EMPTY);
    }

    @Test
    void a_fail_over_between_join_and_sync_costs_no_rebalance() {
        stable("a");
        join("", "b");
        join("a", "");
        assertThat(groupIn(shard).generation()).isEqualTo(2);

        GroupShard successor = newShard(2);
        log.forEach(successor::replay);
        LiveState.read("g", Objects.requireNonNull(shared.states.get("g")), nowMs)
                .ifPresent(successor::adopt);
        successor.loaded();
        shard = successor;
        sync("b", 2, Map.of());
        Future<Answer> a = sync("a", 2, Map.of("a", Bytes.EMPTY, "b", Bytes.of(new byte[] {1})));

        assertThat(a.result()).isInstanceOf(Answer.Synced.class);
        assertThat(groupIn(successor).state()).isEqualTo(GroupState.STABLE);
    }

    @Test
    void a_coordinator_steps_down_when_a_newer_one_has_written() {
        newShard(2);
        shared.epoch = 2;

        stable("a");

        assertThat(fenced).isTrue();
    }

    @Test
    void a_damaged_live_state_is_ignored() {
        assertThat(LiveState.read("g", new byte[] {0, 1, 0}, nowMs)).isEmpty();
        assertThat(LiveState.read("g", new byte[] {0, 9}, nowMs)).isEmpty();
    }

    @Test
    void a_group_with_members_is_not_deleted() {
        stable("a");

        assertThat(shard.delete("g").result()).isEqualTo(Errors.NON_EMPTY_GROUP);
    }

    @Test
    void deleting_a_group_takes_its_offsets_along() {
        stable("a");
        shard.commit(List.of(committed(42, nowMs)));
        shard.leave("g", List.of(new GroupCommand.Leave("a", null)));

        assertThat(shard.delete("g").result()).isEqualTo(Errors.NONE);

        assertThat(shard.group("g")).isNull();
        GroupShard restarted = newShard(1);
        log.forEach(restarted::replay);
        assertThat(restarted.groups()).isEmpty();
    }

    @Test
    void a_group_that_only_stores_offsets_is_listed_as_empty() {
        shard.commit(List.of(committed(42, nowMs)));

        assertThat(shard.groups())
                .singleElement()
                .satisfies(group -> assertThat(group.state()).isEqualTo(GroupState.EMPTY));
    }

    @Test
    void offsets_expire_when_the_group_has_been_empty_for_the_retention_time() {
        stable("a");
        shard.commit(List.of(committed(42, nowMs)));
        nowMs += 60_000;
        shard.heartbeat("g", "a", null, 1);
        shard.expireOffsets();
        assertThat(shard.offsets("g")).hasSize(1);

        shard.leave("g", List.of(new GroupCommand.Leave("a", null)));
        nowMs += 59_999;
        shard.expireOffsets();
        assertThat(shard.offsets("g")).hasSize(1);
        nowMs += 1;
        shard.expireOffsets();

        assertThat(shard.offsets("g")).isEmpty();
        assertThat(shard.group("g")).isNull();
    }

    @Test
    void offsets_without_members_expire_after_their_commit() {
        shard.commit(List.of(committed(42, nowMs)));
        nowMs += 60_000;

        shard.expireOffsets();

        assertThat(shard.offsets("g")).isEmpty();
    }

    @Test
    void offsets_of_a_deleted_topic_are_deleted() {
        shard.commit(List.of(committed(42, nowMs)));

        shard.topicsDeleted(Set.of("other"));
        assertThat(shard.offsets("g")).hasSize(1);
        shard.topicsDeleted(Set.of("t"));

        assertThat(shard.offsets("g")).isEmpty();
    }

    @Test
    void an_id_that_nobody_used_leaves_no_group_behind() {
        shard.join("g", waiter -> new GroupStory().command(waiter, "", "a", null, true, "range"));
        assertThat(shard.groups()).hasSize(1);

        nowMs += GroupStory.SESSION_MS;
        shard.tick();

        assertThat(shard.groups()).isEmpty();
        assertThat(shard.nextDeadlineMs()).isEqualTo(Group.NEVER);
    }

    /** What another process would see of our groups. */
    private static final class SharedGroups implements LiveGroups {
        private final Map<String, byte[]> states = new HashMap<>();
        private int epoch;

        @Override
        public CompletionStage<Boolean> put(String groupId, int coordinatorEpoch, byte[] state) {
            if (coordinatorEpoch < epoch) {
                return CompletableFuture.completedFuture(false);
            }
            epoch = coordinatorEpoch;
            states.put(groupId, state);
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletionStage<Optional<byte[]>> get(String groupId) {
            return CompletableFuture.completedFuture(Optional.ofNullable(states.get(groupId)));
        }

        @Override
        public CompletionStage<Boolean> remove(String groupId, int coordinatorEpoch) {
            states.remove(groupId);
            return CompletableFuture.completedFuture(true);
        }
    }
}
