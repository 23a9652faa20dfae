package dev.millrace.broker.simulation;

import dev.millrace.broker.replica.Truncation;
import dev.millrace.log.PartitionLog.EpochEndOffset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.jspecify.annotations.Nullable;

/**
 * Brings what the leader has: what the broker's {@code ReplicaFetcher} does for one partition. One
 * connection to each leader it has had, on which answers come in order.
 */
final class SimulatedFetcher {
    private final SimulatedCluster cluster;
    private final SimulatedReplica replica;
    private final Map<Integer, Link> links = new HashMap<>();

    private int leader = SimulatedReplica.NOBODY;
    private int leaderEpoch = -1;

    /** In the request that is under way, or was last answered; -1 if in none. */
    private long askedOffset = -1;

    /** Number of that request; answers to earlier ones were asked for in other circumstances. */
    private long askedIn;

    private long requests;
    private boolean paused;

    /** Requests and answers between two brokers. */
    private final class Link {
        private final SimulatedNetwork.Connection connection;
        private int underWay;

        Link(int to) {
            connection =
                    cluster.network()
                            .connect(
                                    replica.node().id(),
                                    to,
                                    () -> {
                                        links.remove(to, this);
                                        if (to == leader) {
                                            askedOffset = -1;
                                        }
                                    });
        }
    }

    private record Request(
            int follower,
            long brokerEpoch,
            int leaderEpoch,
            long offset,
            int lastEpoch,
            long followersHighWatermark) {}

    /** Of one of the two kinds: what follows, or where the logs part. */
    private record Answer(
            @Nullable ByteBuffer batches,
            @Nullable EpochEndOffset divergence,
            long highWatermark) {}

    SimulatedFetcher(SimulatedCluster cluster, SimulatedReplica replica) {
        this.cluster = cluster;
        this.replica = replica;
    }

    void follow(int newLeader, int newEpoch) {
        if (newLeader != leader || newEpoch != leaderEpoch) {
            leader = newLeader;
            leaderEpoch = newEpoch;
            askedOffset = -1;
            paused = replica.isHeld();
        }
    }

    void stop() {
        follow(SimulatedReplica.NOBODY, -1);
    }

    void ended() {
        links.clear();
        stop();
        paused = false;
    }

    // ---- the follower

    void fetch() {
        if (leader == SimulatedReplica.NOBODY || paused || replica.isHeld()) {
            return;
        }
        if (!replica.hasFlushedAll()
                && cluster.terms().onDisk()
                && !cluster.planted(PlantedFault.FOLLOWER_COUNTS_WHAT_IS_NOT_FLUSHED)
                && !cluster.planted(PlantedFault.DEPOSED_LEADER_COUNTS_WHAT_IS_NOT_FLUSHED)) {
            flushFirst();
            return;
        }
        int to = leader;
        Link link = links.computeIfAbsent(to, Link::new);
        // What is under way knows nothing of a change since.
        if (link.underWay > (askedOffset < 0 ? 1 : 0)) {
            return;
        }
        Request request =
                new Request(
                        replica.node().id(),
                        replica.node().brokerEpoch(),
                        leaderEpoch,
                        replica.log().logEndOffset(),
                        replica.log().latestEpoch().orElse(-1),
                        replica.log().highWatermark());
        askedOffset = request.offset;
        long number = ++requests;
        askedIn = number;
        link.underWay++;
        link.connection.request(
                () -> {
                    Answer answer =
                            cluster.replica(to, replica.partition()).fetcher().serve(request);
                    link.connection.answer(
                            () -> {
                                link.underWay--;
                                take(to, number, answer);
                            });
                });
    }

    private void take(int from, long number, @Nullable Answer answer) {
        boolean stale = from != leader || paused || askedOffset != replica.log().logEndOffset();
        if (answer == null || stale || number != askedIn) {
            return;
        }
        if (replica.isHeld()) {
            pause();
            replica.afterHold(this::goOn);
            return;
        }
        EpochEndOffset divergence = answer.divergence;
        ByteBuffer batches = answer.batches;
        if (divergence != null) {
            pause();
            long end = replica.log().logEndOffset();
            replica.cut(
                    cluster.planted(PlantedFault.CUT_TO_THE_HIGH_WATERMARK)
                            ? replica.log().highWatermark()
                            : Truncation.offset(replica.log()::endOffsetForEpoch, end, divergence),
                    this::goOn);
        } else if (batches != null) {
            try {
                replica.appendFetched(batches, leaderEpoch, answer.highWatermark);
            } catch (IOException e) {
                replica.node().diskFailed(e);
                return;
            } catch (ApiException refused) {
                cluster.say("%d: cannot append: %s", replica.node().id(), refused.toString());
            }
            askedOffset = -1;
            if (cluster.terms().onDisk()
                    && !cluster.planted(PlantedFault.FOLLOWER_COUNTS_WHAT_IS_NOT_FLUSHED)
                    && !replica.hasFlushedAll()) {
                flushFirst();
            }
        }
    }

    /** What it asks for says what it has: on its disk, where the topic asks for that. */
    private void flushFirst() {
        pause();
        cluster.later(
                replica.node(),
                () -> {
                    replica.flush();
                    if (replica.node().isUp()) {
                        goOn();
                    }
                });
    }

    private void pause() {
        paused = true;
        askedOffset = -1;
    }

    private void goOn() {
        paused = false;
    }

    // ---- the leader

    /** Null if it refuses. */
    private @Nullable Answer serve(Request request) {
        SimulatedLeader leads = replica.leads();
        if (leads == null || replica.isHeld() || request.leaderEpoch != replica.epoch()) {
            return null;
        }
        try {
            EpochEndOffset divergence =
                    cluster.planted(PlantedFault.LOGS_ARE_NOT_COMPARED)
                            ? null
                            : Truncation.divergence(
                                    replica.log()::endOffsetForEpoch,
                                    request.lastEpoch,
                                    request.offset);
            if (divergence != null) {
                return new Answer(null, divergence, replica.log().highWatermark());
            }
            if (request.offset > replica.log().logEndOffset() && !cluster.isPlanted()) {
                throw new Violation(
                        "FollowerIsNotAhead",
                        "broker %d ends at %d, with the same epochs, and is asked for %s"
                                .formatted(
                                        replica.node().id(),
                                        replica.log().logEndOffset(),
                                        request));
            }
            ByteBuffer batches = replica.readFor(request.offset);
            long highWatermark = replica.log().highWatermark();
            leads.fetched(request.follower, request.brokerEpoch, request.offset);
            return replica.node().isUp() ? new Answer(batches, null, highWatermark) : null;
        } catch (OffsetOutOfRangeException e) {
            if (!cluster.isPlanted()) {
                throw new Violation(
                        "FollowerIsNotAhead",
                        "broker %d is asked for %s by broker %d: %s"
                                .formatted(
                                        replica.node().id(),
                                        request,
                                        request.follower,
                                        e.getMessage()));
            }
            return null;
        } catch (IOException e) {
            replica.node().diskFailed(e);
            return null;
        }
    }
}
