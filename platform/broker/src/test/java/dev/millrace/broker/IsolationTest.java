package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IsolationTest {
    private static final long START_NS = TimeUnit.HOURS.toNanos(1);

    private boolean current = true;
    private long heardMs;
    private boolean shares = true;
    private final List<Boolean> told = new ArrayList<>();
    private final Isolation isolation =
            new Isolation(() -> current, () -> at(heardMs), () -> shares, told::add);

    private static long at(long ms) {
        return START_NS + TimeUnit.MILLISECONDS.toNanos(ms);
    }

    private boolean asideAt(long ms) {
        isolation.look(at(ms));
        return isolation.isAside();
    }

    @Test
    void a_broker_that_hears_neither_of_the_cluster_nor_of_followers_stands_aside() {
        current = false;
        assertThat(asideAt(1_400)).isFalse();
        assertThat(asideAt(1_600)).isTrue();
        assertThat(asideAt(1_800)).isTrue();
        assertThat(told).containsExactly(true);
    }

    @Test
    void followers_are_enough_while_the_journal_has_no_leader() {
        current = false;
        heardMs = 9_000;

        assertThat(asideAt(10_000)).isFalse();
    }

    @Test
    void the_cluster_is_enough_for_who_has_no_followers() {
        assertThat(asideAt(3_600_000)).isFalse();
    }

    @Test
    void who_shares_nothing_with_others_goes_on() {
        current = false;
        shares = false;

        assertThat(asideAt(3_600_000)).isFalse();
        shares = true;
        assertThat(asideAt(3_600_200)).isTrue();
    }

    @Test
    void it_goes_on_when_it_is_heard_of_again() {
        current = false;
        assertThat(asideAt(2_000)).isTrue();
        current = true;

        assertThat(asideAt(2_200)).isFalse();
        assertThat(told).containsExactly(true, false);
    }
}
