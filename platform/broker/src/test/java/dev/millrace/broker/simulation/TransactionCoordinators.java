package dev.millrace.broker.simulation;

import static java.util.Objects.requireNonNull;

import dev.millrace.broker.txn.TestTxnShard;
import dev.millrace.broker.txn.TxnMarker;
import dev.millrace.log.AppendTerms;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** The real shard of transactional ids on every broker, and the markers on their way. */
final class TransactionCoordinators {
    static final TopicPartition PARTITION = new TopicPartition("__transaction_state", 0);
    private static final long PATIENCE_MS = 1_000;

    private final SimulatedCluster cluster;
    private final GroupCoordinators groups;
    private final Map<Integer, Here> here = new HashMap<>();
    private long nextProducerId = 1_000;

    TransactionCoordinators(SimulatedCluster cluster, GroupCoordinators groups) {
        this.cluster = cluster;
        this.groups = groups;
        for (SimulatedNode node : cluster.nodes()) {
            here.put(node.id(), new Here(node.replica(PARTITION)));
        }
    }

    SimulatedCoordinator<TestTxnShard> at(int node) {
        return requireNonNull(here.get(node));
    }

    void abortTimedOut(int node) {
        TestTxnShard shard = at(node).shard();
        if (shard != null) {
            shard.abortTimedOut();
        }
    }

    private final class Here extends SimulatedCoordinator<TestTxnShard> {
        Here(SimulatedReplica replica) {
            super(TransactionCoordinators.this.cluster, replica);
        }

        @Override
        TestTxnShard create(int coordinatorEpoch) {
            return new TestTxnShard(
                    coordinatorEpoch, cluster()::nowMs, new World(this, coordinatorEpoch));
        }

        @Override
        void replay(TestTxnShard fresh, ByteBuffer batches) {
            fresh.replay(batches);
        }

        @Override
        void loaded(TestTxnShard fresh) {
            if (!cluster().planted(PlantedFault.MARKERS_ARE_NOT_SENT_AGAIN)) {
                fresh.loaded();
            }
        }

        @Override
        void close(TestTxnShard old) {
            old.close();
        }
    }

    private final class World implements TestTxnShard.World {
        private final Here coordinator;
        private final int epoch;
        private final int incarnation;

        World(Here coordinator, int epoch) {
            this.coordinator = coordinator;
            this.epoch = epoch;
            this.incarnation = coordinator.replica().node().incarnation();
        }

        @Override
        public void append(ByteBuffer batches, Consumer<@Nullable Throwable> done) {
            if (cluster.planted(PlantedFault.DECIDED_BEFORE_IT_IS_COMMITTED)) {
                coordinator.append(epoch, batches, AppendTerms.NONE, failure -> {});
                done.accept(null);
                return;
            }
            coordinator.append(epoch, batches, AppendTerms.NONE, done);
        }

        @Override
        public void write(
                TopicPartition partition, TxnMarker marker, Consumer<@Nullable Throwable> done) {
            SimulatedNode node = coordinator.replica().node();
            int leader = cluster.state(node.image(), partition).leader();
            if (leader < 0) {
                done.accept(new NotLeaderOrFollowerException("nobody leads " + partition));
                return;
            }
            Consumer<@Nullable Throwable> once = once(node, done);
            cluster.network()
                    .send(
                            node.id(),
                            leader,
                            () ->
                                    mark(
                                            cluster.replica(leader, partition),
                                            marker,
                                            failure ->
                                                    cluster.network()
                                                            .send(
                                                                    leader,
                                                                    node.id(),
                                                                    () -> once.accept(failure))));
        }

        @Override
        public long nextProducerId() {
            return nextProducerId++;
        }

        @Override
        public void after(long delayMs, Runnable work) {
            if (coordinator.replica().node().incarnation() == incarnation) {
                cluster.after(coordinator.replica().node(), delayMs, work);
            }
        }

        @Override
        public void broken() {
            coordinator.broken();
        }
    }

    /** Its answer, or that there was none in time. */
    private Consumer<@Nullable Throwable> once(
            SimulatedNode node, Consumer<@Nullable Throwable> done) {
        boolean[] answered = {false};
        Consumer<@Nullable Throwable> once =
                failure -> {
                    if (!answered[0]) {
                        answered[0] = true;
                        done.accept(failure);
                    }
                };
        cluster.after(node, PATIENCE_MS, () -> once.accept(new TimeoutException("no answer")));
        return once;
    }

    private void mark(
            SimulatedReplica target, TxnMarker marker, Consumer<@Nullable Throwable> done) {
        ByteBuffer batch =
                RecordBatchBuilder.endTransaction(
                        marker.producerId(),
                        marker.producerEpoch(),
                        marker.commit(),
                        marker.coordinatorEpoch(),
                        cluster.nowMs());
        AppendTerms terms = AppendTerms.marker(marker.version());
        if (target.partition().equals(GroupCoordinators.PARTITION)) {
            groups.at(target.node().id()).appendAndReplay(batch, terms, done);
        } else {
            target.appendForCoordinator(batch, terms, done);
        }
    }

    // ---- for clients and leaders

    /** Whether the partition is part of the transaction from now on; asked by its leader. */
    void add(
            SimulatedNode asking,
            String id,
            long producerId,
            short epoch,
            TopicPartition partition,
            Consumer<Errors> answer) {
        Consumer<@Nullable Throwable> once =
                once(
                        asking,
                        failure ->
                                answer.accept(
                                        failure == null
                                                ? Errors.NONE
                                                : Errors.forException(failure)));
        ask(
                asking.id(),
                cluster.state(asking.image(), PARTITION).leader(),
                (shard, answered) -> shard.add(id, producerId, epoch, partition, answered),
                done -> once.accept(done.error().exception()));
    }

    /** Whoever may be the coordinator is asked; the answer may not come. */
    void ask(
            int from,
            int coordinator,
            BiConsumer<TestTxnShard, Consumer<TestTxnShard.Answer>> question,
            Consumer<TestTxnShard.Answer> answer) {
        if (coordinator < 0) {
            return;
        }
        cluster.network()
                .send(
                        from,
                        coordinator,
                        () -> {
                            TestTxnShard shard = at(coordinator).shard();
                            Consumer<TestTxnShard.Answer> back =
                                    said ->
                                            cluster.network()
                                                    .send(
                                                            coordinator,
                                                            from,
                                                            () -> answer.accept(said));
                            if (shard == null) {
                                back.accept(
                                        new TestTxnShard.Answer(
                                                Errors.NOT_COORDINATOR, -1, (short) -1));
                            } else {
                                question.accept(shard, back);
                            }
                        });
    }
}
