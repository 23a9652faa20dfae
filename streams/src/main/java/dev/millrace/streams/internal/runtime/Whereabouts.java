package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.KeyQueryMetadata;
import dev.millrace.streams.StreamsMetadata;
import dev.millrace.streams.errors.UnknownStateStoreException;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.state.HostInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which instance has a store, or a key of it, as far as this one was told. */
public final class Whereabouts {
    private final String applicationId;
    private final @Nullable HostInfo here;
    private final LocalStores stores;
    private final ClusterView cluster;
    private final Supplier<List<StreamThread>> threads;

    /**
     * @param endpoint of this instance; empty: none
     */
    public Whereabouts(
            String applicationId,
            String endpoint,
            LocalStores stores,
            ClusterView cluster,
            Supplier<List<StreamThread>> threads) {
        this.applicationId = applicationId;
        this.here = HostInfo.buildFromEndpoint(endpoint);
        this.stores = stores;
        this.cluster = cluster;
        this.threads = threads;
    }

    private List<AssignorData.Host> hosts() {
        for (StreamThread thread : threads.get()) {
            List<AssignorData.Host> hosts = thread.hosts();
            if (!hosts.isEmpty()) {
                return hosts;
            }
        }
        return List.of();
    }

    private Set<String> knownTopics() {
        Set<String> topics = new TreeSet<>();
        threads.get().forEach(thread -> topics.addAll(thread.subscribedTopics()));
        return topics;
    }

    /** All instances with an endpoint. */
    public Collection<StreamsMetadata> instances() {
        return cluster.instances(hosts(), knownTopics());
    }

    /** All instances that have some of the store, and an endpoint. */
    public Collection<StreamsMetadata> instancesWith(String storeName) {
        return instances().stream()
                .filter(
                        each ->
                                stores.isGlobal(storeName)
                                        || each.stateStoreNames().contains(storeName)
                                        || each.standbyStateStoreNames().contains(storeName))
                .toList();
    }

    /** As {@code KafkaStreams.queryMetadataForKey}. */
    public <K> KeyQueryMetadata whereIs(
            String storeName, K key, StreamPartitioner<? super K, ?> partitioner) {
        List<AssignorData.Host> hosts = hosts();
        if (stores.isGlobal(storeName)) {
            return whereIsGlobal(hosts);
        }
        SubtopologySpec subtopology = stores.subtopologyOf(storeName);
        if (subtopology == null) {
            throw new UnknownStateStoreException("The topology has no state store " + storeName);
        }
        int partitions = partitions(subtopology.id(), hosts);
        if (partitions == 0 || hosts.isEmpty()) {
            return KeyQueryMetadata.NOT_AVAILABLE;
        }
        Set<Integer> chosen =
                partitionsOf(partitioner, topicOf(subtopology, storeName), key, partitions);
        if (chosen.size() != 1) {
            throw new IllegalArgumentException(
                    "The partitions returned by the partitioner for key "
                            + key
                            + " should be one, but are "
                            + chosen);
        }
        TaskId task = new TaskId(subtopology.id(), chosen.iterator().next());
        KeyQueryMetadata found = cluster.whereIs(task, hosts);
        return found == null ? KeyQueryMetadata.NOT_AVAILABLE : found;
    }

    /** Everywhere; so here, when others can ask here. */
    private KeyQueryMetadata whereIsGlobal(List<AssignorData.Host> hosts) {
        HostInfo any = here;
        if (any == null && !hosts.isEmpty()) {
            any = HostInfo.buildFromEndpoint(hosts.get(0).endpoint());
        }
        return any == null
                ? KeyQueryMetadata.NOT_AVAILABLE
                : new KeyQueryMetadata(any, Set.of(), -1);
    }

    /** As many as this instance counted when it began, or more when topics came since. */
    private int partitions(int subtopology, List<AssignorData.Host> hosts) {
        int partitions = 0;
        for (StreamThread thread : threads.get()) {
            partitions =
                    Math.max(
                            partitions, thread.tasksOfSubtopologies().getOrDefault(subtopology, 0));
        }
        for (AssignorData.Host host : hosts) {
            for (TaskId task : host.active()) {
                if (task.subtopology() == subtopology) {
                    partitions = Math.max(partitions, task.partition() + 1);
                }
            }
        }
        return partitions;
    }

    private String topicOf(SubtopologySpec subtopology, String storeName) {
        for (String topic : subtopology.sourceTopics()) {
            return topic;
        }
        Map<String, StoreSpec> byName = new HashMap<>();
        subtopology.stores().forEach(store -> byName.put(store.name(), store));
        StoreSpec store = byName.get(storeName);
        return store == null ? storeName : store.changelogTopic(applicationId);
    }

    @SuppressWarnings("NullAway") // there is no value to partition by
    private static <K, V> Set<Integer> partitionsOf(
            StreamPartitioner<K, V> partitioner, String topic, K key, int partitions) {
        return partitioner
                .partitions(topic, key, null, partitions)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "The partitioner chooses no partition for key " + key));
    }
}
