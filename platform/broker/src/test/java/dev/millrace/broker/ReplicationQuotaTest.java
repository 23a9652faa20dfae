package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ReplicationQuotaTest {
    private static final int MB = 1_000_000;

    private long nowMs = 50_000;
    private final ReplicationQuota quota = new ReplicationQuota(11, 1_000, () -> nowMs);

    @Test
    void holds_nobody_back_without_a_rate() {
        quota.record(100 * MB);

        assertThat(quota.isExceeded()).isFalse();
        assertThat(quota.totalBytes()).isEqualTo(100 * MB);
    }

    @Test
    void has_no_burst_at_the_beginning() {
        quota.limit(MB);
        quota.record(MB);
        assertThat(quota.isExceeded()).isFalse();

        quota.record(MB);

        assertThat(quota.waitMs()).isEqualTo(1_000);
    }

    @Test
    void lets_through_as_much_as_the_rate_over_any_length_of_time() {
        quota.limit(MB);
        long endMs = nowMs + 60_000;
        while (nowMs < endMs) {
            if (!quota.isExceeded()) {
                quota.record(700_000);
            }
            nowMs += 10;
        }

        assertThat(quota.totalBytes()).isBetween(58L * MB, 62L * MB);
    }

    @Test
    void forgets_what_is_older_than_its_windows() {
        quota.limit(1);
        quota.record(MB);
        nowMs += 10_999;
        assertThat(quota.isExceeded()).isTrue();

        nowMs += 1;

        assertThat(quota.isExceeded()).isFalse();
    }

    @Test
    void of_nothing_lets_pass_what_comes_when_nothing_was_moved_lately() {
        quota.limit(0);
        assertThat(quota.isExceeded()).isFalse();

        quota.record(1);

        assertThat(quota.waitMs()).isEqualTo(11_000);
    }

    @Test
    void is_lifted_when_the_rate_is_taken_away() {
        quota.limit(1);
        quota.record(MB);
        quota.limit(ReplicationQuota.NONE);

        assertThat(quota.isExceeded()).isFalse();
    }

    @Nested
    class Throttled_replicas {
        @Test
        void are_those_of_this_broker() {
            assertThat(ThrottledReplicas.of("0:1,0:2, 1:2 ,2:1", 2))
                    .isEqualTo(new ThrottledReplicas(false, Set.of(0, 1)));
        }

        @Test
        void may_be_all_or_none() {
            assertThat(ThrottledReplicas.of("*", 7).contains(3)).isTrue();
            assertThat(ThrottledReplicas.of(" ", 7).contains(3)).isFalse();
        }
    }
}
