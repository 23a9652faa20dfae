package dev.millrace.broker.replica;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Broker 1 leads; 2 and 3 follow. All brokers' epochs are their ids times ten. */
class LeaderStateTest {
    private static final int EPOCH = 5;
    private static final long STAYS = -1;
    private static final long MAX_LAG_MS = 1_000;
    private static final long START_MS = 100_000;
    private static final Map<Integer, Long> ALL_UP = Map.of(1, 10L, 2, 20L, 3, 30L);

    private static Leadership metadata(int partitionEpoch, List<Integer> isr) {
        return metadata(partitionEpoch, isr, 1, ALL_UP);
    }

    private static Leadership metadata(
            int partitionEpoch, List<Integer> isr, int minInsync, Map<Integer, Long> up) {
        return new Leadership(EPOCH, partitionEpoch, List.of(1, 2, 3), isr, minInsync, up);
    }

    private static LeaderState leading(Leadership metadata, long epochStartOffset) {
        return leading(metadata, epochStartOffset, MAX_LAG_MS);
    }

    private static LeaderState leading(
            Leadership metadata, long epochStartOffset, long maxSilenceMs) {
        return new LeaderState(1, metadata, epochStartOffset, MAX_LAG_MS, maxSilenceMs, START_MS);
    }

    private static void fetch(
            LeaderState state, int replica, long offset, long leaderEnd, long ms) {
        state.fetched(replica, replica * 10L, offset, leaderEnd, ms);
    }

    private static IsrProposal proposed(
            LeaderState state, long highWatermark, long endOffset, long ms) {
        return requireNonNull(state.propose(highWatermark, endOffset, ms));
    }

    @Nested
    class High_watermark {
        @Test
        void waits_for_every_in_sync_replica_to_fetch_in_this_epoch() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0);
            fetch(state, 2, 100, 100, START_MS);

