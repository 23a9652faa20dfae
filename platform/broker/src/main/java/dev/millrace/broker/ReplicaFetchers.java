package dev.millrace.broker;

import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@link ReplicationSource} of a broker in a cluster: for each event loop a {@link
 * ReplicaFetcher} of each leader that its partitions follow, so that a partition is fetched on the
 * loop that appends to it.
 */
final class ReplicaFetchers implements ReplicationSource {
    /** What one loop follows; that loop only. */
    private static final class OfLoop {
        private final ContextInternal loop;
        private final Map<Integer, ReplicaFetcher> byLeader = new HashMap<>();
        private final Map<Partition, ReplicaFetcher> byPartition = new HashMap<>();

        private OfLoop(ContextInternal loop) {
            this.loop = loop;
        }
    }

    private final int nodeId;
    private final FetcherSettings settings;
    private final PeerConnections peers;
    private final LogCuts cuts;
    private final Map<ContextInternal, OfLoop> loops = new HashMap<>();
    private volatile boolean closed;

    /**
     * @param loops all that own partitions
     */
    ReplicaFetchers(
            int nodeId,
            FetcherSettings settings,
            PeerConnections peers,
            LogCuts cuts,
            List<ContextInternal> loops) {
        this.nodeId = nodeId;
        this.settings = settings;
        this.peers = peers;
        this.cuts = cuts;
        loops.forEach(loop -> this.loops.put(loop, new OfLoop(loop)));
    }

    @Override
    public void follow(Partition partition, int leaderId, int leaderEpoch) {
        OfLoop mine = of(partition);
        ReplicaFetcher before = mine.byPartition.get(partition);
        if (before != null && before.leaderId() != leaderId) {
            leave(mine, before, partition);
        }
        if (closed) {
            return;
        }
        ReplicaFetcher fetcher =
                mine.byLeader.computeIfAbsent(
                        leaderId,
                        id -> new ReplicaFetcher(nodeId, id, mine.loop, settings, peers, cuts));
        mine.byPartition.put(partition, fetcher);
        fetcher.add(partition, leaderEpoch);
    }

    @Override
    public void stop(Partition partition) {
        OfLoop mine = of(partition);
        ReplicaFetcher before = mine.byPartition.remove(partition);
        if (before != null) {
            leave(mine, before, partition);
        }
    }

    private static void leave(OfLoop mine, ReplicaFetcher fetcher, Partition partition) {
        fetcher.remove(partition);
        if (fetcher.isIdle()) {
            fetcher.close();
            mine.byLeader.remove(fetcher.leaderId(), fetcher);
        }
    }

    private OfLoop of(Partition partition) {
        @Nullable OfLoop mine = loops.get(partition.owner());
        if (mine == null) {
            throw new IllegalStateException(
                    partition.topicPartition() + " belongs to a loop that fetches nothing");
        }
        return mine;
    }

    /** Nothing is fetched from now on, as far as the loops still run. Any thread. */
    void close() {
        closed = true;
        for (OfLoop each : loops.values()) {
            each.loop
                    .nettyEventLoop()
                    .execute(
                            () -> {
                                each.byLeader.values().forEach(ReplicaFetcher::close);
                                each.byLeader.clear();
                                each.byPartition.clear();
                            });
        }
    }
}
