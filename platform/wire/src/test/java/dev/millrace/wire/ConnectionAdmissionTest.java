package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.wire.ConnectionAdmission.Refused;
import dev.millrace.wire.ConnectionAdmission.RefusedAfter;
import dev.millrace.wire.ConnectionAdmission.Stays;
import dev.millrace.wire.ConnectionAdmission.Verdict;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConnectionAdmissionTest {
    private static final InetAddress A = ip(1);
    private static final InetAddress B = ip(2);

    private long nowMs = 50_000;

    private static InetAddress ip(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private Verdict connect(ConnectionAdmission admission, InetAddress ip) {
        assertThat(admission.waitMs(nowMs)).isZero();
        return admission.admit(ip, nowMs);
    }

    @Test
    void a_full_listener_lets_newcomers_wait_until_somebody_leaves() {
        ConnectionAdmission admission = new ConnectionAdmission(ConnectionLimits.NONE.withMax(2));
        connect(admission, A);
        connect(admission, B);

        assertThat(admission.waitMs(nowMs)).isEqualTo(ConnectionAdmission.UNTIL_SOMEBODY_LEAVES);
        admission.left(A);
        assertThat(connect(admission, B)).isInstanceOf(Stays.class);
    }

    @Test
    void an_ip_with_its_fill_is_refused_others_are_not() {
        ConnectionAdmission admission =
                new ConnectionAdmission(ConnectionLimits.NONE.withMaxPerIp(1, Map.of(B, 2)));
        connect(admission, A);
        connect(admission, B);

        assertThat(connect(admission, A)).isEqualTo(new Refused(1));
        assertThat(connect(admission, B)).isInstanceOf(Stays.class);
        assertThat(connect(admission, B)).isEqualTo(new Refused(2));
        admission.left(A);
        assertThat(connect(admission, A)).isInstanceOf(Stays.class);
    }

    @Test
    void above_the_listeners_rate_the_first_in_line_waits_but_not_longer_than_a_window() {
        ConnectionAdmission admission =
                new ConnectionAdmission(ConnectionLimits.NONE.withCreationRate(1));
        for (int i = 0; i < 10; i++) {
            assertThat(connect(admission, A)).isInstanceOf(Stays.class);
        }

        long waitMs = admission.waitMs(nowMs);
        assertThat(waitMs).isEqualTo(1_000);
        nowMs += 400;
        assertThat(admission.waitMs(nowMs)).isEqualTo(600);
        nowMs += 600;
        assertThat(connect(admission, A)).isInstanceOf(Stays.class);
    }

    @Test
    void an_ip_that_connects_too_fast_is_closed_later_and_leaves_no_trace_in_the_rates() {
        ConnectionAdmission admission =
                new ConnectionAdmission(
                        ConnectionLimits.NONE.withCreationRatePerIp(
                                ConnectionLimits.UNLIMITED, Map.of(A, 1)));
        for (int i = 0; i < 10; i++) {
            assertThat(connect(admission, A)).isInstanceOf(Stays.class);
        }

        Verdict first = connect(admission, A);
        assertThat(first).isInstanceOf(RefusedAfter.class);
        assertThat(connect(admission, A)).isEqualTo(first);
        assertThat(connect(admission, B)).isInstanceOf(Stays.class);
    }

    @Test
    void a_lowered_maximum_says_how_many_are_too_many() {
        ConnectionAdmission admission = new ConnectionAdmission(ConnectionLimits.NONE);
        connect(admission, A);
        connect(admission, A);
        connect(admission, B);

        admission.limits(ConnectionLimits.NONE.withMax(1));

        assertThat(admission.excess()).isEqualTo(2);
    }
}
