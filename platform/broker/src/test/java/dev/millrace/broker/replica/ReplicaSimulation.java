package dev.millrace.broker.replica;

import static java.util.Objects.requireNonNull;

import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.journal.MetadataRequest;
import dev.millrace.cluster.journal.SharedJournal;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One partition on three brokers, driven by a seed: the rules of leaders and followers and those of
 * the journal are the real ones; time, network, crashes and logs are simulated. Messages are late,
 * lost, doubled, and overtake each other; images come late; brokers are fenced while they live,
 * crash with and without their unflushed records, and come back.
 *
 * <p>Checked after every step, by the names of Vanlightly's specifications of KIP-966:
 *
 * <ul>
 *   <li><em>NoCommittedRecordLost</em>: what was below a leader's high watermark is the same for
 *       ever
 *   <li><em>LeaderCompleteness</em>: who begins to lead has all of it
 *   <li><em>LogMatching</em>: the same epoch at the same offset is the same record, and all before
 *       it are the same too
 * </ul>
 *
 * and that all replicas agree and are in sync once the faults have ended.
 */
final class ReplicaSimulation {
    private static final int BROKERS = 3;
    private static final int MIN_INSYNC = 2;
    private static final long MAX_LAG_MS = 1_000;
    private static final long MAX_TRAVEL_MS = 3_000;
    private static final int FETCH_MAX = 4;
    private static final int NOBODY = -1;

    private final Random random;
    private final SharedJournal journal =
            new SharedJournal(
                    "AAAAAAAAAAAAAAAAAAAAAA", new ClusterRules(2_000, 500, MIN_INSYNC, false, 0));
    private final Uuid topicId = Uuid.randomUuid();
    private final Map<Integer, Node> nodes = new HashMap<>();
    private final List<Runnable> network = new ArrayList<>();
    private final List<SimulatedLog.Entry> committed = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private long nowMs = 1_000_000;
    private long nextValue;
    private boolean reliable;

    // For those who want to know that something has happened.
    int elections;
    int truncations;
    int lossyCrashes;

    private final class Node {
        final int id;
        final SimulatedLog log = new SimulatedLog();
        boolean up;
        long brokerEpoch;
        MetadataImage image = journal.image();

        /** Some of what it had acknowledged may be missing, until it is in sync again. */
        boolean lossy;

        int epoch = -1;
        int leader = NOBODY;
        @Nullable LeaderState leads;

        /** Sent, and again until it is known what has become of it. */
        @Nullable IsrProposal asked;

        /** When copies of it were sent whose answer has not come. */
        final List<Long> outstanding = new ArrayList<>();

        Node(int id) {
            this.id = id;
        }

        // ---- its life

        void start() {
            up = true;
            long previous = lossy ? BrokerStart.UNCLEAN : brokerEpoch;
            journal.ask(
                    new MetadataRequest.RegisterBroker(
                            id,
                            Uuid.randomUuid(),
                            new BrokerStart("b" + id, 9092, "p" + id, 9093, "", previous),
                            true,
                            SupportedFeatures.RANGES));
            brokerEpoch = requireNonNull(journal.image().brokers().get(id)).brokerEpoch();
            epoch = -1;
            leader = NOBODY;
            leads = null;
            image = journal.image();
            apply();
        }

        void crash(boolean powerLost) {
            up = false;
            leads = null;
            leader = NOBODY;
            if (powerLost) {
                long lost = log.end() - log.flushed();
                log.truncateTo(log.end() - (lost == 0 ? 0 : random.nextLong(lost + 1)));
                lossy = true;
                lossyCrashes++;
            } else {
                log.flush();
            }
            // The checkpoint is of some time ago.
            log.highWatermark = log.highWatermark == 0 ? 0 : random.nextLong(log.highWatermark + 1);
        }

        void heartbeat() {
            try {
                journal.ask(
                        new MetadataRequest.BrokerHeartbeat(
                                id, brokerEpoch, image.version(), false, false));
            } catch (ApiException e) {
                say("%d: heartbeat refused: %s".formatted(id, e.toString()));
            }
        }

        // ---- its roles

