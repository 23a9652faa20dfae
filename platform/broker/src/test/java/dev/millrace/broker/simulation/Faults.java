package dev.millrace.broker.simulation;

import dev.millrace.broker.simulation.SimulatedCluster.Event;
import dev.millrace.cluster.journal.MetadataRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;

/**
 * What is done to brokers and the network, within what the {@link Terms} allow. Half of the lives
 * have some kinds of faults often, and others never: what goes wrong by three of a kind in a row is
 * not found where all come in turn.
 */
final class Faults {
    private static final int MOST_OF_A_KIND = 6;

    private enum Kind {
        KILL,
        POWER,
        POWER_OF_ALL,
        DISK,
        STOP,
        PAUSE,
        FENCE,
        ELECT,
        CUT,
        ISOLATE,
        HEAL
    }

    private final SimulatedCluster cluster;
    private final TopicPartition elected;
    private final Random random;
    private final List<Kind> deck = new ArrayList<>();
    private final int endsOneIn;
    private final int restartsAtOnceOneIn;

    /**
     * @param elected gets its preferred leader back from time to time
     */
    Faults(SimulatedCluster cluster, TopicPartition elected) {
        this.cluster = cluster;
        this.elected = elected;
        this.random = cluster.random();
        boolean even = random.nextBoolean();
        if (even) {
            deck.addAll(List.of(Kind.values()));
        }
        while (deck.isEmpty()) {
            for (Kind kind : Kind.values()) {
                boolean never = random.nextInt(3) == 0;
                for (int i = random.nextInt(MOST_OF_A_KIND); i >= 0 && !never; i--) {
                    deck.add(kind);
                }
            }
        }
        endsOneIn = even ? 4 : 2 + random.nextInt(10);
        restartsAtOnceOneIn = even ? 4 : 1 + random.nextInt(6);
    }

    /** Some of what lasts is over. */
    void endSome() {
        for (SimulatedNode each : cluster.nodes()) {
            if (each.isPaused() && random.nextInt(endsOneIn) == 0) {
                each.resume();
            }
        }
        if (random.nextInt(endsOneIn) == 0) {
            cluster.network().heal();
        }
    }

    /** One of those that are down. */
    void startAny() {
        for (SimulatedNode each : cluster.nodes()) {
            if (!each.isUp() && random.nextInt(3) == 0) {
                each.start();
                return;
            }
        }
    }

    /** One fault. */
    void disturb(SimulatedNode node) {
        switch (deck.get(random.nextInt(deck.size()))) {
            case KILL -> {
                if (node.isUp()) {
                    cluster.count(Event.KILL);
                    node.kill();
                    startAtOnce(node);
                }
            }
            case POWER -> {
                if (node.isStoppedCleanly() || mayLose(node)) {
                    cluster.count(Event.LOST_POWER);
                    node.losePower();
                    startAtOnce(node);
                }
            }
            case POWER_OF_ALL -> {
                if (cluster.terms().onDisk()) {
                    for (SimulatedNode each : cluster.nodes()) {
                        cluster.count(Event.LOST_POWER);
                        each.losePower();
                    }
                }
            }
            case DISK -> {
                if (node.isUp() && mayLose(node)) {
                    cluster.count(Event.DISK_ERROR);
                    node.plantDiskError(random.nextInt(12));
                }
            }
            case STOP -> {
                if (node.acts()) {
                    node.stop();
                }
            }
            case PAUSE -> {
                if (node.acts()) {
                    node.pause();
                }
            }
            case FENCE -> {
                if (!cluster.terms().calm()) {
                    cluster.fence(node.id());
                }
            }
            case ELECT -> {
                if (!cluster.terms().calm()) {
                    elect();
                }
            }
            case CUT -> {
                int other = random.nextInt(1 + SimulatedCluster.BROKERS);
                boolean there = random.nextBoolean();
                cluster.network().cut(there ? node.id() : other, there ? other : node.id());
            }
            case ISOLATE -> isolate(node, random.nextBoolean());
            case HEAL -> cluster.network().heal();
        }
    }

    private void isolate(SimulatedNode node, boolean fromTheJournal) {
        for (int other = 0; other <= SimulatedCluster.BROKERS; other++) {
            if (other != node.id() && (fromTheJournal || other != SimulatedNetwork.JOURNAL)) {
                cluster.network().cut(node.id(), other);
                cluster.network().cut(other, node.id());
            }
        }
    }

    private void startAtOnce(SimulatedNode node) {
        if (random.nextInt(restartsAtOnceOneIn) == 0) {
            node.start();
        }
    }

    private boolean mayLose(SimulatedNode node) {
        int others = 0;
        for (SimulatedNode each : cluster.nodes()) {
            others += each != node && each.isBehind() ? 1 : 0;
        }
        return others < cluster.terms().mayLose();
    }

    private void elect() {
        cluster.ask(
                new MetadataRequest.ElectLeader(
                        elected.topic(), elected.partition(), ElectionType.PREFERRED),
                refused -> {});
    }

    /** Everything works from now on, and everybody starts. */
    void end() {
        cluster.say("all faults end");
        cluster.network().reliable(true);
        cluster.network().heal();
        for (SimulatedNode node : cluster.nodes()) {
            node.resume();
            if (!node.isUp()) {
                cluster.fence(node.id());
                node.start();
            }
        }
    }

    /** Who was told to stop does, and comes back. */
    void restartIfStopping(SimulatedNode node) {
        if (node.isUp() && node.isStopping()) {
            node.stop();
        }
        if (!node.isUp()) {
            node.start();
        }
    }
}
