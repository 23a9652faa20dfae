package dev.millrace.broker.simulation;

import static java.util.Objects.requireNonNull;

import dev.millrace.broker.group.TestGroupShard;
import dev.millrace.log.AppendTerms;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.jspecify.annotations.Nullable;

/** The real shard of groups on every broker. */
final class GroupCoordinators {
    static final TopicPartition PARTITION = new TopicPartition("__consumer_offsets", 0);

    private final SimulatedCluster cluster;
    private final Map<Integer, Here> here = new HashMap<>();

    GroupCoordinators(SimulatedCluster cluster) {
        this.cluster = cluster;
        for (SimulatedNode node : cluster.nodes()) {
            here.put(node.id(), new Here(node.replica(PARTITION)));
        }
    }

    Here at(int node) {
        return requireNonNull(here.get(node));
    }

    final class Here extends SimulatedCoordinator<TestGroupShard> {
        Here(SimulatedReplica replica) {
            super(GroupCoordinators.this.cluster, replica);
        }

        @Override
        TestGroupShard create(int coordinatorEpoch) {
            return new TestGroupShard(
                    cluster()::nowMs,
                    (batches, done) -> {
                        boolean early =
                                cluster().planted(PlantedFault.OFFSETS_ACKNOWLEDGED_WHEN_APPENDED);
                        append(
                                coordinatorEpoch,
                                batches,
                                AppendTerms.NONE,
                                early ? failure -> {} : done);
                        if (early) {
                            done.accept(null);
                        }
                    },
                    this::broken);
        }

        @Override
        void replay(TestGroupShard fresh, ByteBuffer batches) {
            fresh.replay(batches);
        }

        @Override
        void loaded(TestGroupShard fresh) {
            fresh.loaded();
        }

        @Override
        void close(TestGroupShard old) {
            old.close();
        }

        /** A transaction's offsets, or the marker that ends it; counts once it is committed. */
        void appendAndReplay(
                ByteBuffer batch, AppendTerms terms, Consumer<@Nullable Throwable> done) {
            TestGroupShard shard = shard();
            if (shard == null) {
                done.accept(new NotCoordinatorException("not loaded"));
                return;
            }
            append(
                    replica().epoch(),
                    batch,
                    terms,
                    failure -> {
                        if (failure == null) {
                            shard.replay(batch);
                        }
                        done.accept(failure);
                    });
        }
    }
}
