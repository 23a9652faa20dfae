package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.TaskId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the cluster how far changelogs go: to the last record there is, committed or not. */
public final class Changelogs {
    private static final Logger LOG = LoggerFactory.getLogger(Changelogs.class);
    private static final long TIMEOUT_MS = 30_000;

    private final Admin admin;
    private final String applicationId;
    private final Map<Integer, SubtopologySpec> subtopologies = new HashMap<>();

    public Changelogs(
            Admin admin, String applicationId, Collection<SubtopologySpec> subtopologies) {
        this.admin = admin;
        this.applicationId = applicationId;
        subtopologies.forEach(each -> this.subtopologies.put(each.id(), each));
    }

    Restorer.Bounds bounds(Collection<TopicPartition> partitions) {
        try {
            return new Restorer.Bounds(
                    offsets(partitions, OffsetSpec.earliest()),
                    offsets(partitions, OffsetSpec.latest()));
        } catch (ExecutionException | TimeoutException e) {
            throw new StreamsException("Cannot ask for the offsets of " + partitions, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StreamsException("Interrupted", e);
        }
    }

    /** End offsets; what is not there is left out. */
    public Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) {
        return bounds(partitions).last();
    }

    private Map<TopicPartition, Long> offsets(
            Collection<TopicPartition> partitions, OffsetSpec spec)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, spec));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        admin.listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                .all()
                .get(TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .forEach((partition, found) -> offsets.put(partition, found.offset()));
        return offsets;
    }

    /**
     * Sums of the end offsets of the tasks that have changelogs; empty when the cluster does not
     * say: then no task is held back because of its state.
     */
    Map<TaskId, Long> endSums(Set<TaskId> tasks) {
        Map<TaskId, List<TopicPartition>> changelogs = new HashMap<>();
        List<TopicPartition> all = new ArrayList<>();
        for (TaskId task : tasks) {
            List<TopicPartition> partitions = of(task);
            if (!partitions.isEmpty()) {
                changelogs.put(task, partitions);
                all.addAll(partitions);
            }
        }
        if (all.isEmpty()) {
            return Map.of();
        }
        try {
            Map<TopicPartition, Long> ends = ends(all);
            Map<TaskId, Long> sums = new HashMap<>();
            changelogs.forEach(
                    (task, partitions) ->
                            sums.put(
                                    task,
                                    partitions.stream()
                                            .mapToLong(each -> ends.getOrDefault(each, 0L))
                                            .sum()));
            return sums;
        } catch (StreamsException e) {
            LOG.warn("Tasks are placed without knowing the sizes of their changelogs", e);
            return Map.of();
        }
    }

    private List<TopicPartition> of(TaskId task) {
        SubtopologySpec subtopology = subtopologies.get(task.subtopology());
        if (subtopology == null) {
            return List.of();
        }
        return subtopology.stores().stream()
                .filter(StoreSpec::logged)
                .map(
                        store ->
                                new TopicPartition(
                                        store.changelogTopic(applicationId), task.partition()))
                .toList();
    }
}