            assertThat(state.highWatermark(100, START_MS)).isEqualTo(STAYS);
        }

        @Test
        void moves_to_the_smallest_log_end_offset_of_the_isr() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0);
            fetch(state, 2, 80, 100, START_MS);
            fetch(state, 3, 90, 100, START_MS);

            assertThat(state.highWatermark(100, START_MS)).isEqualTo(80);
        }

        @Test
        void does_not_wait_for_a_replica_that_left_the_isr_long_ago() {
            LeaderState state = leading(metadata(0, List.of(1, 2)), 0);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 10, 100, START_MS);

            assertThat(state.highWatermark(100, START_MS)).isEqualTo(100);
        }

        @Test
        void waits_for_a_replica_that_has_caught_up_and_is_about_to_join() {
            LeaderState state = leading(metadata(0, List.of(1, 2)), 0);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 100, 100, START_MS);
            fetch(state, 2, 150, 150, START_MS + 10);

            assertThat(state.highWatermark(150, START_MS + 10)).isEqualTo(100);
        }

        @Test
        void waits_for_a_refused_member_until_the_withdrawal_is_in_the_metadata() {
            LeaderState state = leading(metadata(3, List.of(1, 2)), 0);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 100, 100, START_MS);
            IsrProposal proposal = proposed(state, 100, 100, START_MS);
            long laterMs = START_MS + 2 * MAX_LAG_MS;
            fetch(state, 2, 150, 150, laterMs);

            IsrProposal withdrawal = state.withdrawal(proposal);

            assertThat(withdrawal).isEqualTo(new IsrProposal(EPOCH, 3, Map.of(1, 10L, 2, 20L)));
            assertThat(state.highWatermark(150, laterMs)).isEqualTo(100);
            state.update(metadata(4, List.of(1, 2)));
            assertThat(state.awaits(proposal)).isFalse();
            assertThat(state.highWatermark(150, laterMs)).isEqualTo(150);
        }

        @Test
        void still_waits_for_a_member_that_is_proposed_to_leave() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0);
            fetch(state, 3, 50, 100, START_MS);
            long laterMs = START_MS + 2 * MAX_LAG_MS;
            fetch(state, 2, 100, 100, laterMs);

            IsrProposal proposal = proposed(state, 50, 100, laterMs);

            assertThat(proposal.isr()).containsOnlyKeys(1, 2);
            assertThat(state.highWatermark(100, laterMs)).isEqualTo(50);
            state.update(metadata(1, List.of(1, 2)));
            assertThat(state.highWatermark(100, laterMs)).isEqualTo(100);
        }

        @Test
        void stays_while_the_isr_is_below_the_minimum() {
            LeaderState state = leading(metadata(0, List.of(1), 2, ALL_UP), 0);

            assertThat(state.isUnderMinInsyncReplicas()).isTrue();
            assertThat(state.highWatermark(100, START_MS)).isEqualTo(STAYS);
        }

        @Test
        void is_not_held_up_by_a_minimum_above_the_number_of_replicas() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3), 7, ALL_UP), 0);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 100, 100, START_MS);

            assertThat(state.highWatermark(100, START_MS)).isEqualTo(100);
        }
    }

    @Nested
    class A_follower_joins {
        @Test
        void when_it_has_all_that_is_committed() {
            LeaderState state = leading(metadata(7, List.of(1, 2)), 0);
            fetch(state, 3, 99, 100, START_MS);
            assertThat(state.propose(100, 100, START_MS)).isNull();

            fetch(state, 3, 100, 100, START_MS);

            assertThat(state.propose(100, 100, START_MS))
                    .isEqualTo(new IsrProposal(EPOCH, 7, Map.of(1, 10L, 2, 20L, 3, 30L)));
        }

        @Test
        void not_before_it_has_what_was_there_when_the_epoch_began() {
            LeaderState state = leading(metadata(0, List.of(1, 2)), 100);
            fetch(state, 3, 60, 100, START_MS);
            assertThat(state.propose(50, 100, START_MS)).isNull();

            fetch(state, 3, 100, 100, START_MS);

            assertThat(state.propose(50, 100, START_MS)).isNotNull();
        }

        @Test
        void not_while_it_is_fenced() {
            LeaderState state = leading(metadata(0, List.of(1, 2), 1, Map.of(1, 10L, 2, 20L)), 0);
            fetch(state, 3, 100, 100, START_MS);

            assertThat(state.propose(100, 100, START_MS)).isNull();
        }

        @Test
        void not_under_the_epoch_of_its_last_incarnation() {
            LeaderState state =
                    leading(metadata(0, List.of(1, 2), 1, Map.of(1, 10L, 2, 20L, 3, 31L)), 0);
            fetch(state, 3, 100, 100, START_MS);

            assertThat(state.propose(100, 100, START_MS)).isNull();
        }
    }

    @Nested
    class A_follower_leaves {
        @Test
        void when_it_has_not_had_all_for_too_long() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 100, 100, START_MS);
            long laterMs = START_MS + MAX_LAG_MS + 1;
            fetch(state, 2, 200, 200, laterMs);

            assertThat(state.propose(100, 200, START_MS + MAX_LAG_MS)).isNull();
            assertThat(proposed(state, 100, 200, laterMs).isr()).containsOnlyKeys(1, 2);
        }

        @Test
        void not_while_nothing_is_written() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 100, 100, START_MS);

            assertThat(state.propose(100, 100, START_MS + 50 * MAX_LAG_MS)).isNull();
        }

        @Test
        void not_while_it_keeps_pace_a_fetch_behind() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0);
            long nowMs = START_MS;
            for (int round = 0; round < 20; round++) {
                nowMs += MAX_LAG_MS / 2;
                fetch(state, 2, round * 10L, round * 10L + 10, nowMs);
                fetch(state, 3, round * 10L, round * 10L + 10, nowMs);
            }

            assertThat(state.propose(190, 200, nowMs)).isNull();
        }

        @Test
        void sooner_when_it_asks_for_nothing_than_when_it_is_slow() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0, 300);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 100, 100, START_MS);
            long laterMs = START_MS + 301;
            fetch(state, 2, 150, 200, laterMs);

            assertThat(state.propose(100, 200, START_MS + 300)).isNull();
            assertThat(proposed(state, 100, 200, laterMs).isr()).containsOnlyKeys(1, 2);
        }

        @Test
        void not_because_the_leader_did_nothing_for_a_while() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 0, 300);
            fetch(state, 2, 100, 100, START_MS);
            fetch(state, 3, 100, 100, START_MS);

            state.paused(500);

            assertThat(state.propose(100, 200, START_MS + 800)).isNull();
            assertThat(proposed(state, 100, 200, START_MS + 801).isr()).containsOnlyKeys(1);
        }

        @Test
        void if_it_never_fetched_in_this_epoch() {
            LeaderState state = leading(metadata(0, List.of(1, 2, 3)), 10);
            long laterMs = START_MS + MAX_LAG_MS + 1;
            fetch(state, 2, 10, 10, laterMs);

            assertThat(proposed(state, 0, 10, laterMs).isr()).containsOnlyKeys(1, 2);
        }
    }

    @Test
    void has_one_proposal_under_way_at_a_time() {
        LeaderState state = leading(metadata(0, List.of(1)), 0);
        fetch(state, 2, 100, 100, START_MS);
        IsrProposal first = proposed(state, 100, 100, START_MS);
        fetch(state, 3, 100, 100, START_MS);

        assertThat(state.propose(100, 100, START_MS)).isNull();
        assertThat(state.awaits(first)).isTrue();
        state.update(metadata(1, List.of(1, 2)));
        assertThat(state.awaits(first)).isFalse();
        assertThat(proposed(state, 100, 100, START_MS).isr()).containsOnlyKeys(1, 2, 3);
    }

    @Test
    void does_not_go_back_to_older_metadata() {
        LeaderState state = leading(metadata(3, List.of(1, 2)), 0);

        state.update(metadata(2, List.of(1, 2, 3)));

        assertThat(state.isr()).containsExactly(1, 2);
    }

    @Test
    void is_of_one_leader_epoch() {
        LeaderState state = leading(metadata(0, List.of(1)), 0);
        Leadership next = new Leadership(EPOCH + 1, 1, List.of(1, 2, 3), List.of(1), 1, ALL_UP);

        assertThatThrownBy(() -> state.update(next)).hasMessageContaining("epoch 6");
    }

    @Test
    void does_not_listen_to_an_incarnation_that_has_ended() {
        LeaderState state = leading(metadata(0, List.of(1, 2)), 0);
        state.fetched(2, 21, 40, 100, START_MS);

        state.fetched(2, 20, 100, 100, START_MS);

        assertThat(state.highWatermark(100, START_MS)).isEqualTo(40);
    }

    @Test
    void a_restarted_follower_is_not_taken_for_the_one_that_had_caught_up() {
        LeaderState state = leading(metadata(0, List.of(1)), 0);
        fetch(state, 3, 100, 100, START_MS);
        state.update(metadata(1, List.of(1), 1, Map.of(1, 10L, 3, 31L)));

        state.fetched(3, 31, 0, 100, START_MS + 1);

        assertThat(state.highWatermark(100, START_MS + 1)).isEqualTo(100);
    }

    @Test
    void knows_no_stranger() {
        LeaderState state = leading(metadata(0, List.of(1)), 0);

        assertThat(state.fetched(9, 90, 100, 100, START_MS)).isFalse();
    }
}