        void apply() {
            MetadataImage.Partition state = partition(image);
            if (state.leaderEpoch() < epoch) {
                return;
            }
            MetadataImage.BrokerRegistration own = image.brokers().get(id);
            boolean known = own != null && own.brokerEpoch() == brokerEpoch;
            if (state.leader() != id || !known) {
                leads = null;
                epoch = state.leaderEpoch();
                leader = state.leader() == id ? NOBODY : state.leader();
                return;
            }
            Map<Integer, Long> eligible = new HashMap<>();
            image.brokers()
                    .forEach(
                            (broker, registration) -> {
                                if (registration.isActive()) {
                                    eligible.put(broker, registration.brokerEpoch());
                                }
                            });
            Leadership leadership =
                    new Leadership(
                            state.leaderEpoch(),
                            state.partitionEpoch(),
                            state.replicas(),
                            state.isr(),
                            MIN_INSYNC,
                            eligible);
            LeaderState before = leads;
            if (before != null && epoch == state.leaderEpoch()) {
                before.update(leadership);
            } else {
                epoch = state.leaderEpoch();
                leader = id;
                log.beginEpoch(epoch);
                leads = new LeaderState(id, leadership, log.end(), MAX_LAG_MS, nowMs);
                elections++;
                say("%d: leads in epoch %d from %d".formatted(id, epoch, log.end()));
                checkLeaderCompleteness(this);
            }
            commit();
        }

        void commit() {
            LeaderState state = leads;
            if (state == null) {
                return;
            }
            long next = Math.min(state.highWatermark(log.end(), nowMs), log.end());
            if (next > log.highWatermark) {
                noteCommitted(this, next);
                log.highWatermark = next;
            }
        }

        void produce() {
            if (leads != null) {
                log.append(new SimulatedLog.Entry(epoch, nextValue++));
                commit();
            }
        }

        void propose() {
            LeaderState state = leads;
            IsrProposal proposal =
                    state == null ? null : state.propose(log.highWatermark, log.end(), nowMs);
            if (state != null && proposal != null) {
                say("%d: proposes %s".formatted(id, proposal));
                asked = proposal;
                outstanding.clear();
            }
            IsrProposal waiting = asked;
            if (state != null && waiting != null && state.awaits(waiting)) {
                long asBroker = brokerEpoch;
                long sentMs = nowMs;
                outstanding.add(sentMs);
                // One copy each time it is asked: connections double nothing.
                network.add(() -> decide(state, waiting, asBroker, sentMs));
            }
        }

        private void decide(LeaderState state, IsrProposal proposal, long asBroker, long sentMs) {
            if (nowMs - sentMs > MAX_TRAVEL_MS) {
                return;
            }
            try {
                journal.ask(
                        new MetadataRequest.AlterPartition(
                                id,
                                asBroker,
                                topicId,
                                0,
                                proposal.leaderEpoch(),
                                proposal.partitionEpoch(),
                                proposal.isr()));
                say("journal: %s".formatted(partition(journal.image())));
            } catch (ApiException e) {
                say("journal: refuses %s: %s".formatted(proposal, e.toString()));
                boolean forWhatItAsks = Errors.forException(e) == Errors.INELIGIBLE_REPLICA;
                network.add(() -> refused(state, proposal, forWhatItAsks, sentMs));
            }
        }

        private void refused(
                LeaderState state, IsrProposal proposal, boolean forWhatItAsks, long sentMs) {
            if (!proposal.equals(asked)) {
                return;
            }
            outstanding.remove(sentMs);
            outstanding.removeIf(other -> nowMs - other > MAX_TRAVEL_MS);
            if (forWhatItAsks && outstanding.isEmpty()) {
                state.refused(proposal);
            }
            if (state == leads) {
                commit();
            }
        }

        // ---- fetching

        void fetch() {
            if (!up || leader == NOBODY || leads != null) {
                return;
            }
            int from = leader;
            int inEpoch = epoch;
            long offset = log.end();
            int lastEpoch = log.latestEpoch();
            long asBroker = brokerEpoch;
            send(() -> node(from).answer(this, asBroker, inEpoch, offset, lastEpoch));
        }

        void answer(Node follower, long asBroker, int inEpoch, long offset, int lastEpoch) {
            LeaderState state = leads;
            if (!up || state == null || inEpoch != epoch) {
                return;
            }
            EpochEndOffset divergence;
            try {
                divergence = Truncation.divergence(log::endOffsetForEpoch, lastEpoch, offset);
            } catch (OffsetOutOfRangeException e) {
                throw new AssertionError("a follower of an epoch that its leader never saw", e);
            }
            if (divergence == null && offset > log.end()) {
                throw new AssertionError("a follower ahead of its leader, with the same epochs");
            }
            long highWatermark = log.highWatermark;
            if (divergence != null) {
                send(() -> follower.cut(asBroker, inEpoch, offset, divergence));
                return;
            }
            List<SimulatedLog.Entry> entries = log.from(offset, FETCH_MAX);
            send(() -> follower.take(asBroker, inEpoch, offset, entries, highWatermark));
            state.fetched(follower.id, asBroker, offset, log.end(), nowMs);
            commit();
        }

