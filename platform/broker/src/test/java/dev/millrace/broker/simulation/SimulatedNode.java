package dev.millrace.broker.simulation;

import static java.util.Objects.requireNonNull;

import dev.millrace.broker.StartMark;
import dev.millrace.cluster.BrokerSession;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.journal.MetadataRequest;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.LogDirectoryConfig;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A broker: its disk, its session with the journal, its replicas. The disk and what is remembered
 * of the replicas outlive the process.
 */
final class SimulatedNode implements SimulatedNetwork.Place {
    private static final Path PATH = Path.of("/disk/logs");

    private final SimulatedCluster cluster;
    private final int id;
    private final SimulatedDisk disk;
    private final Map<TopicPartition, SimulatedReplica> replicas = new LinkedHashMap<>();

    private @Nullable LogDirectory directory;
    private @Nullable StartMark mark;
    private boolean up;
    private boolean paused;
    private boolean stopping;
    private boolean stoppedCleanly;
    private int incarnation;
    private int boots;
    private long brokerEpoch = BrokerStart.UNCLEAN;
    private MetadataImage image;

    /** When the newest heartbeat was sent that has been answered. */
    private long answeredMs;

    private boolean maybeLossy;
    private boolean behind;
    private boolean diskWillFail;

    SimulatedNode(SimulatedCluster cluster, int id) {
        this.cluster = cluster;
        this.id = id;
        this.disk = new SimulatedDisk(cluster.random());
        this.image = cluster.image();
        for (TopicPartition partition : cluster.partitions()) {
            replicas.put(
                    partition,
                    new SimulatedReplica(cluster, this, partition, cluster.history(partition)));
        }
    }

    int id() {
        return id;
    }

    @Override
    public boolean isUp() {
        return up;
    }

    @Override
    public boolean isPaused() {
        return paused;
    }

    @Override
    public int incarnation() {
        return incarnation;
    }

    /** Is down, and all that it had is on its disk. */
    boolean isStoppedCleanly() {
        return stoppedCleanly;
    }

    boolean isStopping() {
        return stopping;
    }

    boolean acts() {
        return up && !paused;
    }

    long brokerEpoch() {
        return brokerEpoch;
    }

    MetadataImage image() {
        return image;
    }

    SimulatedReplica replica(TopicPartition partition) {
        return requireNonNull(replicas.get(partition));
    }

    Iterable<SimulatedReplica> replicas() {
        return replicas.values();
    }

    /** It has lost power or its disk has failed, and the journal has not heard of it. */
    boolean maybeLossy() {
        return maybeLossy;
    }

    /** It may lack what it has acknowledged, as it did when it lost power or its disk failed. */
    boolean isBehind() {
        if (behind
                && !diskWillFail
                && up
                && replicas.values().stream().allMatch(r -> cluster.isInSync(r))) {
            behind = false;
        }
        return behind;
    }

    // ---- its life

