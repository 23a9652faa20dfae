package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.internal.task.Task;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits the work of one thread, and now and then makes its stores durable and writes their
 * checkpoints.
 *
 * <p>At least once: caches are written out, the producer has all acknowledged, the positions of the
 * sources are saved. After a crash, processing goes on at the last commit with stores that hold at
 * least what was read until then: no record is lost, some are processed twice.
 *
 * <p>Exactly once: caches are written out, and one transaction takes output, changelogs and the
 * positions of the sources. Then the stores take over what they held back:
 *
 * <pre>
 * crash before the transaction is committed   nothing happened: neither on the cluster nor on disk
 * crash after it                              the changelog has what the disk lacks, behind the checkpoint
 * </pre>
 */
final class Committer {
    private static final Logger LOG = LoggerFactory.getLogger(Committer.class);
    private static final long CHECKPOINT_INTERVAL_MS = 30_000;

    private final Consumer<byte[], byte[]> consumer;
    private final ProducerCollector collector;
    private final TaskSet tasks;
    private final SourceInput input;
    private final RepartitionPurge purge;
    private final boolean exactlyOnce;
    private final long intervalMs;
    private final long maxUncommittedBytes;
    private long lastCommitMs = System.currentTimeMillis();
    private long lastCheckpointMs = lastCommitMs;

    Committer(
            Consumer<byte[], byte[]> consumer,
            ProducerCollector collector,
            TaskSet tasks,
            SourceInput input,
            RepartitionPurge purge,
            StreamsConfig config) {
        this.consumer = consumer;
        this.collector = collector;
        this.tasks = tasks;
        this.input = input;
        this.purge = purge;
        this.exactlyOnce = config.exactlyOnce();
        this.intervalMs = config.commitIntervalMs();
        this.maxUncommittedBytes = config.maxUncommittedBytesPerThread();
    }

    boolean isDue() {
        return millisLeft() <= 0 || (exactlyOnce && tasks.uncommittedBytes() > maxUncommittedBytes);
    }

    /** Until the next commit. */
    long millisLeft() {
        return lastCommitMs + intervalMs - System.currentTimeMillis();
    }

    /**
     * @param checkpoint whether to write checkpoints even before their time
     */
    void commit(boolean checkpoint) {
        tasks.flushCaches();
        Map<TopicPartition, OffsetAndMetadata> offsets = input.processed();
        if (exactlyOnce) {
            commitTransaction(offsets);
        } else {
            collector.flush();
            commitOffsets(offsets);
        }
        lastCommitMs = System.currentTimeMillis();
        if (checkpoint || lastCommitMs - lastCheckpointMs >= CHECKPOINT_INTERVAL_MS) {
            tasks.checkpoint();
            lastCheckpointMs = lastCommitMs;
        }
    }

    private void commitTransaction(Map<TopicPartition, OffsetAndMetadata> offsets) {
        if (offsets.isEmpty() && !collector.isInTransaction()) {
            tasks.running().forEach(Task::deliver); // of punctuators that wrote nothing
            return;
        }
        collector.commitTransaction(
                offsets.isEmpty() ? input.anyPosition() : offsets, consumer.groupMetadata());
        tasks.running().forEach(Task::commitStores);
        input.committed();
        purge.committed(offsets);
    }

    private void commitOffsets(Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            if (!offsets.isEmpty()) {
                consumer.commitSync(offsets);
            }
            input.committed();
            forgetTold();
            purge.committed(offsets);
        } catch (RebalanceInProgressException e) {
            LOG.debug("Commits again after the rebalance");
        } catch (CommitFailedException e) {
            // The group went on without this thread: the next poll says that its tasks are lost.
            LOG.warn("Cannot commit: {}", e.getMessage());
        }
    }

    /** Of what buffers have let go, since nobody will ask for it again. */
    private void forgetTold() {
        boolean any = false;
        for (Task task : tasks.running()) {
            any |= task.forgetTold();
        }
        if (any) {
            collector.flush();
        }
    }

    /** Aborts what was written since the last commit; the tasks have to be closed, too. */
    void rollBack() {
        if (exactlyOnce) {
            collector.rollBack();
        }
        lastCommitMs = System.currentTimeMillis();
    }
}