        private boolean isAwaited(long asBroker, int inEpoch, long offset) {
            return up
                    && leads == null
                    && asBroker == brokerEpoch
                    && inEpoch == epoch
                    && offset == log.end();
        }

        void cut(long asBroker, int inEpoch, long offset, EpochEndOffset divergence) {
            if (isAwaited(asBroker, inEpoch, offset)) {
                long to = Truncation.offset(log::endOffsetForEpoch, log.end(), divergence);
                say("%d: cuts from %d to %d, %s".formatted(id, log.end(), to, divergence));
                truncations += to < log.end() ? 1 : 0;
                log.truncateTo(to);
            }
        }

        void take(
                long asBroker,
                int inEpoch,
                long offset,
                List<SimulatedLog.Entry> entries,
                long leadersHighWatermark) {
            if (isAwaited(asBroker, inEpoch, offset)) {
                for (SimulatedLog.Entry entry : entries) {
                    if (entry.epoch() <= inEpoch) {
                        log.append(entry);
                    }
                }
                log.highWatermark =
                        Math.max(log.highWatermark, Math.min(leadersHighWatermark, log.end()));
            }
        }
    }

    ReplicaSimulation(long seed) {
        this.random = new Random(seed);
        for (int id = 1; id <= BROKERS; id++) {
            // Registered before there is a topic.
            int nodeId = id;
            journal.ask(
                    new MetadataRequest.RegisterBroker(
                            nodeId,
                            Uuid.randomUuid(),
                            new BrokerStart("b" + nodeId, 9092, "p" + nodeId, 9093, "", -1),
                            true,
                            SupportedFeatures.RANGES));
            journal.ask(
                    new MetadataRequest.BrokerHeartbeat(
                            nodeId,
                            requireNonNull(journal.image().brokers().get(nodeId)).brokerEpoch(),
                            journal.image().version(),
                            false,
                            false));
        }
        journal.ask(
                new MetadataRequest.CreateTopic(
                        "t", topicId, 1, BROKERS, Map.of(), Map.of("min.insync.replicas", "2")));
        for (int id = 1; id <= BROKERS; id++) {
            Node node = new Node(id);
            node.up = true;
            node.brokerEpoch = requireNonNull(journal.image().brokers().get(id)).brokerEpoch();
            nodes.put(id, node);
            node.image = journal.image();
            node.apply();
        }
    }

    private Node node(int id) {
        return requireNonNull(nodes.get(id));
    }

    private Node anyNode() {
        return node(1 + random.nextInt(BROKERS));
    }

    private MetadataImage.Partition partition(MetadataImage image) {
        return image.topic(topicId).orElseThrow().partitions().get(0);
    }

    private void say(String line) {
        story.add(nowMs + " " + line);
    }

    List<String> story() {
        return story;
    }

    int committed() {
        return committed.size();
    }

    // ---- the network

    private void send(Runnable message) {
        network.add(message);
        if (!reliable && random.nextInt(20) == 0) {
            network.add(message);
        }
    }

    private void deliver() {
        if (network.isEmpty()) {
            return;
        }
        Runnable message = network.remove(reliable ? 0 : random.nextInt(network.size()));
        if (reliable || random.nextInt(10) > 0) {
            message.run();
        }
    }

    // ---- steps

    void run(int steps) {
        for (int i = 0; i < steps; i++) {
            step();
            if (i % 20 == 0) {
                checkLogMatching();
            }
        }
        heal();
    }

    private void step() {
        int dice = random.nextInt(1_000);
        if (dice < 150) {
            nodes.values().forEach(Node::produce);
        } else if (dice < 400) {
            anyNode().fetch();
        } else if (dice < 750) {
            deliver();
        } else if (dice < 830) {
            Node node = anyNode();
            if (node.up) {
                node.image = journal.image();
                node.apply();
            }
        } else if (dice < 880) {
            anyNode().propose();
        } else if (dice < 920) {
            nowMs += random.nextInt((int) MAX_LAG_MS / 2);
        } else if (dice < 950) {
            Node node = anyNode();
            if (node.up) {
                node.heartbeat();
            }
        } else if (dice < 965) {
            anyNode().log.flush();
        } else if (dice < 975) {
            crash(anyNode());
        } else if (dice < 985) {
            fence(anyNode());
        } else {
            Node node = anyNode();
            if (!node.up) {
                say("%d: starts".formatted(node.id));
                node.start();
            }
        }
    }

