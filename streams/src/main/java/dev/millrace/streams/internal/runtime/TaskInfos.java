package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.assignment.TaskInfo;
import dev.millrace.streams.processor.assignment.TaskTopicPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** What an assignor is told of tasks. */
final class TaskInfos {
    private final String applicationId;
    private final Map<Integer, SubtopologySpec> subtopologies = new HashMap<>();

    TaskInfos(String applicationId, Collection<SubtopologySpec> subtopologies) {
        this.applicationId = applicationId;
        subtopologies.forEach(each -> this.subtopologies.put(each.id(), each));
    }

    private record Info(
            TaskId id,
            boolean isStateful,
            Set<String> stateStoreNames,
            Set<TaskTopicPartition> topicPartitions)
            implements TaskInfo {}

    private record Partition(
            TopicPartition topicPartition,
            boolean isSource,
            boolean isChangelog,
            Optional<Set<String>> rackIds)
            implements TaskTopicPartition {}

    Map<TaskId, TaskInfo> of(Map<TaskId, List<TopicPartition>> sources, Cluster cluster) {
        Map<TaskId, TaskInfo> infos = new TreeMap<>();
        sources.forEach((id, partitions) -> infos.put(id, info(id, partitions, cluster)));
        return infos;
    }

    private TaskInfo info(TaskId id, List<TopicPartition> sources, Cluster cluster) {
        Set<String> stores = new HashSet<>();
        Set<TopicPartition> changelogs = new HashSet<>();
        SubtopologySpec subtopology = subtopologies.get(id.subtopology());
        if (subtopology != null) {
            for (StoreSpec store : subtopology.stores()) {
                stores.add(store.name());
                if (store.logged()) {
                    changelogs.add(
                            new TopicPartition(
                                    store.changelogTopic(applicationId), id.partition()));
                }
            }
        }
        Map<TopicPartition, TaskTopicPartition> all = new LinkedHashMap<>();
        for (TopicPartition source : sources) {
            all.put(
                    source,
                    new Partition(
                            source, true, changelogs.contains(source), racks(source, cluster)));
        }
        for (TopicPartition changelog : changelogs) {
            all.putIfAbsent(
                    changelog, new Partition(changelog, false, true, racks(changelog, cluster)));
        }
        return new Info(id, !changelogs.isEmpty(), stores, Set.copyOf(all.values()));
    }

    private static Optional<Set<String>> racks(TopicPartition partition, Cluster cluster) {
        PartitionInfo info = cluster.partition(partition);
        if (info == null || info.replicas() == null) {
            return Optional.empty();
        }
        Set<String> racks = new HashSet<>();
        for (Node replica : info.replicas()) {
            if (!replica.hasRack()) {
                return Optional.empty();
            }
            racks.add(replica.rack());
        }
        return Optional.of(racks);
    }
}
