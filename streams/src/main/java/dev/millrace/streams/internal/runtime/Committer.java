package dev.millrace.streams.internal.runtime;

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
 * Commits the work of one thread: caches are written out, the producer has all acknowledged, the
 * positions of the sources are saved, and now and then stores are made durable and their
 * checkpoints written. After a crash, processing goes on at the last commit with stores that hold
 * at least what was read until then: no record is lost, some are processed twice.
 */
final class Committer {
    private static final Logger LOG = LoggerFactory.getLogger(Committer.class);
    private static final long CHECKPOINT_INTERVAL_MS = 30_000;

    private final Consumer<byte[], byte[]> consumer;
    private final ProducerCollector collector;
    private final TaskSet tasks;
    private final SourceInput input;
    private final Checkpoints checkpoints;
    private final RepartitionPurge purge;
    private final long intervalMs;
    private long lastCommitMs = System.currentTimeMillis();
    private long lastCheckpointMs = lastCommitMs;

    Committer(
            Consumer<byte[], byte[]> consumer,
            ProducerCollector collector,
            TaskSet tasks,
            SourceInput input,
            Checkpoints checkpoints,
            RepartitionPurge purge,
            long intervalMs) {
        this.consumer = consumer;
        this.collector = collector;
        this.tasks = tasks;
        this.input = input;
        this.checkpoints = checkpoints;
        this.purge = purge;
        this.intervalMs = intervalMs;
    }

    boolean isDue() {
        return System.currentTimeMillis() - lastCommitMs >= intervalMs;
    }

    /**
     * @param checkpoint whether to write checkpoints even before their time
     */
    void commit(boolean checkpoint) {
        tasks.running().forEach(Task::flushCaches);
        collector.flush();
        Map<TopicPartition, OffsetAndMetadata> offsets = input.processed();
        try {
            if (!offsets.isEmpty()) {
                consumer.commitSync(offsets);
            }
            input.committed();
            purge.committed(offsets);
        } catch (RebalanceInProgressException e) {
            LOG.debug("Commits again after the rebalance");
        } catch (CommitFailedException e) {
            // The group went on without this thread: the next poll says that its tasks are lost.
            LOG.warn("Cannot commit: {}", e.getMessage());
        }
        lastCommitMs = System.currentTimeMillis();
        if (checkpoint || lastCommitMs - lastCheckpointMs >= CHECKPOINT_INTERVAL_MS) {
            tasks.running().forEach(checkpoints::write);
            lastCheckpointMs = lastCommitMs;
        }
    }
}