    void start() {
        incarnation++;
        try {
            LogDirectory opened =
                    LogDirectory.open(
                            PATH,
                            new LogDirectoryConfig(
                                    SimulatedCluster.CLUSTER_ID,
                                    id,
                                    1L << 40,
                                    1,
                                    1 << 14,
                                    1 << 16,
                                    1 << 20),
                            topic -> cluster.terms().log(),
                            disk,
                            cluster.clock());
            directory = opened;
            for (SimulatedReplica replica : replicas.values()) {
                PartitionLog log = opened.log(replica.partition()).orElse(null);
                replica.opened(
                        log != null
                                ? log
                                : opened.create(
                                        replica.partition(),
                                        cluster.topicId(replica.partition()),
                                        cluster.terms().log()));
                if (cluster.terms().onDisk()) {
                    replica.log().flush();
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("broker " + id + " cannot open what it has left", e);
        }
        StartMark files =
                new StartMark(
                        disk,
                        PATH,
                        cluster.planted(PlantedFault.BOOT_IS_NOT_NOTICED)
                                ? "boot"
                                : "boot" + boots);
        mark = files;
        long previous = files.previous();
        cluster.journal()
                .ask(
                        new MetadataRequest.RegisterBroker(
                                id,
                                cluster.newUuid(),
                                new BrokerStart("b" + id, 9092, "p" + id, 9093, "", previous),
                                true,
                                SupportedFeatures.RANGES));
        brokerEpoch = requireNonNull(cluster.image().brokers().get(id)).brokerEpoch();
        cluster.heard(id, brokerEpoch);
        files.running(brokerEpoch);
        maybeLossy = false;
        stopping = false;
        stoppedCleanly = false;
        paused = false;
        up = true;
        answeredMs = cluster.nowMs();
        cluster.say("%d: starts as %d, was %d", id, brokerEpoch, previous);
        // What it has heard of the others is as old as it was when it ended.
        replicas.values().forEach(SimulatedReplica::started);
        replicas.values().forEach(SimulatedReplica::apply);
    }

    /** Its process is gone; the system has what was written. */
    void kill() {
        cluster.say("%d: is killed", id);
        disk.kill();
        ended();
    }

    /** Its machine, whether or not the broker runs. */
    void losePower() {
        cluster.say("%d: loses power", id);
        disk.crash();
        boots++;
        if (!stoppedCleanly) {
            maybeLossy = true;
            behind = true;
        }
        ended();
    }

    /** The next that is written or made durable fails, once. */
    void plantDiskError(int afterOperations) {
        cluster.say("%d: its disk will fail", id);
        behind = true;
        diskWillFail = true;
        disk.failOnceAfter(afterOperations, "Input/output error");
    }

    /** Nothing more is served: it is its only directory. */
    void diskFailed(IOException cause) {
        if (!up) {
            return;
        }
        cluster.say("%d: ends, because of %s", id, cause.toString());
        if (cluster.random().nextBoolean()) {
            offline();
        }
        requireNonNull(mark).lost();
        maybeLossy = true;
        behind = true;
        disk.kill();
        ended();
    }

    private void offline() {
        List<BrokerSession.Replica> all = new ArrayList<>();
        for (TopicPartition partition : replicas.keySet()) {
            all.add(new BrokerSession.Replica(cluster.topicId(partition), partition.partition()));
        }
        long epoch = brokerEpoch;
        cluster.network()
                .send(
                        id,
                        SimulatedNetwork.JOURNAL,
                        () ->
                                cluster.ask(
                                        new MetadataRequest.ReplicasOffline(id, epoch, all),
                                        refused -> {}));
    }

    private void ended() {
        up = false;
        paused = false;
        diskWillFail = false;
        directory = null;
        replicas.values().forEach(SimulatedReplica::ended);
        cluster.network().ended(id);
    }

    /** SIGTERM: hands over, as far as the journal can be reached, and closes what it has. */
    void stop() {
        if (!stopping) {
            stopping = true;
            cluster.say("%d: wants to stop", id);
            heartbeat();
            return;
        }
        cluster.say("%d: stops", id);
        try {
            if (cluster.planted(PlantedFault.MARKED_CLEAN_BEFORE_ALL_IS_FLUSHED)) {
                requireNonNull(mark).stopped();
                disk.kill();
            } else {
                requireNonNull(directory).close();
                requireNonNull(mark).stopped();
                disk.kill();
            }
        } catch (IOException e) {
            diskFailed(e);
            return;
        }
        ended();
        stoppedCleanly = true;
    }

    void pause() {
        cluster.say("%d: is suspended", id);
        paused = true;
    }

    void resume() {
        if (paused) {
            cluster.say("%d: goes on", id);
            paused = false;
        }
    }

    // ---- what it hears and says

    /** Newer metadata, if there is any. */
    void follow(MetadataImage newer) {
        image = newer;
        replicas.values().forEach(SimulatedReplica::apply);
    }

    void heartbeat() {
        long sentMs = cluster.nowMs();
        long epoch = brokerEpoch;
        long version = image.version();
        boolean wantShutdown = stopping;
        cluster.network()
                .send(
                        id,
                        SimulatedNetwork.JOURNAL,
                        () -> {
                            boolean taken =
                                    cluster.ask(
                                            new MetadataRequest.BrokerHeartbeat(
                                                    id, epoch, version, false, wantShutdown),
                                            refused -> {});
                            if (taken) {
                                cluster.heard(id, epoch);
                                cluster.network()
                                        .send(
                                                SimulatedNetwork.JOURNAL,
                                                id,
                                                () -> answeredMs = Math.max(answeredMs, sentMs));
                            }
                        });
    }

    /** Whether the journal cannot have fenced it for its silence. */
    boolean isCurrent() {
        return cluster.nowMs() - answeredMs < SimulatedCluster.SESSION_MS
                || cluster.planted(PlantedFault.LEASE_IS_NOT_HONOURED);
    }

    /** Whether {@code image} shows this incarnation. */
    boolean isRegistered() {
        MetadataImage.BrokerRegistration own = image.brokers().get(id);
        return own != null && own.brokerEpoch() == brokerEpoch;
    }
}
