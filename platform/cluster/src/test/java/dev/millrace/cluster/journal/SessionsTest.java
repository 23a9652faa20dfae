package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.MetadataRequest.FenceBroker;
import dev.millrace.cluster.journal.MetadataRequest.RegisterBroker;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final long TIMEOUT = 2_000;
    private static final long CHECK = 100;

    private final Sessions sessions = new Sessions(TIMEOUT, CHECK);
    private MetadataState state = MetadataState.EMPTY;
    private long now = 50_000;

    private void register(int nodeId, boolean fenced) {
        RegisterBroker request =
                new RegisterBroker(
                        nodeId,
                        Uuid.randomUuid(),
                        new BrokerStart("127.0.0.1", 9092, ""),
                        fenced,
                        Map.of());
        Accepted accepted = (Accepted) Decisions.decide(state, request, ClusterRules.DEFAULT);
        state = state.replay(accepted.records(), state.version() + 1);
    }

    /** Checks as often as it should; answers the last check. */
    private List<FenceBroker> pass(long time) {
        List<FenceBroker> expired = List.of();
        for (long end = now + time; now < end; ) {
            now += CHECK;
            expired = sessions.expired(state, now);
        }
        return expired;
    }

    @Test
    void a_broker_that_is_silent_for_the_timeout_is_to_be_fenced() {
        register(1, false);
        register(2, false);
        sessions.restart(now);
        pass(CHECK);

        assertThat(pass(TIMEOUT)).isEmpty();
        sessions.heard(2, 2, now);

        assertThat(pass(CHECK)).containsExactly(new FenceBroker(1, 1));
    }

    @Test
    void a_fenced_broker_is_not_fenced_again() {
        register(1, true);
        sessions.restart(now);

        assertThat(pass(2 * TIMEOUT)).isEmpty();
    }

    @Test
    void a_new_leader_of_the_journal_gives_everybody_the_whole_time() {
        register(1, false);
        sessions.restart(now);
        pass(TIMEOUT);

        sessions.restart(now);

        assertThat(pass(TIMEOUT)).isEmpty();
    }

    @Test
    void a_broker_that_registers_again_has_a_new_session() {
        register(1, false);
        sessions.restart(now);
        pass(TIMEOUT);
        register(1, false);

        assertThat(pass(TIMEOUT)).isEmpty();
    }

    @Test
    void a_pause_of_the_journals_leader_is_nobodys_silence() {
        register(1, false);
        sessions.restart(now);
        pass(TIMEOUT / 2);

        now += 10 * TIMEOUT;

        assertThat(sessions.expired(state, now)).isEmpty();
        assertThat(pass(TIMEOUT / 2 + 2 * CHECK)).hasSize(1);
    }
}
