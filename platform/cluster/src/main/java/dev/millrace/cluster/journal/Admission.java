package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterStartException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node gets into its journal, found out before anything of Raft runs:
 *
 * <pre>
 *   directory    other nodes say                      then
 *   of cluster X cluster Y                            refused
 *   of cluster X X, where this node is a member       goes on
 *   of cluster X X, where it is none any more         an observer joins again, a voter is refused
 *   of cluster X nothing                              goes on
 *   new          X                                    joins X
 *   new          nothing, and it is named a voter     forms a cluster with the other voters
 *   new          nothing, and it is not               waits for one that can be joined
 * </pre>
 *
 * @param members with whom it begins; what is on the disk is newer, if there is anything
 * @param joins whether the journal's leader has to be asked to take it in
 */
record Admission(JournalIdentity identity, List<JournalPeer> members, boolean joins) {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    /** For others to say which cluster they are of; those that are down refuse at once. */
    private static final long ANSWER_TIMEOUT_MS = 1_000;

    private static final long RETRY_MS = 500;
    private static final long FIRST_NOTE_MS = 5_000;
    private static final long NOTE_EVERY_MS = 30_000;

    /**
     * Blocks while there is no cluster to join.
     *
     * @throws ClusterStartException it is of another cluster, or of this one no more
     * @throws InterruptedException the node is closed meanwhile
     */
    static Admission of(JournalOptions options, JournalDirectory directory)
            throws IOException, InterruptedException {
        JournalIdentity known = directory.identity();
        if (options.alone()) {
            return alone(options, directory, known);
        }
        try (Handshake handshake = new Handshake(options.others())) {
            return known == null
                    ? firstTime(options, directory, handshake)
                    : again(options, directory, known, handshake.ask(ANSWER_TIMEOUT_MS));
        }
    }

    private static Admission alone(
            JournalOptions options, JournalDirectory directory, @Nullable JournalIdentity known)
            throws IOException {
        JournalIdentity identity = known == null ? JournalIdentity.alone(options.nodeId()) : known;
        directory.remember(identity);
        return new Admission(identity, List.of(options.self().named(identity.self())), false);
    }

    // ---- With a directory of a cluster

    private static Admission again(
            JournalOptions options,
            JournalDirectory directory,
            JournalIdentity known,
            List<Handshake.Answer> answers)
            throws IOException {
        Optional<Handshake.Answer> formed = formed(answers);
        if (formed.isPresent()) {
            requireSameCluster(options, known, formed.get());
            if (formed.get().hello().member(known.self()).isEmpty() && known.votes()) {
                throw new ClusterStartException(
                        "Node "
                                + options.nodeId()
                                + " has been removed from cluster "
                                + formed.get().hello().clusterId()
                                + ", as the node at "
                                + formed.get().from().address()
                                + " says; start it with an empty directory, and it joins anew.");
            }
        }
        JournalIdentity identity = known;
        if (known.listener().isEmpty()) {
            identity = known.listeningAt(options.self().address());
            directory.remember(identity);
        }
        JournalPeer self = options.self().named(identity.self());
        if (formed.isPresent()) {
            return joining(identity, self, formed.get());
        }
        if (!identity.founders().isEmpty()) {
            return new Admission(identity, founders(options, identity), false);
        }
        return new Admission(identity, List.of(self.voting(identity.beganAlone())), false);
    }

    private static void requireSameCluster(
            JournalOptions options, JournalIdentity known, Handshake.Answer answer) {
        boolean same =
                known.clusterId().isEmpty()
                        ? known.group().equals(answer.group())
                        : known.clusterId().equals(answer.hello().clusterId());
        if (!same) {
            throw new ClusterStartException(
                    "The metadata journal in "
                            + options.directory()
                            + " is of cluster "
                            + (known.clusterId().isEmpty()
                                    ? "(not formed yet, group " + known.group() + ")"
                                    : known.clusterId())
                            + ", but the node at "
                            + answer.from().address()
                            + " is of cluster "
                            + answer.hello().clusterId()
                            + "; name nodes of its own cluster in millrace.cluster.peers, or give"
                            + " the node an empty directory and it joins the other.");
        }
    }

    private static List<JournalPeer> founders(JournalOptions options, JournalIdentity identity) {
        return identity.founders().stream()
                .map(
                        address ->
                                options.peers().stream()
                                        .filter(peer -> peer.address().equals(address))
                                        .findFirst()
                                        .orElseGet(() -> JournalPeer.at(address)))
                .map(peer -> peer.voting(true))
                .toList();
    }

    // ---- With a new directory

    private static Admission firstTime(
            JournalOptions options, JournalDirectory directory, Handshake handshake)
            throws IOException, InterruptedException {
        boolean founder =
                options.voters().stream().anyMatch(peer -> peer.id().equals(options.self().id()));
        long noteNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FIRST_NOTE_MS);
        while (true) {
            List<Handshake.Answer> answers = handshake.ask(ANSWER_TIMEOUT_MS);
            Optional<Handshake.Answer> formed = formed(answers);
            if (formed.isPresent()) {
                Handshake.Answer answer = formed.get();
                Admission admission =
                        joining(
                                new JournalIdentity(
                                        answer.group(),
                                        options.self().id(),
                                        options.self().address(),
                                        answer.hello().clusterId(),
                                        answer.hello()
                                                .member(options.self().id())
                                                .map(JournalPeer::voter)
                                                .orElse(false),
                                        List.of()),
                                options.self(),
                                answer);
                directory.remember(admission.identity());
                return admission;
            }
            if (founder) {
                JournalIdentity identity = JournalIdentity.founder(options);
                directory.remember(identity);
                return new Admission(identity, options.voters(), false);
            }
            if (System.nanoTime() - noteNs >= 0) {
                noteNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(NOTE_EVERY_MS);
                LOG.warn(
                        "No cluster to join yet: none of {} is in one; this is {}, which goes on"
                                + " asking",
                        options.others().stream().map(JournalPeer::address).toList(),
                        options.self().address());
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MS);
        }
    }

    private static Admission joining(
            JournalIdentity identity, JournalPeer self, Handshake.Answer answer) {
        List<JournalPeer> members = new ArrayList<>(answer.hello().members());
        boolean joins = answer.hello().member(identity.self()).isEmpty();
        if (joins) {
            members.add(self.voting(false));
            LOG.info(
                    "Joins cluster {}, found at {}",
                    answer.hello().clusterId(),
                    answer.from().address());
        }
        return new Admission(identity, List.copyOf(members), joins);
    }

    /**
     * @throws ClusterStartException the nodes that were named are of different clusters
     */
    private static Optional<Handshake.Answer> formed(List<Handshake.Answer> answers) {
        List<Handshake.Answer> formed =
                answers.stream().filter(answer -> answer.hello().formed()).toList();
        for (Handshake.Answer each : formed) {
            Handshake.Answer first = formed.get(0);
            if (!each.hello().clusterId().equals(first.hello().clusterId())) {
                throw new ClusterStartException(
                        "The nodes of millrace.cluster.peers are of two clusters: the one at "
                                + first.from().address()
                                + " is of cluster "
                                + first.hello().clusterId()
                                + ", the one at "
                                + each.from().address()
                                + " of cluster "
                                + each.hello().clusterId()
                                + "; name only nodes of one.");
            }
        }
        return formed.stream().findFirst();
    }
}