    /** No more than one may have lost records at a time: two copies are asked for. */
    private void crash(Node node) {
        if (!node.up) {
            return;
        }
        List<Integer> isr = partition(journal.image()).isr();
        nodes.values().forEach(each -> each.lossy &= !(each.up && isr.contains(each.id)));
        boolean othersWhole = nodes.values().stream().noneMatch(each -> each != node && each.lossy);
        boolean powerLost = othersWhole && random.nextBoolean();
        say("%d: crashes%s".formatted(node.id, powerLost ? " and loses what was not flushed" : ""));
        node.crash(powerLost);
    }

    private void fence(Node node) {
        MetadataImage.BrokerRegistration known =
                requireNonNull(journal.image().brokers().get(node.id));
        say("%d: is fenced%s".formatted(node.id, node.up ? ", though it runs" : ""));
        journal.ask(new MetadataRequest.FenceBroker(node.id, known.brokerEpoch()));
    }

    /** The faults end; in the end all agree. */
    private void heal() {
        say("all faults end");
        reliable = true;
        for (Node node : nodes.values()) {
            if (!node.up) {
                fence(node);
                node.start();
            }
        }
        for (int round = 0; round < 400; round++) {
            nowMs += 20;
            for (Node node : nodes.values()) {
                node.image = journal.image();
                node.apply();
                node.heartbeat();
                node.fetch();
                node.propose();
            }
            while (!network.isEmpty()) {
                deliver();
            }
            if (round % 50 == 0) {
                nodes.values().forEach(Node::produce);
            }
        }
        for (int round = 0; round < 10; round++) {
            nodes.values().forEach(Node::fetch);
            while (!network.isEmpty()) {
                deliver();
            }
        }
        checkLogMatching();
        check(
                partition(journal.image()).isr().size() == BROKERS,
                "in sync in the end: " + partition(journal.image()));
        for (Node node : nodes.values()) {
            check(
                    node.log.end() == node(1).log.end(),
                    "broker %d ends at %d, broker 1 at %d"
                            .formatted(node.id, node.log.end(), node(1).log.end()));
            checkHasAllCommitted(node);
        }
    }

    // ---- invariants

    private void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private void noteCommitted(Node leader, long to) {
        for (long offset = leader.log.highWatermark; offset < to; offset++) {
            SimulatedLog.Entry entry = leader.log.at(offset);
            if (offset < committed.size()) {
                check(
                        committed.get((int) offset).equals(entry),
                        "NoCommittedRecordLost: %s was committed at %d, now broker %d has %s"
                                .formatted(committed.get((int) offset), offset, leader.id, entry));
            } else {
                committed.add(entry);
            }
        }
    }

    private void checkLeaderCompleteness(Node leader) {
        MetadataImage.Partition now = partition(journal.image());
        if (now.leader() == leader.id && now.leaderEpoch() == leader.epoch) {
            checkHasAllCommitted(leader);
        }
    }

    private void checkHasAllCommitted(Node node) {
        check(
                node.log.end() >= committed.size(),
                "LeaderCompleteness: broker %d ends at %d, committed are %d"
                        .formatted(node.id, node.log.end(), committed.size()));
        for (int offset = 0; offset < committed.size(); offset++) {
            check(
                    committed.get(offset).equals(node.log.at(offset)),
                    "LeaderCompleteness: broker %d has %s at %d, committed is %s"
                            .formatted(
                                    node.id, node.log.at(offset), offset, committed.get(offset)));
        }
    }

    private void checkLogMatching() {
        for (int a = 1; a < BROKERS; a++) {
            for (int b = a + 1; b <= BROKERS; b++) {
                SimulatedLog one = node(a).log;
                SimulatedLog two = node(b).log;
                boolean same = true;
                for (long at = 0; at < Math.min(one.end(), two.end()); at++) {
                    boolean sameEpoch = one.at(at).epoch() == two.at(at).epoch();
                    check(
                            !sameEpoch || (same && one.at(at).equals(two.at(at))),
                            "LogMatching: brokers %d and %d at offset %d".formatted(a, b, at));
                    same &= one.at(at).equals(two.at(at));
                }
            }
        }
    }
}
