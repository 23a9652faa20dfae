package dev.millrace.broker.simulation;

import dev.millrace.broker.group.TestGroupShard;
import dev.millrace.broker.simulation.TransactionalWriter.Attempt;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * One life of transactions and groups: their coordinators' partitions and two others have three
 * replicas each, and everything happens that happens in a {@link ReplicaLife}. Beside its
 * invariants:
 *
 * <ul>
 *   <li><em>CommittedOffsetsNeverGoBack</em>: who asks the coordinator of a group sees at least
 *       what was acknowledged
 *   <li><em>TransactionsAreAtomic</em>: committed in all of its partitions, or aborted in all
 *   <li><em>ToldIsWhatHappened</em>: to the producer, and all that it was told is written is there
 *   <li><em>FencedNeverCommit</em>: nothing is committed that its producer did not ask for
 *   <li><em>NoAbortedRead</em>: with read_committed, and all that is committed, once and in order
 *   <li><em>NoHangingTransaction</em>: when all producers are silent, nothing stays open
 *   <li><em>KnownIsWhatIsInTheLog</em>: the next coordinator will know what this one knows
 * </ul>
 */
final class CoordinatorLife implements SeededLives.Life {
    private static final List<TopicPartition> DATA =
            List.of(new TopicPartition("t", 0), new TopicPartition("u", 0));
    private static final int ROUNDS_TO_HEAL = 300;
    private static final int ROUNDS_TO_BEGIN = 20;
    private static final int IDS = 2;
    private static final int MAX_WRITERS = 4;

    private final Random random;
    private final SimulatedCluster cluster;
    private final Faults faults;
    private final GroupCoordinators groups;
    private final TransactionCoordinators transactions;
    private final OffsetCommitter committer;
    private final List<CommittedReader> readers = new ArrayList<>();
    private final List<TransactionalWriter> writers = new ArrayList<>();
    private final List<Attempt> attempts = new ArrayList<>();
    private Runnable end = () -> {};
    private int nextId;
    private int committedTransactions;

    CoordinatorLife(long seed, PlantedFault planted) {
        random = new Random(seed);
        cluster =
                new SimulatedCluster(
                        random,
                        Terms.draw(random),
                        planted,
                        40,
                        List.of(
                                "t",
                                "u",
                                GroupCoordinators.PARTITION.topic(),
                                TransactionCoordinators.PARTITION.topic()));
        faults =
                new Faults(
                        cluster,
                        random.nextBoolean()
                                ? GroupCoordinators.PARTITION
                                : TransactionCoordinators.PARTITION);
        groups = new GroupCoordinators(cluster);
        transactions = new TransactionCoordinators(cluster, groups);
        committer = new OffsetCommitter(cluster, groups, DATA.get(0));
        DATA.forEach(partition -> readers.add(new CommittedReader(cluster, partition)));
        cluster.listen(new Leading());
        cluster.say("%s", cluster.terms());
    }

    @Override
    public SimulatedCluster cluster() {
        return cluster;
    }

    /** For those who count what was survived. */
    void atTheEnd(Runnable look) {
        end = look;
    }

    int committedTransactions() {
        return committedTransactions;
    }

    long committedOffsets() {
        return committer.acknowledged() + 1;
    }

    private final class Leading implements SimulatedCluster.CommitListener {
        @Override
        public void committed(SimulatedReplica replica, long from, long to) {
            if (replica.partition().equals(GroupCoordinators.PARTITION)) {
                groups.at(replica.node().id()).loadIfCommitted();
            } else if (replica.partition().equals(TransactionCoordinators.PARTITION)) {
                transactions.at(replica.node().id()).loadIfCommitted();
            }
        }

        @Override
        public void leadershipChanged(SimulatedReplica replica) {
            if (replica.partition().equals(GroupCoordinators.PARTITION)) {
                changed(groups.at(replica.node().id()));
            } else if (replica.partition().equals(TransactionCoordinators.PARTITION)) {
                changed(transactions.at(replica.node().id()));
            }
        }
    }

    /** They hear of it by themselves, and not before the partition does. */
    private void changed(SimulatedCoordinator<?> coordinator) {
        if (coordinator.replica().node().isUp()) {
            cluster.later(coordinator.replica().node(), coordinator::leadershipChanged);
        } else {
            coordinator.leadershipChanged();
        }
    }

