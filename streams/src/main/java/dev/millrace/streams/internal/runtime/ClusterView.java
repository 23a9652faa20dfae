package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.KeyQueryMetadata;
import dev.millrace.streams.StreamsMetadata;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.state.HostInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Which instance has what, as the group's leader told it in the last rebalance. */
public final class ClusterView {
    private final Map<Integer, SubtopologySpec> subtopologies = new HashMap<>();
    private final SourceTopics topics;
    private final Set<String> globals;

    /**
     * @param globals stores that every instance has
     */
    public ClusterView(
            String applicationId, Collection<SubtopologySpec> subtopologies, Set<String> globals) {
        this.globals = globals;
        topics = new SourceTopics(applicationId, subtopologies);
        subtopologies.forEach(each -> this.subtopologies.put(each.id(), each));
    }

    private record Instance(
            HostInfo hostInfo,
            Set<String> stateStoreNames,
            Set<TopicPartition> topicPartitions,
            Set<TopicPartition> standbyTopicPartitions,
            Set<String> standbyStateStoreNames)
            implements StreamsMetadata {}

    /**
     * All instances that have an endpoint.
     *
     * @param known topics that there are: some may be those of a pattern
     */
    List<StreamsMetadata> instances(List<AssignorData.Host> hosts, Set<String> known) {
        List<StreamsMetadata> instances = new ArrayList<>();
        for (AssignorData.Host host : hosts) {
            HostInfo info = HostInfo.buildFromEndpoint(host.endpoint());
            if (info != null) {
                Set<String> active = stores(host.active());
                active.addAll(globals);
                instances.add(
                        new Instance(
                                info,
                                active,
                                sources(host.active(), known),
                                sources(host.standby(), known),
                                stores(host.standby())));
            }
        }
        return instances;
    }

    private Set<String> stores(Set<TaskId> tasks) {
        Set<String> names = new TreeSet<>();
        for (TaskId task : tasks) {
            SubtopologySpec subtopology = subtopologies.get(task.subtopology());
            if (subtopology != null) {
                subtopology.stores().stream().map(StoreSpec::name).forEach(names::add);
            }
        }
        return names;
    }

    private Set<TopicPartition> sources(Set<TaskId> tasks, Set<String> known) {
        Set<TopicPartition> partitions = new HashSet<>();
        for (TaskId task : tasks) {
            SubtopologySpec subtopology = subtopologies.get(task.subtopology());
            if (subtopology != null) {
                topics.of(subtopology, known)
                        .forEach(
                                topic ->
                                        partitions.add(
                                                new TopicPartition(topic, task.partition())));
            }
        }
        return partitions;
    }

    /** Who has a task, to run it or to follow it; null while nobody runs it. */
    @Nullable KeyQueryMetadata whereIs(TaskId task, List<AssignorData.Host> hosts) {
        HostInfo active = null;
        Set<HostInfo> standbys = new HashSet<>();
        for (AssignorData.Host host : hosts) {
            HostInfo info = HostInfo.buildFromEndpoint(host.endpoint());
            if (info != null && host.active().contains(task)) {
                active = info;
            }
            if (info != null && host.standby().contains(task)) {
                standbys.add(info);
            }
        }
        return active == null ? null : new KeyQueryMetadata(active, standbys, task.partition());
    }
}
