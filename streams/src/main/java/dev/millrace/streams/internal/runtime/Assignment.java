package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.processor.TaskId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the group gives to one thread, and takes from it. Called by the consumer, on the thread:
 *
 * <pre>
 * joining -> (revoked)? -> told -> assigned          the rest goes on meanwhile
 *      \---> lost                                    the group went on without this thread
 * </pre>
 */
final class Assignment implements ConsumerRebalanceListener {
    private static final Logger LOG = LoggerFactory.getLogger(Assignment.class);

    /** What the thread says about itself when it joins. */
    @FunctionalInterface
    interface Self {
        TaskPlacement.Member describe(Set<TaskId> active);
    }

    private final SourceTopics sources;
    private final Consumer<byte[], byte[]> consumer;
    private final TaskSet tasks;
    private final SourceInput input;
    private final Committer committer;
    private final Self self;
    private boolean joined;
    private boolean rebalancing;
    private boolean abandoned;
    private volatile AssignorData.Assigned told = AssignorData.Assigned.NOTHING;

    private volatile Set<String> subscribed = Set.of();

    Assignment(
            SourceTopics sources,
            Consumer<byte[], byte[]> consumer,
            TaskSet tasks,
            SourceInput input,
            Committer committer,
            Self self) {
        this.sources = sources;
        this.consumer = consumer;
        this.tasks = tasks;
        this.input = input;
        this.committer = committer;
        this.self = self;
    }

    /** Whether the thread is in the group, with tasks or without any, and the group is at rest. */
    boolean isSettled() {
        return joined && !rebalancing;
    }

    /** Between joining and the answer: the generation that a commit would name may be over. */
    boolean isRebalancing() {
        return rebalancing;
    }

    /** Tasks to follow until they can move here at once. */
    Set<TaskId> warmups() {
        return told.warmup();
    }

    /** Instances with an endpoint, and their tasks. From any thread. */
    List<AssignorData.Host> hosts() {
        return told.hosts();
    }

    /** Topics that the group's member subscribes; with patterns, those that match. */
    Set<String> subscribed() {
        return subscribed;
    }

    TaskPlacement.Member joining(Set<String> topics) {
        rebalancing = true;
        subscribed = Set.copyOf(topics);
        return self.describe(tasks.active());
    }

    void assigned(AssignorData.Assigned assigned) {
        told = assigned;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        if (abandoned) {
            tasks.closeActiveDirty(); // the producer aborts its transaction when it is closed
            input.revoked(partitions);
            return;
        }
        if (!commitOrUndo("giving up " + partitions)) {
            return; // what is left is opened again when the rebalance is over
        }
        tasks.revoke(byTask(partitions).keySet());
        input.revoked(partitions);
    }

    /** Whether the work until now is committed; else nothing of it is left, wherever it goes on. */
    private boolean commitOrUndo(String before) {
        try {
            committer.commit(false);
            return true;
        } catch (TransactionLostException e) {
            LOG.warn("Cannot commit before {}", before, e);
            committer.rollBack();
            tasks.closeActiveDirty();
            input.revoked(consumer.assignment());
            return false;
        }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        rebalancing = false;
        Map<TaskId, List<TopicPartition>> assigned = byTask(consumer.assignment());
        if (tasks.closesAny(assigned)) {
            commitOrUndo("taking " + partitions);
        }
        tasks.assign(assigned, following());
        input.assigned(consumer.assignment());
        joined = true;
    }

    /** The thread ends by an error: what it did since the last commit must not be committed. */
    void abandon() {
        abandoned = true;
    }

    private Set<TaskId> following() {
        Set<TaskId> following = new TreeSet<>(told.standby());
        following.addAll(told.warmup());
        return following;
    }

    /** After a roll back: the same tasks again. */
    void reopen() {
        Set<TopicPartition> all = new HashSet<>(consumer.assignment());
        input.revoked(all);
        tasks.assign(byTask(all), following());
        input.assigned(all);
    }

    private Map<TaskId, List<TopicPartition>> byTask(Collection<TopicPartition> partitions) {
        Map<TaskId, List<TopicPartition>> byTask = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            byTask.computeIfAbsent(taskId(partition), id -> new ArrayList<>()).add(partition);
        }
        return byTask;
    }

    private TaskId taskId(TopicPartition partition) {
        Integer subtopology = sources.subtopologyOf(partition.topic());
        if (subtopology == null) {
            throw new StreamsException(
                    "The group's leader runs another program: " + partition + " is no source here");
        }
        return new TaskId(subtopology, partition.partition());
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        joined = false;
        if (!abandoned) {
            LOG.warn("Dropped from the group; {} go on elsewhere", tasks.active());
            committer.rollBack();
        }
        tasks.closeActiveDirty();
        input.revoked(partitions);
    }
}
