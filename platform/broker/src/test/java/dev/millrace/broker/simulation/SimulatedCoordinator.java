package dev.millrace.broker.simulation;

import dev.millrace.log.AppendTerms;
import dev.millrace.log.PartitionLog.AppendOrigin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator's shard on the broker that leads its partition: loaded when the broker begins to
 * lead, once all that was there then is committed; dropped when another leads, or in a new epoch.
 *
 * @param <S> the shard
 */
abstract class SimulatedCoordinator<S> {
    private static final int RELOAD_MS = 500;

    private final SimulatedCluster cluster;
    private final SimulatedReplica replica;
    private int epoch = -1;
    private long loadedFrom = -1;
    private @Nullable S shard;

    SimulatedCoordinator(SimulatedCluster cluster, SimulatedReplica replica) {
        this.cluster = cluster;
        this.replica = replica;
    }

    abstract S create(int coordinatorEpoch);

    abstract void replay(S fresh, ByteBuffer batches);

    abstract void loaded(S fresh);

    abstract void close(S old);

    SimulatedCluster cluster() {
        return cluster;
    }

    SimulatedReplica replica() {
        return replica;
    }

    TopicPartition partition() {
        return replica.partition();
    }

    int node() {
        return replica.node().id();
    }

    /** Null while it is loaded, or elsewhere. */
    @Nullable S shard() {
        return shard;
    }

    /** Whether the journal has it here, in the epoch in which it was loaded. */
    boolean isTheOne() {
        var journal = cluster.state(cluster.image(), partition());
        return shard != null
                && journal.leader() == node()
                && journal.leaderEpoch() == epoch
                && replica.node().acts();
    }

    void leadershipChanged() {
        boolean leads = replica.leads() != null;
        if (!leads || epoch != replica.epoch()) {
            drop();
        }
        if (leads && epoch < 0) {
            epoch = replica.epoch();
            loadedFrom =
                    cluster.planted(PlantedFault.LOADED_BEFORE_ALL_IS_COMMITTED)
                            ? replica.log().highWatermark()
                            : replica.log().logEndOffset();
            loadIfCommitted();
        }
    }

    private void drop() {
        S old = shard;
        shard = null;
        epoch = -1;
        loadedFrom = -1;
        if (old != null) {
            close(old);
        }
    }

    void loadIfCommitted() {
        if (shard != null || loadedFrom < 0 || replica.log().highWatermark() < loadedFrom) {
            return;
        }
        try {
            S fresh = create(epoch);
            long end = replica.log().highWatermark();
            long at = 0;
            while (at < end) {
                ByteBuffer batches = replica.readBatches(at, end, 1 << 20);
                at = batches.getLong(batches.position()) + Entry.in(batches).size();
                replay(fresh, batches);
            }
            shard = fresh;
            loaded(fresh);
        } catch (IOException e) {
            replica.node().diskFailed(e);
        }
    }

    /** It does not know any more what is in the log. */
    void broken() {
        int brokenIn = epoch;
        shard = null;
        loadedFrom = -1;
        cluster.after(
                replica.node(),
                RELOAD_MS,
                () -> {
                    if (epoch == brokenIn && replica.leads() != null && shard == null) {
                        epoch = -1;
                        leadershipChanged();
                    }
                });
    }

    /** In the epoch in which it was loaded; told null, or why not. */
    void append(
            int loadedIn,
            ByteBuffer batches,
            AppendTerms terms,
            Consumer<@Nullable Throwable> done) {
        boolean same = loadedIn == replica.epoch();
        if (!same && !cluster.planted(PlantedFault.COORDINATOR_APPENDS_IN_ANY_EPOCH)) {
            done.accept(new NotCoordinatorException("epoch " + loadedIn + " is over"));
            return;
        }
        try {
            replica.append(batches, AppendOrigin.COORDINATOR, terms, done::accept);
        } catch (ApiException refused) {
            done.accept(refused);
        }
    }
}
