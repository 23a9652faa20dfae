package dev.millrace.broker;

import dev.millrace.broker.txn.TxnCoordinator;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.TxnGuard;
import dev.millrace.wire.record.RecordBatchView;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one produce request that belong to a transaction. Where it is not open in the
 * partition yet, the coordinator is asked first: with transactions v2 (Produce 12 and later) the
 * partition joins by that, before it must have joined (KIP-890). One question for all partitions of
 * the request.
 *
 * <pre>
 *   owner of each partition     coordinator of the transactional id     owner of each partition
 *   open? ── yes ──────────────────────────────────────────────────────► append
 *     └───── no: a guard ──────► add or verify ──── all partitions ─────► append, showing the guard
 * </pre>
 */
final class TransactionalBatches {
    private static final short KNOWS_ABORTABLE = 11;
    private static final short TRANSACTIONS_V2 = 12;

    /** What the produce request does once it is known whether a batch may be appended. */
    interface Outcome {
        /** On the owner of the partition. */
        void append(
                Partition partition,
                ByteBuffer batches,
                PartitionProduceResponse answer,
                AppendTerms terms);

        /** From any thread. */
        void refuse(Partition partition, PartitionProduceResponse answer, Throwable reason);
    }

    private static final class Item {
        private final Partition partition;
        private final ByteBuffer batches;
        private final PartitionProduceResponse answer;

        /** Written by the partition's owner, before it is counted down. */
        private @Nullable TxnGuard guard;

        Item(Partition partition, ByteBuffer batches, PartitionProduceResponse answer) {
            this.partition = partition;
            this.batches = batches;
            this.answer = answer;
        }
    }

    private final TxnCoordinator transactions;
    private final @Nullable String transactionalId;
    private final short version;
    private final Outcome outcome;
    private final List<Item> items = new ArrayList<>();
    private long producerId = RecordBatchView.NO_PRODUCER_ID;
    private short epoch = -1;
    private boolean mixed;

    /**
     * @param version of the produce request
     */
    TransactionalBatches(
            TxnCoordinator transactions,
            @Nullable String transactionalId,
            short version,
            Outcome outcome) {
        this.transactions = transactions;
        this.transactionalId = transactionalId;
        this.version = version;
        this.outcome = outcome;
    }

    void add(Partition partition, ByteBuffer batches, PartitionProduceResponse answer) {
        RecordBatchView batch = RecordBatchView.at(batches, batches.position());
        mixed |=
                !items.isEmpty()
                        && (batch.producerId() != producerId || batch.producerEpoch() != epoch);
        producerId = batch.producerId();
        epoch = batch.producerEpoch();
        items.add(new Item(partition, batches, answer));
    }

    /** After the last was added. */
    void start() {
        String id = transactionalId;
        if (id == null || id.isEmpty()) {
            refuseAll(
                    new TransactionalIdAuthorizationException(
                            "a transactional batch in a request without a transactional id"));
        } else if (mixed) {
            refuseAll(
                    new InvalidPidMappingException(
                            "one transaction has one producer id and epoch; the request has"
                                    + " several"));
        } else if (version < TRANSACTIONS_V2 && !transactions.verifiesPartitions()) {
            items.forEach(item -> onOwner(item, () -> append(item, AppendTerms.NONE)));
        } else {
            takeGuards(id);
        }
    }

    private void refuseAll(RuntimeException reason) {
        items.forEach(item -> outcome.refuse(item.partition, item.answer, reason));
    }

    private void takeGuards(String id) {
        AtomicInteger open = new AtomicInteger(items.size());
        for (Item item : items) {
            onOwner(
                    item,
                    () -> {
                        takeGuard(item);
                        if (open.decrementAndGet() == 0) {
                            askCoordinator(id);
                        }
                    });
        }
    }

    /** Owner of the partition. A batch that needs none is appended by this. */
    private void takeGuard(Item item) {
        try {
            item.guard =
                    item.partition.transactionGuard(
                            producerId,
                            epoch,
                            RecordBatchView.at(item.batches, item.batches.position())
                                    .baseSequence(),
                            version >= TRANSACTIONS_V2);
        } catch (RuntimeException e) {
            outcome.refuse(item.partition, item.answer, e);
            return;
        }
        if (item.guard == null) {
            append(item, AppendTerms.guarded(null));
        }
    }

    private void append(Item item, AppendTerms terms) {
        outcome.append(item.partition, item.batches, item.answer, terms);
    }

    private void askCoordinator(String id) {
        Set<TopicPartition> partitions = new LinkedHashSet<>();
        for (Item item : items) {
            if (item.guard != null) {
                partitions.add(item.partition.topicPartition());
            }
        }
        if (partitions.isEmpty()) {
            return;
        }
        transactions
                .admit(
                        id,
                        producerId,
                        epoch,
                        partitions,
                        version >= TRANSACTIONS_V2,
                        version >= KNOWS_ABORTABLE)
                .onComplete(
                        admitted -> {
                            for (Item item : items) {
                                if (item.guard != null) {
                                    finish(item, admitted.result());
                                }
                            }
                        });
    }

    private void finish(Item item, Map<TopicPartition, Errors> errors) {
        Errors error = errors.getOrDefault(item.partition.topicPartition(), Errors.NONE);
        if (error == Errors.NONE) {
            onOwner(item, () -> append(item, AppendTerms.guarded(item.guard)));
        } else {
            outcome.refuse(item.partition, item.answer, asProduceError(error));
        }
    }

    /** What producers of that version know to retry. */
    private RuntimeException asProduceError(Errors error) {
        return switch (error) {
            case INVALID_TXN_STATE ->
                    new InvalidTxnStateException("the partition is not part of the transaction");
            case NETWORK_EXCEPTION,
                    COORDINATOR_LOAD_IN_PROGRESS,
                    COORDINATOR_NOT_AVAILABLE,
                    NOT_COORDINATOR ->
                    unverified(error);
            case CONCURRENT_TRANSACTIONS ->
                    version < TRANSACTIONS_V2 ? unverified(error) : error.exception();
            default -> error.exception();
        };
    }

    private static NotEnoughReplicasException unverified(Errors error) {
        return new NotEnoughReplicasException(
                "whether the partition is part of the transaction could not be verified: " + error);
    }

    private static void onOwner(Item item, Runnable work) {
        if (item.partition.isOwnerThread()) {
            work.run();
        } else {
            item.partition.owner().nettyEventLoop().execute(work);
        }
    }
}
