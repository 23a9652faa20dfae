package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class GroupMachineTest {
    private final GroupStory story = new GroupStory();

    @Nested
    class Joining {
        @Test
        void a_lone_member_leads_the_first_generation_at_once() {
            long join = story.joinNew("a");

            Answer.Joined joined = story.joined(join);
            assertThat(joined.generation()).isEqualTo(1);
            assertThat(joined.leaderId()).isEqualTo("a");
            assertThat(joined.protocol()).isEqualTo("range");
            assertThat(joined.members()).extracting(Member::memberId).containsExactly("a");
            assertThat(story.group.state()).isEqualTo(GroupState.COMPLETING_REBALANCE);
        }

        @Test
        void a_second_member_waits_until_the_first_has_rejoined() {
            story.stable("a");

            long b = story.joinNew("b");
            assertThat(story.waits(b)).isTrue();
            assertThat(story.heartbeat("a")).isEqualTo(Errors.REBALANCE_IN_PROGRESS);

            long a = story.join("a");
            assertThat(story.joined(a).generation()).isEqualTo(2);
            assertThat(story.joined(b).generation()).isEqualTo(2);
        }

        @Test
        void only_the_leader_learns_the_members() {
            story.stable("a");
            long b = story.joinNew("b");
            long a = story.join("a");

            assertThat(story.joined(a).members())
                    .extracting(Member::memberId)
                    .containsExactly("a", "b");
            assertThat(story.joined(b).members()).isEmpty();
            assertThat(story.joined(b).leaderId()).isEqualTo("a");
        }

        @Test
        void a_client_that_must_bring_its_id_is_no_member_before_it_does() {
            long first = story.joinNewRequiringId("a");

            assertThat(story.error(first)).isEqualTo(Errors.MEMBER_ID_REQUIRED);
            assertThat(story.answer(first))
                    .get()
                    .extracting(answer -> ((Answer.JoinRefused) answer).memberId())
                    .isEqualTo("a");
            assertThat(story.group.members()).isEmpty();

            long second = story.join("a");
            assertThat(story.joined(second).memberId()).isEqualTo("a");
            assertThat(story.group.pendingMembers()).isEmpty();
        }

        @Test
        void an_id_that_was_handed_out_is_forgotten_after_the_session_timeout() {
            story.joinNewRequiringId("a");

            story.passes(GroupStory.SESSION_MS);

            assertThat(story.error(story.join("a"))).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        }

        @Test
        void the_join_phase_waits_for_an_id_that_was_handed_out() {
            story.stable("a");
            story.joinNewRequiringId("b");
            story.joinNew("c");
            long a = story.join("a");
            assertThat(story.waits(a)).isTrue();

            story.join("b");

            assertThat(story.joined(a).generation()).isEqualTo(2);
        }

        @Test
        void the_join_phase_stops_waiting_for_an_id_that_is_not_used() {
            story.stable("a");
            story.joinNewRequiringId("b");
            story.joinNew("c");
            long a = story.join("a");

            story.passes(GroupStory.SESSION_MS);

            assertThat(story.joined(a).generation()).isEqualTo(2);
            assertThat(story.group.members()).containsOnlyKeys("a", "c");
        }

        @Test
        void an_unknown_id_is_refused() {
            story.stable("a");

            assertThat(story.error(story.join("x"))).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        }

        @Test
        void a_session_timeout_out_of_range_is_refused() {
            GroupCommand.Join join = story.command(9, "", "a", null, false, "range");
            story.take(
                    story.machine.join(
                            story.group,
                            new GroupCommand.Join(
                                    9,
                                    "",
                                    "a",
                                    null,
                                    "client",
                                    "/host",
                                    5_999,
                                    60_000,
                                    "consumer",
                                    join.protocols(),
                                    false,
                                    true),
                            story.nowMs));

            assertThat(story.error(9)).isEqualTo(Errors.INVALID_SESSION_TIMEOUT);
        }

        @Test
        void a_member_without_a_protocol_in_common_is_refused() {
            story.stable("a");

            assertThat(story.error(story.joinNew("b", "sticky")))
                    .isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
        }

        @Test
        void the_protocol_that_all_support_and_most_prefer_is_selected() {
            story.joinNew("a", "range", "sticky", "roundrobin");
            story.joinNew("b", "sticky", "range");
            long c = story.joinNew("c", "sticky", "range");
            story.join("a", "range", "sticky", "roundrobin");
            if (story.waits(c)) {
                story.join("b", "sticky", "range");
            }

            assertThat(story.joined(c).protocol()).isEqualTo("sticky");
        }

        @Test
        void a_full_group_takes_nobody_else() {
            GroupStory full = new GroupStory(GroupStory.maxSize(1));
            full.stable("a");

            assertThat(full.error(full.joinNew("b"))).isEqualTo(Errors.GROUP_MAX_SIZE_REACHED);
            assertThat(full.group.state()).isEqualTo(GroupState.STABLE);
        }

        @Test
        void a_request_sent_again_takes_the_place_of_the_first() {
            story.stable("a");
            story.joinNew("b");
            story.joinNew("c");
            long first = story.join("b");

            long second = story.join("b");

            assertThat(story.error(first)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
            assertThat(story.waits(second)).isTrue();
            story.join("a");
            assertThat(story.joined(second).generation()).isEqualTo(2);
        }
    }

    @Nested
    class Rejoining {
        @Test
        void a_follower_with_the_same_subscription_hears_the_generation_again() {
            story.stable("a", "b");
            int generation = story.group.generation();

            long again = story.join("b");

            assertThat(story.joined(again).generation()).isEqualTo(generation);
            assertThat(story.group.state()).isEqualTo(GroupState.STABLE);
        }

        @Test
        void a_follower_with_another_subscription_starts_a_rebalance() {
            story.stable("a", "b");

            story.join("b", "range", "sticky");

            assertThat(story.group.state()).isEqualTo(GroupState.PREPARING_REBALANCE);
        }

        @Test
        void the_leader_starts_a_rebalance_with_the_same_subscription() {
            story.stable("a", "b");

            story.join("a");

            assertThat(story.group.state()).isEqualTo(GroupState.PREPARING_REBALANCE);
        }

        @Test
        void one_who_lost_the_answer_hears_it_again_before_the_assignment() {
            story.stable("a");
            story.joinNew("b");
            story.join("a");

            long again = story.join("a");

            assertThat(story.joined(again).generation()).isEqualTo(2);
            assertThat(story.joined(again).members()).hasSize(2);
            assertThat(story.group.state()).isEqualTo(GroupState.COMPLETING_REBALANCE);
        }

        @Test
        void who_does_not_rejoin_within_the_rebalance_timeout_is_out() {
            story.stable("a", "b");
            long c = story.joinNew("c");
            long a = story.join("a");

            story.passes(GroupStory.REBALANCE_MS - 1);
            assertThat(story.waits(a)).isTrue();
            story.passes(1);

            assertThat(story.joined(a).members())
                    .extracting(Member::memberId)
                    .containsExactly("a", "c");
            assertThat(story.joined(c).generation()).isEqualTo(story.joined(a).generation());
        }

        @Test
        void another_leads_when_the_leader_does_not_rejoin() {
            story.stable("a", "b");
            story.joinNew("c");
            long b = story.join("b");

            story.passes(GroupStory.REBALANCE_MS);

            assertThat(story.joined(b).leaderId()).isEqualTo("b");
            assertThat(story.joined(b).members()).hasSize(2);
        }
    }

    @Nested
    class TheFirstRebalance {
        @Test
        void gathers_those_who_come_within_a_short_silence() {
            GroupStory gathering = new GroupStory(GroupStory.config(50, 3_000));
            long a = gathering.joinNew("a");
            gathering.passes(30);
            long b = gathering.joinNew("b");
            gathering.passes(20);
            assertThat(gathering.waits(a)).isTrue();
            gathering.passes(50);

            assertThat(gathering.joined(a).generation()).isEqualTo(1);
            assertThat(gathering.joined(b).generation()).isEqualTo(1);
        }

        @Test
        void does_not_keep_a_lone_member_waiting_for_longer() {
            GroupStory gathering = new GroupStory(GroupStory.config(50, 3_000));
            long a = gathering.joinNew("a");

            gathering.passes(50);

            assertThat(gathering.joined(a).generation()).isEqualTo(1);
        }

        @Test
        void is_not_put_off_for_ever_by_new_arrivals() {
            GroupStory gathering = new GroupStory(GroupStory.config(50, 200));
            long a = gathering.joinNew("a");
            for (int i = 0; i < 4; i++) {
                gathering.joinNew("b" + i);
                gathering.passes(50);
            }

            assertThat(gathering.joined(a).members()).hasSize(5);
        }

        @Test
        void waits_for_an_id_that_was_handed_out_meanwhile() {
            GroupStory gathering = new GroupStory(GroupStory.config(50, 3_000));
            long a = gathering.joinNew("a");
            gathering.joinNewRequiringId("b");
            gathering.passes(50);
            assertThat(gathering.waits(a)).isTrue();
            gathering.join("b");
            gathering.passes(50);

            gathering.passes(50);

            assertThat(gathering.joined(a).members()).hasSize(2);
        }
    }

    @Nested
    class Syncing {
        @Test
        void the_assignment_of_the_leader_reaches_everybody_with_one_record() {
            story.stable("a");
            story.joinNew("b");
            story.join("a");
            story.records.clear();
            long b = story.sync("b");
            assertThat(story.waits(b)).isTrue();

            long a = story.sync("a", 2, Map.of("a", "0,1", "b", "2,3"));

            assertThat(story.synced(a)).isEqualTo("0,1");
            assertThat(story.synced(b)).isEqualTo("2,3");
            assertThat(story.group.state()).isEqualTo(GroupState.STABLE);
            assertThat(story.records).hasSize(1).first().isEqualTo(story.group.toRecord());
        }

        @Test
        void who_asks_later_hears_at_once() {
            story.joinNew("a");
            story.sync("a", 1, Map.of("a", "everything"));

            assertThat(story.synced(story.sync("a"))).isEqualTo("everything");
        }

        @Test
        void a_member_the_leader_forgot_gets_nothing() {
            story.stable("a");
            story.joinNew("b");
            story.join("a");
            long b = story.sync("b");
            story.sync("a", 2, Map.of("a", "all"));

            assertThat(story.synced(b)).isEmpty();
        }

        @Test
        void another_generation_is_refused() {
            story.stable("a");

            assertThat(story.error(story.sync("a", 0, Map.of())))
                    .isEqualTo(Errors.ILLEGAL_GENERATION);
        }

        @Test
        void another_protocol_is_refused() {
            story.joinNew("a");
            story.take(
                    story.machine.sync(
                            story.group,
                            new GroupCommand.Sync(77, "a", null, 1, "consumer", "sticky", Map.of()),
                            story.nowMs));

            assertThat(story.error(77)).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
        }

        @Test
        void during_a_rebalance_the_member_is_told_to_rejoin() {
            story.stable("a");
            story.joinNew("b");

            assertThat(story.error(story.sync("a"))).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        }

        @Test
        void who_waits_is_told_to_rejoin_when_somebody_else_comes() {
            story.stable("a");
            story.joinNew("b");
            story.join("a");
            long b = story.sync("b");

            story.joinNew("c");

            assertThat(story.error(b)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        }

        @Test
        void who_never_asks_for_the_assignment_is_out_after_the_rebalance_timeout() {
            story.stable("a");
            story.joinNew("b");
            story.join("a");
            story.sync("a", 2, Map.of("a", "x", "b", "y"));

            story.passes(GroupStory.REBALANCE_MS);

            assertThat(story.group.members()).containsOnlyKeys("a");
            assertThat(story.group.state()).isEqualTo(GroupState.PREPARING_REBALANCE);
        }

        @Test
        void a_leader_that_never_assigns_is_out_too() {
            story.stable("a");
            long joinB = story.joinNew("b");
            story.join("a");
            assertThat(story.joined(joinB).leaderId()).isEqualTo("a");
            story.sync("b");

            story.passes(GroupStory.REBALANCE_MS);
            long b = story.join("b");

            assertThat(story.joined(b).leaderId()).isEqualTo("b");
        }
    }

    @Nested
    class Leaving {
        @Test
        void makes_the_others_rejoin() {
            story.stable("a", "b");

            assertThat(story.leave("b")).containsExactly(Errors.NONE);

            assertThat(story.heartbeat("a")).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        }

        @Test
        void of_the_last_member_empties_the_group_and_is_recorded() {
            story.stable("a");
            story.records.clear();

            story.leave("a");

            assertThat(story.group.state()).isEqualTo(GroupState.EMPTY);
            assertThat(story.group.generation()).isEqualTo(2);
            assertThat(story.records).containsExactly(story.group.toRecord());
        }

        @Test
        void of_the_leader_makes_another_lead() {
            story.stable("a", "b");
            story.leave("a");

            long b = story.join("b");

            assertThat(story.joined(b).leaderId()).isEqualTo("b");
        }

        @Test
        void of_one_who_is_missing_ends_the_join_phase() {
            story.stable("a", "b");
            long c = story.joinNew("c");
            story.join("a");

            story.leave("b");

            assertThat(story.joined(c).generation()).isEqualTo(story.group.generation());
        }

        @Test
        void of_one_who_waits_answers_its_request() {
            story.stable("a");
            long b = story.joinNew("b");

            story.leave("b");

            assertThat(story.error(b)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        }

        @Test
        void answers_for_each_member_by_itself() {
            story.stable("a", "b");

            assertThat(story.leave("x", "b"))
                    .containsExactly(Errors.UNKNOWN_MEMBER_ID, Errors.NONE);
        }

        @Test
        void of_a_stranger_changes_nothing() {
            story.stable("a");

            story.leave("x");

            assertThat(story.group.state()).isEqualTo(GroupState.STABLE);
        }
    }

    @Nested
    class FallingSilent {
        @Test
        void is_leaving() {
            story.stable("a", "b");

            story.falls_silent("b");

            assertThat(story.group.members()).containsOnlyKeys("a");
            assertThat(story.heartbeat("a")).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
            assertThat(story.heartbeat("b")).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        }

        @Test
        void of_everybody_empties_the_group() {
            story.stable("a", "b");

            story.falls_silent("a", "b");

            assertThat(story.group.state()).isEqualTo(GroupState.EMPTY);
        }
    }

    @Nested
    class StaticMembers {
        @Test
        void come_back_without_a_rebalance_under_a_new_id() {
            story.joinStatic("i1", "a");
            story.everybodySyncs();
            int generation = story.group.generation();
            story.records.clear();

            long back = story.joinStatic("i1", "a2");

            assertThat(story.joined(back).generation()).isEqualTo(generation);
            assertThat(story.joined(back).leaderId()).isEqualTo("a2");
            assertThat(story.joined(back).skipAssignment()).isTrue();
            assertThat(story.group.state()).isEqualTo(GroupState.STABLE);
            assertThat(story.synced(story.sync("a2"))).isEqualTo("a in 1");
            assertThat(story.records).hasSize(1);
        }

        @Test
        void fence_their_former_selves() {
            story.joinStatic("i1", "a");
            story.everybodySyncs();
            story.joinStatic("i1", "a2");

            assertThat(story.machine.heartbeat(story.group, "a", "i1", 1))
                    .isEqualTo(Errors.FENCED_INSTANCE_ID);
            assertThat(story.machine.validateCommit(story.group, "a", "i1", 1))
                    .isEqualTo(Errors.FENCED_INSTANCE_ID);
        }

        @Test
        void fence_the_waiting_request_of_their_former_selves() {
            story.stable("b");
            long first = story.joinStatic("i1", "a");

            story.joinStatic("i1", "a2");

            assertThat(story.error(first)).isEqualTo(Errors.FENCED_INSTANCE_ID);
            assertThat(story.group.members()).containsOnlyKeys("b", "a2");
        }

        @Test
        void start_a_rebalance_when_their_assignor_is_another() {
            story.joinStatic("i1", "a", "range", "sticky");
            story.everybodySyncs();

            long back = story.joinStatic("i1", "a2", "sticky");

            assertThat(story.joined(back).generation()).isEqualTo(2);
            assertThat(story.joined(back).protocol()).isEqualTo("sticky");
        }

        @Test
        void stay_when_they_do_not_rejoin_in_time() {
            story.joinStatic("i1", "a");
            story.everybodySyncs();
            story.joinNew("b");

            story.passes(GroupStory.REBALANCE_MS);

            assertThat(story.group.members()).containsOnlyKeys("a", "b");
            assertThat(story.group.leaderId()).isEqualTo("b");
        }

        @Test
        void can_be_removed_by_their_instance_id() {
            story.joinStatic("i1", "a");
            story.everybodySyncs();

            GroupMachine.Left left =
                    story.machine.leave(
                            story.group, List.of(new GroupCommand.Leave("", "i1")), story.nowMs);

            assertThat(left.errors()).containsExactly(Errors.NONE);
            assertThat(left.decided().group().state()).isEqualTo(GroupState.EMPTY);
        }
    }

    @Nested
    class Committing {
        @Test
        void is_for_members_of_the_current_generation() {
            story.stable("a");

            assertThat(commit("a", 1)).isEqualTo(Errors.NONE);
            assertThat(commit("a", 0)).isEqualTo(Errors.ILLEGAL_GENERATION);
            assertThat(commit("x", 1)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        }

        @Test
        void is_for_anybody_while_the_group_is_empty() {
            assertThat(commit("", -1)).isEqualTo(Errors.NONE);
            story.stable("a");
            assertThat(commit("", -1)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        }

        @Test
        void goes_on_until_the_member_has_rejoined() {
            story.stable("a");
            story.joinNew("b");
            assertThat(commit("a", 1)).isEqualTo(Errors.NONE);

            story.join("a");

            assertThat(commit("a", 1)).isEqualTo(Errors.ILLEGAL_GENERATION);
            assertThat(commit("a", 2)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        }

        private Errors commit(String memberId, int generation) {
            return story.machine.validateCommit(story.group, memberId, null, generation);
        }
    }

    @Nested
    class Replaying {
        @Test
        void the_record_of_a_stable_group_brings_it_back() {
            story.stable("a", "b");

            Group replayed = Group.replay(null, story.group.toRecord());

            assertThat(replayed.toRecord()).isEqualTo(story.group.toRecord());
            assertThat(replayed.state()).isEqualTo(GroupState.STABLE);
            assertThat(story.machine.heartbeat(replayed, "b", null, story.group.generation()))
                    .isEqualTo(Errors.NONE);
        }

        @Test
        void the_record_of_an_empty_group_brings_back_its_generation() {
            story.stable("a");
            story.leave("a");

            Group replayed = Group.replay(null, story.group.toRecord());

            assertThat(replayed.state()).isEqualTo(GroupState.EMPTY);
            assertThat(replayed.generation()).isEqualTo(2);
            assertThat(replayed.protocolType()).isEqualTo("consumer");
        }
    }
}
