package dev.millrace.broker.simulation;

import dev.millrace.broker.group.TestGroupShard;
import dev.millrace.broker.txn.TestTxnShard;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.TxnGuard;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a transactional producer (version 2 of the protocol): transactions of some
 * records in several partitions and an offset, committed or aborted, one request at a time. It goes
 * on until another incarnation has fenced it.
 */
final class TransactionalWriter {
    private static final long PATIENCE_MS = 400;
    private static final int TIMEOUT_MS = 5_000;
    private static final String GROUP = "g";

    /** One transaction, as the producer sees it. */
    static final class Attempt {
        final String name;
        final List<String> acknowledged = new ArrayList<>();

        /** It has asked for it, so it may be. */
        boolean wantsCommit;

        /** What it was told that has happened. */
        @Nullable Boolean committed;

        Attempt(String name) {
            this.name = name;
        }
    }

    private enum State {
        NEW,
        READY,
        OPEN,
        ENDING,
        FENCED
    }

    private final SimulatedCluster cluster;
    private final TransactionCoordinators transactions;
    private final GroupCoordinators groups;
    private final List<TopicPartition> partitions;
    private final List<Attempt> attempts;
    private final Random random;
    private final String id;

    private State state = State.NEW;
    private long producerId;
    private short epoch;
    private final Map<TopicPartition, Integer> sequences = new HashMap<>();
    private @Nullable Attempt attempt;
    private boolean commits;
    private boolean waits;
    private long sentMs;
    private int failures;

    /** Counts requests: an answer to an older one says nothing. */
    private long round;

    TransactionalWriter(
            SimulatedCluster cluster,
            TransactionCoordinators transactions,
            GroupCoordinators groups,
            List<TopicPartition> partitions,
            List<Attempt> attempts,
            String id) {
        this.cluster = cluster;
        this.transactions = transactions;
        this.groups = groups;
        this.partitions = partitions;
        this.attempts = attempts;
        this.random = cluster.random();
        this.id = id;
    }

    boolean isFenced() {
        return state == State.FENCED;
    }

    /** It is heard of no more. */
    void die() {
        state = State.FENCED;
    }

    void act() {
        if (state == State.FENCED || (waits && cluster.nowMs() - sentMs < PATIENCE_MS)) {
            return;
        }
        switch (state) {
            case NEW -> init();
            case READY -> {
                Attempt begun = new Attempt("txn" + attempts.size());
                attempts.add(begun);
                attempt = begun;
                state = State.OPEN;
                failures = 0;
            }
            case OPEN -> goOn();
            default -> end();
        }
    }

    private void goOn() {
        Attempt open = attempt;
        if (open == null) {
            return;
        }
        int dice = random.nextInt(8);
        // A record whose fate is not known: the transaction cannot be committed.
        boolean gaveUp = failures > 3;
        if (gaveUp || (dice == 0 && failures == 0)) {
            commits = false;
            state = State.ENDING;
        } else if (dice < 3 && failures == 0 && !open.acknowledged.isEmpty()) {
            commits = true;
            open.wantsCommit = true;
            state = State.ENDING;
        } else if (dice == 3 && failures == 0) {
            commitOffset();
        } else {
            write(open, partitions.get(random.nextInt(partitions.size())));
        }
    }

    private long begin() {
        waits = true;
        sentMs = cluster.nowMs();
        return ++round;
    }

    private int coordinator() {
        return cluster.leaderSeenByAnybody(TransactionCoordinators.PARTITION);
    }

    private void init() {
        long asked = begin();
        transactions.ask(
                SimulatedNetwork.CLIENTS,
                coordinator(),
                (shard, answer) -> shard.init(id, TIMEOUT_MS, answer),
                answer -> {
                    if (asked == round) {
                        waits = false;
                        if (answer.error() == Errors.NONE) {
                            ready(answer);
                        }
                    }
                });
    }

    private void ready(TestTxnShard.Answer answer) {
        producerId = answer.producerId();
        epoch = answer.epoch();
        cluster.say("%s: is %d/%d", id, producerId, epoch);
        sequences.clear();
        state = State.READY;
    }

    private void end() {
        Attempt ended = attempt;
        boolean commit = commits;
        long ofProducer = producerId;
        short inEpoch = epoch;
        long asked = begin();
        transactions.ask(
                SimulatedNetwork.CLIENTS,
                coordinator(),
                (shard, answer) -> shard.end(id, ofProducer, inEpoch, commit, answer),
                answer -> {
                    if (asked != round) {
                        return;
                    }
                    waits = false;
                    if (answer.error() == Errors.NONE && ended != null) {
                        ended.committed = commit;
                        cluster.say("%s: %s", ended.name, commit ? "committed" : "aborted");
                        attempt = null;
                        ready(answer);
                    } else {
                        refused(answer.error());
                    }
                });
    }

    private void refused(Errors error) {
        cluster.say("%s %d/%d, %s: refused, %s", id, producerId, epoch, state, error);
        switch (error) {
            case PRODUCER_FENCED,
                    INVALID_PRODUCER_EPOCH,
                    INVALID_TXN_STATE,
                    INVALID_PRODUCER_ID_MAPPING ->
                    state = State.FENCED;
            default -> failures++;
        }
    }

