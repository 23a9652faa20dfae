package dev.millrace.broker.simulation;

import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * One life of a partition with three replicas: writers write, readers read, brokers crash with and
 * without their power, disks fail, directions of the network are cut, processes are suspended and
 * fenced while they live; all of it as the seed says. In the end the faults end, and all must
 * agree.
 */
final class ReplicaLife implements SeededLives.Life {
    static final TopicPartition PARTITION = new TopicPartition("t", 0);
    private static final int WRITERS = 2;
    private static final int ROUNDS_TO_HEAL = 300;
    private static final int ROUNDS_TO_BEGIN = 20;

    private final Random random;
    private final SimulatedCluster cluster;
    private final Faults faults;
    private final List<Writer> writers = new ArrayList<>();
    private Consumer<PartitionHistory> end = history -> {};

    ReplicaLife(long seed, PlantedFault planted) {
        random = new Random(seed);
        Terms drawn = Terms.draw(random);
        Terms terms = Objects.requireNonNullElse(planted.terms(), drawn);
        cluster = new SimulatedCluster(random, terms, planted, 10, List.of("t"));
        faults = new Faults(cluster, PARTITION);
        for (int id = 1; id <= WRITERS; id++) {
            writers.add(new Writer(cluster, PARTITION, id));
        }
        cluster.say("%s", cluster.terms());
    }

    @Override
    public SimulatedCluster cluster() {
        return cluster;
    }

    PartitionHistory history() {
        return cluster.history(PARTITION);
    }

    /** For those who count what was survived. */
    void atTheEnd(Consumer<PartitionHistory> look) {
        end = look;
    }

    /**
     * @throws Violation what does not hold
     */
    @Override
    public void live(int steps) {
        cluster.network().reliable(true);
        for (int round = 0; round < ROUNDS_TO_BEGIN; round++) {
            calmRound(round, false);
        }
        cluster.network().reliable(false);
        for (int i = 0; i < steps; i++) {
            step(random.nextInt(1_000));
            cluster.check();
        }
        heal();
        end.accept(history());
    }

    private void step(int dice) {
        SimulatedNode node = cluster.anyNode();
        if (dice < 160) {
            writers.get(random.nextInt(WRITERS)).write(true);
        } else if (dice < 380) {
            if (node.acts()) {
                node.replica(PARTITION).fetcher().fetch();
            }
        } else if (dice < 740) {
            for (int i = 0; i < 4; i++) {
                cluster.network().deliver();
            }
        } else if (dice < 780) {
            cluster.work();
        } else if (dice < 830) {
            if (node.acts()) {
                cluster.follow(node, random.nextBoolean());
            }
        } else if (dice < 865) {
            propose(node);
        } else if (dice < 890) {
            cluster.pass(random.nextInt((int) SimulatedCluster.MAX_LAG_MS / 2));
            faults.endSome();
        } else if (dice < 935) {
            if (node.acts()) {
                node.heartbeat();
            }
        } else if (dice < 950) {
            if (node.acts()) {
                node.replica(PARTITION).flush();
            }
        } else if (dice < 970) {
            look(node);
        } else if (dice < 985) {
            faults.startAny();
        } else {
            faults.disturb(node);
        }
    }

    private static void propose(SimulatedNode node) {
        SimulatedLeader leads = node.replica(PARTITION).leads();
        if (node.acts() && leads != null) {
            leads.propose();
            leads.askAgain();
            node.replica(PARTITION).commit();
        }
    }

    private static void look(SimulatedNode node) {
        if (node.acts()) {
            node.replica(PARTITION).tellEnd();
            node.replica(PARTITION).show();
        }
    }

    // ---- the end

    private void heal() {
        faults.end();
        for (int round = 0; round < ROUNDS_TO_HEAL; round++) {
            calmRound(round, round < ROUNDS_TO_HEAL / 2 && round % 50 == 0);
        }
        checkAgreement();
    }

    /** Everybody does what is to be done, and all of it arrives. */
    private void calmRound(int round, boolean writing) {
        cluster.pass(20);
        writers.forEach(writer -> writer.write(writing));
        for (SimulatedNode node : cluster.nodes()) {
            faults.restartIfStopping(node);
            cluster.follow(node, true);
            if (round % 5 == 0) {
                node.heartbeat();
            }
            node.replica(PARTITION).fetcher().fetch();
            propose(node);
            if (cluster.terms().onDisk() && node.isUp()) {
                node.replica(PARTITION).flush();
            }
        }
        cluster.becomeQuiet();
        cluster.check();
    }

    private void checkAgreement() {
        MetadataImage.Partition journal = cluster.state(cluster.image(), PARTITION);
        if (journal.isr().size() != SimulatedCluster.BROKERS) {
            throw new Violation("EventuallyInSync", "in the end: " + journal);
        }
        for (Writer writer : writers) {
            if (!writer.hasAllAcknowledged()) {
                throw new Violation("EventuallyAcknowledged", writer + " waits in the end");
            }
        }
        SimulatedReplica first = cluster.replica(1, PARTITION);
        for (SimulatedNode node : cluster.nodes()) {
            SimulatedReplica replica = node.replica(PARTITION);
            history().checkAllIn(replica);
            if (!replica.entries().equals(first.entries())) {
                throw new Violation(
                        "EventuallyTheSame",
                        "broker %d has %d records, broker 1 %d"
                                .formatted(
                                        node.id(),
                                        replica.entries().size(),
                                        first.entries().size()));
            }
            replica.checkFiles();
        }
    }
}
