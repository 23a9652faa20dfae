package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who follows the journal, and who votes: pure, from who does now and the brokers that there are.
 *
 * <pre>
 *   a node joins       as an observer; in place of an earlier one of its node id that is gone
 *   observers          become voters as soon as there are enough of them for as many voters as
 *                      there should be, one at a time: 1 ... 3, never to stay at 2
 *   a node is removed  and if it was a voter, an observer that runs takes its place
 * </pre>
 */
final class Membership {
    private final List<JournalPeer> members;
    private final Collection<BrokerRegistration> brokers;

    /**
     * @param members as they are
     */
    Membership(List<JournalPeer> members, MetadataState state) {
        this.members = members;
        this.brokers = List.copyOf(state.brokers().values());
    }

    /** Empty if it is a member already. */
    Optional<List<JournalPeer>> joined(JoinJournal request) {
        JournalPeer joining =
                new JournalPeer(request.journalId(), request.host(), request.port(), false);
        JournalPeer present = member(request.journalId());
        if (present != null && present.address().equals(joining.address())) {
            return Optional.empty();
        }
        List<JournalPeer> next = new ArrayList<>(members);
        JournalPeer earlier = present == null ? of(request.nodeId()) : present;
        if (earlier != null) {
            next.remove(earlier);
        }
        next.add(joining);
        return Optional.of(List.copyOf(next));
    }

    /** Empty if it is no member. */
    Optional<List<JournalPeer>> left(UnregisterBroker request) {
        JournalPeer leaving = of(request.nodeId());
        if (leaving == null) {
            return Optional.empty();
        }
        List<JournalPeer> next = new ArrayList<>(members);
        next.remove(leaving);
        if (leaving.voter()) {
            readyObservers().stream().findFirst().ifPresent(heir -> promote(next, heir));
        }
        return Optional.of(List.copyOf(next));
    }

    /**
     * Empty if all is as it should be.
     *
     * @param target as many voters as there should be
     */
    Optional<List<JournalPeer>> promoted(int target) {
        long voters = members.stream().filter(JournalPeer::voter).count();
        List<JournalPeer> ready = readyObservers();
        // Two voters tolerate no more than one does, and are two that must run.
        boolean lonely = voters % 2 == 1 && ready.size() < 2;
        if (voters >= target || ready.isEmpty() || lonely) {
            return Optional.empty();
        }
        List<JournalPeer> next = new ArrayList<>(members);
        promote(next, ready.get(0));
        return Optional.of(List.copyOf(next));
    }

    private static void promote(List<JournalPeer> next, JournalPeer observer) {
        next.set(next.indexOf(observer), observer.voting(true));
    }

    private @Nullable JournalPeer member(String id) {
        return members.stream().filter(each -> each.id().equals(id)).findFirst().orElse(null);
    }

    /** Of brokers that run and have caught up. */
    private List<JournalPeer> readyObservers() {
        Set<JournalPeer> ready = new HashSet<>();
        for (BrokerRegistration broker : brokers) {
            JournalPeer member = broker.isActive() ? at(broker) : null;
            if (member != null && !member.voter()) {
                ready.add(member);
            }
        }
        return members.stream().filter(ready::contains).toList();
    }

    private @Nullable JournalPeer of(int nodeId) {
        JournalPeer alone = member(JournalPeer.aloneId(nodeId));
        if (alone != null) {
            return alone;
        }
        for (BrokerRegistration broker : brokers) {
            if (broker.nodeId() == nodeId) {
                return at(broker);
            }
        }
        return null;
    }

    private @Nullable JournalPeer at(BrokerRegistration broker) {
        String address = broker.peerHost() + ":" + broker.peerPort();
        return members.stream()
                .filter(member -> member.address().equals(address))
                .findFirst()
                .orElse(null);
    }
}