    // ---- records

    private void write(Attempt open, TopicPartition partition) {
        SimulatedReplica target = cluster.anyLeader(partition);
        if (target == null) {
            return;
        }
        int sequence = sequences.getOrDefault(partition, 0);
        String value = "%s/%s/%d".formatted(open.name, partition.topic(), sequence);
        Produced produced = new Produced(target, producerId, epoch, sequence, value);
        long asked = begin();
        send(
                target,
                answer -> produced.arrive(answer),
                error -> {
                    if (asked == round) {
                        waits = false;
                        if (error == Errors.NONE) {
                            failures = 0;
                            sequences.put(partition, sequence + 1);
                            open.acknowledged.add(value);
                        } else {
                            refused(error);
                        }
                    }
                });
    }

    private void send(
            SimulatedReplica target, Consumer<Consumer<Errors>> request, Consumer<Errors> answer) {
        int node = target.node().id();
        cluster.network()
                .send(
                        SimulatedNetwork.CLIENTS,
                        node,
                        () ->
                                request.accept(
                                        error ->
                                                cluster.network()
                                                        .send(
                                                                node,
                                                                SimulatedNetwork.CLIENTS,
                                                                () -> answer.accept(error))));
    }

    /** What a leader does with a transactional batch. */
    private final class Produced {
        private final SimulatedReplica target;
        private final long producerId;
        private final short epoch;
        private final int sequence;
        private final String value;

        Produced(
                SimulatedReplica target, long producerId, short epoch, int sequence, String value) {
            this.target = target;
            this.producerId = producerId;
            this.epoch = epoch;
            this.sequence = sequence;
            this.value = value;
        }

        void arrive(Consumer<Errors> answer) {
            admitted(
                    target,
                    producerId,
                    epoch,
                    sequence,
                    terms -> {
                        ByteBuffer batch =
                                new RecordBatchBuilder()
                                        .producer(producerId, epoch, sequence)
                                        .transactional()
                                        .append(
                                                cluster.nowMs(),
                                                null,
                                                value.getBytes(StandardCharsets.UTF_8))
                                        .build();
                        try {
                            target.append(
                                    batch,
                                    AppendOrigin.CLIENT,
                                    terms,
                                    refused -> answer.accept(error(refused)));
                        } catch (ApiException refused) {
                            answer.accept(error(refused));
                        }
                    },
                    answer);
        }
    }

    /** The coordinator says that the partition is part of the transaction, unless it is known. */
    private void admitted(
            SimulatedReplica target,
            long ofProducer,
            short inEpoch,
            int sequence,
            Consumer<AppendTerms> append,
            Consumer<Errors> answer) {
        if (cluster.planted(PlantedFault.BATCHES_ARE_NOT_VERIFIED)) {
            transactions.add(
                    target.node(), id, ofProducer, inEpoch, target.partition(), error -> {});
            append.accept(AppendTerms.NONE);
            return;
        }
        TxnGuard guard;
        try {
            if (target.leads() == null) {
                answer.accept(Errors.NOT_LEADER_OR_FOLLOWER);
                return;
            }
            guard = target.log().transactionGuard(ofProducer, inEpoch, sequence, true);
        } catch (ApiException refused) {
            answer.accept(error(refused));
            return;
        }
        if (guard == null) {
            append.accept(AppendTerms.guarded(null));
            return;
        }
        transactions.add(
                target.node(),
                id,
                ofProducer,
                inEpoch,
                target.partition(),
                error -> {
                    if (error == Errors.NONE) {
                        append.accept(AppendTerms.guarded(guard));
                    } else {
                        answer.accept(error);
                    }
                });
    }

    private static Errors error(@Nullable Throwable refused) {
        return refused == null ? Errors.NONE : Errors.forException(refused);
    }

    private void commitOffset() {
        SimulatedReplica target = cluster.anyLeader(GroupCoordinators.PARTITION);
        if (target == null) {
            return;
        }
        long ofProducer = producerId;
        short inEpoch = epoch;
        long offset = attempts.size();
        long asked = begin();
        send(
                target,
                answer ->
                        admitted(
                                target,
                                ofProducer,
                                inEpoch,
                                RecordBatchView.NO_SEQUENCE,
                                terms -> {
                                    GroupCoordinators.Here group = groups.at(target.node().id());
                                    TestGroupShard shard = group.shard();
                                    if (shard == null) {
                                        answer.accept(Errors.NOT_COORDINATOR);
                                        return;
                                    }
                                    group.appendAndReplay(
                                            shard.inTransaction(
                                                    GROUP,
                                                    partitions.get(0),
                                                    offset,
                                                    ofProducer,
                                                    inEpoch),
                                            terms,
                                            failure -> answer.accept(error(failure)));
                                },
                                answer),
                error -> {
                    if (asked == round) {
                        waits = false;
                        if (error == Errors.NONE) {
                            failures = 0;
                        } else {
                            refused(error);
                        }
                    }
                });
    }
}