    @Override
    public void live(int steps) {
        cluster.network().reliable(true);
        for (int round = 0; round < ROUNDS_TO_BEGIN; round++) {
            calmRound(round, 20);
        }
        cluster.network().reliable(false);
        for (int i = 0; i < steps; i++) {
            step(random.nextInt(1_000));
            cluster.check();
        }
        heal();
        checkTransactions();
        end.run();
    }

    private void step(int dice) {
        SimulatedNode node = cluster.anyNode();
        if (dice < 200) {
            write();
        } else if (dice < 380) {
            for (SimulatedNode each : cluster.nodes()) {
                if (each.acts()) {
                    each.replicas().forEach(replica -> replica.fetcher().fetch());
                }
            }
        } else if (dice < 760) {
            for (int i = 0; i < 20; i++) {
                cluster.network().deliver();
            }
        } else if (dice < 800) {
            cluster.work();
            cluster.work();
        } else if (dice < 835) {
            if (node.acts()) {
                cluster.follow(node, random.nextBoolean());
            }
        } else if (dice < 860) {
            propose(node);
        } else if (dice < 885) {
            cluster.pass(random.nextInt((int) SimulatedCluster.MAX_LAG_MS / 4));
            faults.endSome();
        } else if (dice < 915) {
            if (node.acts()) {
                node.heartbeat();
            }
        } else if (dice < 935) {
            flush(node);
        } else if (dice < 970) {
            readers.forEach(CommittedReader::read);
            committer.check(node.id());
        } else if (dice < 975) {
            if (node.acts()) {
                transactions.abortTimedOut(node.id());
            }
        } else if (dice < 990) {
            faults.startAny();
        } else {
            faults.disturb(node);
        }
    }

    private void write() {
        writers.removeIf(TransactionalWriter::isFenced);
        if (random.nextInt(5) == 0) {
            committer.commit();
        } else if (writers.size() < IDS
                || (writers.size() < MAX_WRITERS && random.nextInt(80) == 0)) {
            String id = "id" + nextId++ % IDS;
            writers.add(new TransactionalWriter(cluster, transactions, groups, DATA, attempts, id));
        } else {
            writers.get(random.nextInt(writers.size())).act();
        }
    }

    private static void propose(SimulatedNode node) {
        if (node.acts()) {
            for (SimulatedReplica replica : node.replicas()) {
                SimulatedLeader leads = replica.leads();
                if (leads != null) {
                    leads.propose();
                    leads.askAgain();
                    replica.commit();
                }
            }
        }
    }

    private static void flush(SimulatedNode node) {
        for (SimulatedReplica replica : node.replicas()) {
            if (node.acts()) {
                replica.flush();
            }
        }
    }

    // ---- the end

    private void heal() {
        faults.end();
        writers.forEach(TransactionalWriter::die);
        for (int round = 0; round < ROUNDS_TO_HEAL; round++) {
            calmRound(round, 50);
        }
        for (int i = 0; i < 3; i++) {
            committer.check(1 + i);
        }
    }

    /** Everybody does what is to be done, and all of it arrives. */
    private void calmRound(int round, long ms) {
        cluster.pass(ms);
        for (SimulatedNode node : cluster.nodes()) {
            faults.restartIfStopping(node);
            cluster.follow(node, true);
            if (round % 5 == 0) {
                node.heartbeat();
            }
            for (SimulatedReplica replica : node.replicas()) {
                replica.fetcher().fetch();
            }
            propose(node);
            if (cluster.terms().onDisk()) {
                flush(node);
            }
            if (round % 20 == 0) {
                transactions.abortTimedOut(node.id());
            }
        }
        cluster.becomeQuiet();
        cluster.check();
    }

    private SimulatedReplica leader(TopicPartition partition) {
        MetadataImage.Partition journal = cluster.state(cluster.image(), partition);
        if (journal.isr().size() != SimulatedCluster.BROKERS) {
            throw new Violation("EventuallyInSync", partition + " in the end: " + journal);
        }
        return cluster.replica(journal.leader(), partition);
    }

    private void checkTransactions() {
        Map<String, Set<Boolean>> outcomes = new HashMap<>();
        Set<String> committed = new HashSet<>();
        for (TopicPartition partition : DATA) {
            SimulatedReplica leader = leader(partition);
            checkNothingIsOpen(leader);
            read(leader, outcomes, committed);
        }
        checkNothingIsOpen(leader(GroupCoordinators.PARTITION));
        outcomes.forEach(
                (name, seen) ->
                        check(seen.size() == 1, "TransactionsAreAtomic", name + ": " + seen));
        for (Attempt attempt : attempts) {
            checkTold(attempt, outcomes.getOrDefault(attempt.name, Set.of()), committed);
        }
        for (CommittedReader reader : readers) {
            checkRead(reader, committed);
        }
        checkKnown();
    }

