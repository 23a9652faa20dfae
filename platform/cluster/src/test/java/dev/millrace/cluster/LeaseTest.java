package dev.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeaseTest {
    private static final long START_NS = TimeUnit.HOURS.toNanos(1);
    private static final boolean ENDED_FENCE = true;

    private long metadata = 100;
    private long partitions = 100;
    private final Lease lease = new Lease(TimeUnit.SECONDS.toNanos(3), at(0));

    private static long at(long ms) {
        return START_NS + TimeUnit.MILLISECONDS.toNanos(ms);
    }

    private void answered(long sentMs, long nowMs, boolean endedFence) {
        lease.answered(at(sentMs), at(nowMs), metadata, endedFence, partitions);
    }

    private boolean holdsAt(long ms) {
        return lease.holds(at(ms));
    }

    @Test
    void it_holds_for_the_session_timeout_from_when_the_answered_heartbeat_was_sent() {
        answered(1_000, 1_900, !ENDED_FENCE);

        assertThat(holdsAt(3_999)).isTrue();
        assertThat(holdsAt(4_000)).isFalse();
    }

    @Test
    void an_earlier_heartbeat_that_is_answered_later_does_not_shorten_it() {
        answered(2_000, 2_100, !ENDED_FENCE);
        answered(1_500, 2_200, !ENDED_FENCE);

        assertThat(holdsAt(4_999)).isTrue();
    }

    @Test
    void metadata_that_changes_all_the_time_does_not_end_it() {
        metadata = 200;
        answered(1_000, 1_100, !ENDED_FENCE);

        assertThat(holdsAt(3_999)).isTrue();
    }

    @Test
    void after_a_gap_no_answer_counts_before_the_partitions_know_what_was_decided_meanwhile() {
        metadata = 107;
        answered(14_000, 14_010, !ENDED_FENCE);
        assertThat(holdsAt(14_010)).isFalse();
        metadata = 109; // goes on while they catch up
        partitions = 106;
        answered(14_500, 14_510, !ENDED_FENCE);
        assertThat(holdsAt(14_510)).isFalse();

        partitions = 107;
        answered(15_000, 15_010, !ENDED_FENCE);
        assertThat(holdsAt(17_999)).isTrue();
    }

    @Test
    void nor_does_the_heartbeat_that_ends_a_fence() {
        metadata = 103;
        answered(1_000, 1_010, ENDED_FENCE);
        answered(1_500, 1_510, !ENDED_FENCE);
        assertThat(holdsAt(2_999)).as("by what was answered before").isTrue();
        assertThat(holdsAt(3_000)).isFalse();

        partitions = 103;
        answered(3_000, 3_010, !ENDED_FENCE);
        assertThat(holdsAt(5_999)).isTrue();
    }
}
