package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.journal.MetadataRecord.BrokerRegistered;
import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class MembershipTest {
    private static final String CLUSTER = "cluster";

    /** Node {@code id} listens for others at {@code h:(100 * id)}. */
    private static JournalPeer member(int id, boolean voter) {
        return new JournalPeer(JournalPeer.id("h", 100 * id), "h", 100 * id + 1, voter);
    }

    private static List<JournalPeer> voters(int... ids) {
        return Arrays.stream(ids).mapToObj(id -> member(id, true)).toList();
    }

    private static List<JournalPeer> with(List<JournalPeer> voters, int... observers) {
        List<JournalPeer> members = new ArrayList<>(voters);
        for (int id : observers) {
            members.add(member(id, false));
        }
        return members;
    }

    private static MetadataState running(int... ids) {
        MetadataState state = MetadataState.EMPTY;
        for (int id : ids) {
            state = registered(state, id, false);
        }
        return state;
    }

    private static MetadataState registered(MetadataState state, int id, boolean fenced) {
        return state.replay(
                new BrokerRegistered(
                        id,
                        0,
                        "h",
                        9092,
                        "h",
                        100 * id,
                        Uuid.ONE_UUID,
                        "",
                        fenced,
                        false,
                        Map.of()),
                state.version() + 1);
    }

    private static JoinJournal join(int id) {
        return new JoinJournal(
                id, CLUSTER, JournalPeer.id("h", 100 * id), "h", 100 * id + 1, Map.of());
    }

    @Test
    void a_node_joins_as_an_observer() {
        Membership three = new Membership(voters(1, 2, 3), running(1, 2, 3));

        assertThat(three.joined(join(4))).contains(with(voters(1, 2, 3), 4));
    }

    @Test
    void a_member_that_asks_again_changes_nothing() {
        Membership four = new Membership(with(voters(1, 2, 3), 4), running(1, 2, 3));

        assertThat(four.joined(join(4))).isEmpty();
        assertThat(four.joined(join(2))).isEmpty();
    }

    @Test
    void a_node_that_comes_back_elsewhere_takes_the_place_of_the_one_it_was() {
        MetadataState state = registered(running(1, 2), 3, true);
        JoinJournal elsewhere = new JoinJournal(3, CLUSTER, "g-300", "g", 301, Map.of());

        Optional<List<JournalPeer>> next = new Membership(voters(1, 2, 3), state).joined(elsewhere);

        assertThat(next)
                .contains(
                        List.of(
                                member(1, true),
                                member(2, true),
                                new JournalPeer("g-300", "g", 301, false)));
    }

    @Test
    void a_node_that_was_alone_is_known_by_its_node_id() {
        JournalPeer first = JournalPeer.alone(1, "h", 101);
        Membership membership = new Membership(List.of(first, member(2, false)), running(1, 2));

        assertThat(membership.left(new UnregisterBroker(1))).contains(List.of(member(2, true)));
    }

    @Test
    void one_voter_stays_one_until_two_others_can_vote_as_well() {
        assertThat(new Membership(with(voters(1), 2), running(1, 2)).promoted(3)).isEmpty();
        assertThat(new Membership(with(voters(1), 2, 3), running(1, 2)).promoted(3))
                .as("node 3 has not caught up")
                .isEmpty();

        List<JournalPeer> two =
                new Membership(with(voters(1), 2, 3), running(1, 2, 3)).promoted(3).orElseThrow();
        List<JournalPeer> three = new Membership(two, running(1, 2, 3)).promoted(3).orElseThrow();

        assertThat(three).allMatch(JournalPeer::voter).hasSize(3);
        assertThat(new Membership(three, running(1, 2, 3)).promoted(3)).isEmpty();
    }

    @Test
    void observers_stay_observers_where_there_are_as_many_voters_as_there_should_be() {
        MetadataState state = running(1, 2, 3, 4, 5);

        assertThat(new Membership(with(voters(1), 2, 3, 4), state).promoted(1)).isEmpty();
        assertThat(new Membership(with(voters(1, 2, 3), 4, 5), state).promoted(3)).isEmpty();
        assertThat(new Membership(with(voters(1, 2, 3), 4, 5), state).promoted(5)).isPresent();
    }

    @Test
    void an_observer_that_runs_takes_the_place_of_a_voter_that_is_removed() {
        MetadataState state = registered(registered(running(1, 2, 5), 3, true), 4, true);
        Membership five = new Membership(with(voters(1, 2, 3), 4, 5), state);

        assertThat(five.left(new UnregisterBroker(3)))
                .contains(
                        List.of(
                                member(1, true),
                                member(2, true),
                                member(4, false),
                                member(5, true)));
        assertThat(five.left(new UnregisterBroker(4))).contains(with(voters(1, 2, 3), 5));
        assertThat(five.left(new UnregisterBroker(9))).isEmpty();
    }

    @Test
    void without_an_observer_there_is_a_voter_less_until_a_node_joins() {
        MetadataState state = registered(running(1, 2), 3, true);
        List<JournalPeer> two =
                new Membership(voters(1, 2, 3), state).left(new UnregisterBroker(3)).orElseThrow();

        assertThat(two).isEqualTo(voters(1, 2));
        assertThat(new Membership(with(two, 4), running(1, 2, 4)).promoted(3))
                .contains(voters(1, 2, 4));
    }
}