    private static void check(boolean holds, String invariant, String detail) {
        if (!holds) {
            throw new Violation(invariant, detail);
        }
    }

    private static void checkNothingIsOpen(SimulatedReplica leader) {
        check(
                leader.log().lastStableOffset() == leader.log().logEndOffset(),
                "NoHangingTransaction",
                "%s ends at %d, and is stable up to %d"
                        .formatted(
                                leader.partition(),
                                leader.log().logEndOffset(),
                                leader.log().lastStableOffset()));
    }

    private void checkTold(Attempt attempt, Set<Boolean> outcome, Set<String> committed) {
        boolean isCommitted = outcome.contains(true);
        committedTransactions += isCommitted ? 1 : 0;
        check(
                attempt.wantsCommit || !isCommitted,
                "FencedNeverCommit",
                attempt.name + " is committed, which nobody has asked for");
        Boolean told = attempt.committed;
        if (told != null) {
            check(
                    outcome.isEmpty() || isCommitted == told,
                    "ToldIsWhatHappened",
                    attempt.name + " was said to be committed: " + told + ", is " + isCommitted);
            check(
                    !told || committed.containsAll(attempt.acknowledged),
                    "ToldIsWhatHappened",
                    attempt.name + " is committed without some of " + attempt.acknowledged);
        }
    }

    private static void checkRead(CommittedReader reader, Set<String> committed) {
        boolean more = true;
        while (more) {
            more = reader.read();
        }
        Set<String> seen = new HashSet<>(reader.values());
        check(
                seen.size() == reader.values().size(),
                "NoAbortedRead",
                reader.partition() + ": something was read twice");
        for (String value : seen) {
            check(
                    committed.contains(value),
                    "NoAbortedRead",
                    value + " was read from " + reader.partition() + ", and is not committed");
        }
        for (String value : committed) {
            check(
                    !value.contains("/" + reader.partition().topic() + "/") || seen.contains(value),
                    "NoAbortedRead",
                    value + " is committed, and was not read from " + reader.partition());
        }
    }

    private void checkKnown() {
        SimulatedReplica leader = leader(GroupCoordinators.PARTITION);
        TestGroupShard known = groups.at(leader.node().id()).shard();
        check(known != null, "EventuallyLoaded", "no coordinator of groups in the end");
        TestGroupShard next = new TestGroupShard(cluster::nowMs, (batches, done) -> {}, () -> {});
        try {
            long end = leader.log().highWatermark();
            for (long at = 0; at < end; ) {
                ByteBuffer batches = leader.readBatches(at, end, 1 << 20);
                at = batches.getLong(batches.position()) + Entry.in(batches).size();
                next.replay(batches);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        for (String group : List.of("g", "h")) {
            long offset = known == null ? -1 : known.offset(group, DATA.get(0));
            check(
                    offset == next.offset(group, DATA.get(0)),
                    "KnownIsWhatIsInTheLog",
                    "group %s is at %d, the log says %d"
                            .formatted(group, offset, next.offset(group, DATA.get(0))));
        }
    }

    private static void read(
            SimulatedReplica leader, Map<String, Set<Boolean>> outcomes, Set<String> committed) {
        Map<Long, List<String>> open = new HashMap<>();
        try {
            long end = leader.log().logEndOffset();
            for (long at = 0; at < end; ) {
                ByteBuffer batches = leader.readBatches(at, end, 1 << 20);
                at = batches.getLong(batches.position()) + Entry.in(batches).size();
                for (RecordBatchView batch : RecordBatches.in(batches)) {
                    List<String> values =
                            open.computeIfAbsent(batch.producerId(), id -> new ArrayList<>());
                    if (!batch.isControl()) {
                        batch.records()
                                .forEachRemaining(
                                        record -> values.add(CommittedReader.text(record)));
                        continue;
                    }
                    boolean commit = batch.endOfTransaction().orElseThrow();
                    for (String value : values) {
                        outcomes.computeIfAbsent(
                                        value.substring(0, value.indexOf('/')),
                                        name -> new HashSet<>())
                                .add(commit);
                        if (commit) {
                            committed.add(value);
                        }
                    }
                    values.clear();
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
