package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.processor.TaskId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the group gives to one thread. In a rebalance all partitions are taken away and given anew;
 * tasks that come back are kept open meanwhile. Called by the consumer, on the thread.
 */
final class Assignment implements ConsumerRebalanceListener {
    private static final Logger LOG = LoggerFactory.getLogger(Assignment.class);

    private final Map<String, Integer> subtopologyOf;
    private final TaskSet tasks;
    private final SourceInput input;
    private final Committer committer;
    private final Runnable onRevoked;
    private boolean joined;

    /** Also read by the assignor, for the next rebalance. */
    private volatile Set<TaskId> owned = Set.of();

    /**
     * @param subtopologyOf by source topic
     */
    Assignment(
            Map<String, Integer> subtopologyOf,
            TaskSet tasks,
            SourceInput input,
            Committer committer,
            Runnable onRevoked) {
        this.subtopologyOf = subtopologyOf;
        this.tasks = tasks;
        this.input = input;
        this.committer = committer;
        this.onRevoked = onRevoked;
    }

    /** Whether the thread is in the group, with tasks or without any. */
    boolean isJoined() {
        return joined;
    }

    Set<TaskId> owned() {
        return owned;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        joined = false;
        onRevoked.run();
        committer.commit(false);
        input.revoked();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        Map<TaskId, List<TopicPartition>> assigned = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            assigned.computeIfAbsent(taskId(partition), id -> new ArrayList<>()).add(partition);
        }
        tasks.assign(assigned);
        input.assigned(partitions);
        owned = Set.copyOf(assigned.keySet());
        joined = true;
    }

    private TaskId taskId(TopicPartition partition) {
        Integer subtopology = subtopologyOf.get(partition.topic());
        if (subtopology == null) {
            throw new StreamsException(
                    "The group's leader runs another program: " + partition + " is no source here");
        }
        return new TaskId(subtopology, partition.partition());
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        LOG.warn("Dropped from the group; {} go on elsewhere", owned);
        joined = false;
        input.revoked();
        tasks.closeAll(false);
        owned = Set.of();
    }
}
