package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.MissingSourceTopicException;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates repartition and changelog topics before a thread joins the group, so that a rebalance
 * never waits for them. A repartition topic has as many partitions as the largest source of the
 * sub-topologies that write it, unless the program says otherwise; a changelog as many as its
 * sub-topology has tasks. All instances may do it at once.
 */
final class InternalTopics {
    private static final Logger LOG = LoggerFactory.getLogger(InternalTopics.class);
    private static final Duration SOURCE_TOPICS_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);
    private static final long RETRY_MS = 20;

    /** Deleted records free the disk by whole segments. */
    private static final String REPARTITION_SEGMENT_BYTES = Integer.toString(50 << 20);

    private final Admin admin;
    private final StreamsConfig config;
    private final TopologySpec topology;
    private final String applicationId;
    private final List<SubtopologySpec> subtopologies;
    private final SourceTopics sources;
    private final Map<Integer, Integer> tasksOf = new ConcurrentHashMap<>();
    private volatile Map<String, Integer> counted = Map.of();

    /** Of those that match a pattern, the ones that are there. */
    private Set<String> matching = Set.of();

    InternalTopics(Admin admin, StreamsConfig config, TopologySpec topology) {
        this.admin = admin;
        this.config = config;
        this.topology = topology;
        this.applicationId = config.applicationId();
        this.subtopologies = topology.subtopologies(applicationId);
        this.sources = new SourceTopics(applicationId, subtopologies);
    }

    /** Topics that are being created. */
    interface Ensured {
        /** Returns when all are there; throws what went wrong. */
        void await() throws InterruptedException;

        /** How many tasks each sub-topology has; when all topics are there. */
        Map<Integer, Integer> tasksOf();

        /** Of the sources, internal ones with them; when all topics are there. */
        Map<String, Integer> partitions();
    }

    /** Begins on a thread of its own: a stream thread makes its clients meanwhile. */
    Ensured ensure() {
        FutureTask<@Nullable Void> task =
                new FutureTask<>(
                        () -> {
                            createAbsent();
                            return null;
                        });
        Thread thread = new Thread(task, applicationId + "-internal-topics");
        thread.setDaemon(true);
        thread.start();
        return new Ensured() {
            @Override
            public void await() throws InterruptedException {
                try {
                    task.get();
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException refused) {
                        throw refused;
                    }
                    throw new StreamsException("Cannot create internal topics", e.getCause());
                }
            }

            @Override
            public Map<Integer, Integer> tasksOf() {
                return Map.copyOf(tasksOf);
            }

            @Override
            public Map<String, Integer> partitions() {
                return counted;
            }
        };
    }

    private void createAbsent() throws InterruptedException {
        Set<String> external = new TreeSet<>();
        subtopologies.forEach(subtopology -> external.addAll(subtopology.sourceTopics()));
        Set<String> internal = new TreeSet<>();
        topology.repartitionTopics()
                .keySet()
                .forEach(topic -> internal.add(topology.decorate(topic, applicationId)));
        external.removeAll(internal);
        topology.stores().stream()
                .filter(StoreSpec::writesChangelog)
                .forEach(store -> internal.add(store.changelogTopic(applicationId)));
        if (sources.hasPatterns()) {
            matching = sources.matching(topicNames());
        }
        Map<String, Integer> present = awaitSources(external, internal);
        Map<String, Integer> partitions = new HashMap<>(present);
        external.addAll(matching);
        partitions.keySet().retainAll(external);

        Map<String, NewTopic> wanted = new TreeMap<>();
        repartitionPartitions(partitions)
                .forEach(
                        (topic, count) -> {
                            Map<String, String> settings =
                                    Map.of(
                                            "cleanup.policy", "delete",
                                            "retention.ms", "-1",
                                            "segment.bytes", REPARTITION_SEGMENT_BYTES);
                            wanted.put(topic, newTopic(topic, count, settings));
                            partitions.put(topic, count);
                        });
        for (SubtopologySpec subtopology : subtopologies) {
            int tasks =
                    sources.of(subtopology, matching).stream()
                            .mapToInt(topic -> partitions.getOrDefault(topic, 0))
                            .max()
                            .orElse(0);
            tasksOf.put(subtopology.id(), tasks);
            for (StoreSpec store : subtopology.stores()) {
                if (store.writesChangelog() && tasks > 0) {
                    String topic = store.changelogTopic(applicationId);
                    Map<String, String> settings =
                            store.changelogSettings(
                                    config.getLong(
                                            StreamsConfig
                                                    .WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG));
                    wanted.put(topic, newTopic(topic, tasks, settings));
                }
            }
        }
        create(wanted, present);
        counted = Map.copyOf(partitions);
    }

    private Set<String> topicNames() throws InterruptedException {
        try {
            return get(admin.listTopics().names());
        } catch (ExecutionException e) {
            throw new StreamsException("Cannot list the topics of the cluster", e.getCause());
        }
    }

    private NewTopic newTopic(String name, int partitions, Map<String, String> settings) {
        int replicas = config.getInt(StreamsConfig.REPLICATION_FACTOR_CONFIG);
        Map<String, String> all = new HashMap<>(config.topicConfigs());
        all.putAll(settings);
        return new NewTopic(
                        name,
                        Optional.of(partitions),
                        replicas > 0 ? Optional.of((short) replicas) : Optional.empty())
                .configs(all);
    }

    /** Partitions of all sources, and of those internal topics that exist. */
    private Map<String, Integer> awaitSources(Set<String> external, Set<String> internal)
            throws InterruptedException {
        Set<String> topics = new TreeSet<>(external);
        topics.addAll(internal);
        topics.addAll(matching);
        long deadlineNs = System.nanoTime() + SOURCE_TOPICS_TIMEOUT.toNanos();
        while (true) {
            Map<String, Integer> found = describe(topics);
            if (found.keySet().containsAll(external)) {
                return found;
            }
            if (System.nanoTime() > deadlineNs) {
                Set<String> missing = new TreeSet<>(external);
                missing.removeAll(found.keySet());
                throw new MissingSourceTopicException(
                        "Source topics "
                                + missing
                                + " of application "
                                + applicationId
                                + " do not exist. Create them before the application starts.");
            }
            Thread.sleep(RETRY_MS);
        }
    }

    /** Partitions of those topics that exist. */
    private Map<String, Integer> describe(Collection<String> topics) throws InterruptedException {
        Map<String, Integer> found = new HashMap<>();
        Map<String, KafkaFuture<TopicDescription>> answers =
                admin.describeTopics(topics).topicNameValues();
        for (Map.Entry<String, KafkaFuture<TopicDescription>> answer : answers.entrySet()) {
            try {
                found.put(answer.getKey(), get(answer.getValue()).partitions().size());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw new StreamsException(
                            "Cannot describe topic " + answer.getKey(), e.getCause());
                }
            }
        }
        return found;
    }

    private static <T> T get(KafkaFuture<T> future)
            throws InterruptedException, ExecutionException {
        try {
            return future.get(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new StreamsException("The cluster did not answer within " + REQUEST_TIMEOUT, e);
        }
    }

    /**
     * Gives topics that are joined the same number of partitions: that of the sources among them,
     * else the one that the program asks for, else the largest.
     */
    private void copartition(Map<String, Integer> known, Map<String, Integer> result) {
        for (Set<String> group : topology.copartitionGroups()) {
            Map<String, Integer> external = new TreeMap<>();
            Map<String, Integer> asked = new TreeMap<>();
            Map<String, Integer> free = new TreeMap<>();
            for (String topic : group) {
                String name = topology.decorate(topic, applicationId);
                Integer count = known.get(name);
                Optional<Integer> given = topology.repartitionTopics().get(topic);
                if (count != null) {
                    (given == null ? external : given.isPresent() ? asked : free).put(name, count);
                }
            }
            Integer count = same(external);
            if (count == null) {
                count = same(asked);
            }
            for (Map.Entry<String, Integer> each : asked.entrySet()) {
                if (count != null && !count.equals(each.getValue())) {
                    throw new TopologyException(
                            "Number of partitions ["
                                    + each.getValue()
                                    + "] of repartition topic ["
                                    + each.getKey()
                                    + "] doesn't match number of partitions ["
                                    + count
                                    + "] of the source topic.");
                }
            }
            int chosen =
                    count != null
                            ? count
                            : free.values().stream().mapToInt(Integer::intValue).max().orElse(0);
            free.keySet()
                    .forEach(
                            name -> {
                                known.put(name, chosen);
                                result.put(name, chosen);
                            });
        }
    }

    /** Null without any. */
    private static @Nullable Integer same(Map<String, Integer> counts) {
        Set<Integer> different = new HashSet<>(counts.values());
        if (different.size() > 1) {
            throw new TopologyException(
                    "Following topics do not have the same number of partitions: [" + counts + "]");
        }
        return different.isEmpty() ? null : different.iterator().next();
    }

    /** Sub-topologies may feed each other: resolves what is known until nothing is left. */
    private Map<String, Integer> repartitionPartitions(Map<String, Integer> counts) {
        Map<String, Integer> known = new HashMap<>(counts);
        Map<String, Integer> result = new TreeMap<>();
        Set<String> open = new HashSet<>(topology.repartitionTopics().keySet());
        while (!open.isEmpty()) {
            List<String> resolved = new ArrayList<>();
            for (String topic : open) {
                Optional<Integer> given = topology.repartitionTopics().get(topic);
                int count =
                        given != null && given.isPresent()
                                ? given.get()
                                : largestWriter(topic, known);
                if (count > 0) {
                    String name = topology.decorate(topic, applicationId);
                    known.put(name, count);
                    result.put(name, count);
                    resolved.add(topic);
                }
            }
            if (resolved.isEmpty() && sources.hasPatterns()) {
                break; // until the first topic comes that matches
            }
            if (resolved.isEmpty()) {
                throw new TopologyException(
                        "The number of partitions of " + open + " follows from no source topic");
            }
            open.removeAll(resolved);
        }
        copartition(known, result);
        return result;
    }

    /**
     * Largest source of the sub-topologies that write the topic; 0 while one of them is unknown.
     * One where none does: a Flowable is written to the topic by instances.
     */
    private int largestWriter(String topic, Map<String, Integer> known) {
        int largest = 0;
        boolean written = false;
        for (SubtopologySpec subtopology : subtopologies) {
            boolean writes =
                    subtopology.nodes().stream()
                            .anyMatch(
                                    node ->
                                            node instanceof NodeSpec.Sink sink
                                                    && topic.equals(sink.topic()));
            written |= writes;
            if (writes) {
                for (String source : sources.of(subtopology, matching)) {
                    Integer count = known.get(source);
                    if (count == null) {
                        return 0;
                    }
                    largest = Math.max(largest, count);
                }
            }
        }
        return written ? largest : 1;
    }

    private void create(Map<String, NewTopic> wanted, Map<String, Integer> present)
            throws InterruptedException {
        List<NewTopic> absent =
                wanted.values().stream()
                        .filter(topic -> !present.containsKey(topic.name()))
                        .toList();
        Map<String, Integer> found = new HashMap<>(present);
        found.keySet().retainAll(wanted.keySet());
        if (!absent.isEmpty()) {
            LOG.info("Creating internal topics {}", absent.stream().map(NewTopic::name).toList());
            Set<String> others = new TreeSet<>();
            for (NewTopic topic : absent) {
                found.put(topic.name(), topic.numPartitions());
            }
            for (Map.Entry<String, KafkaFuture<Void>> answer :
                    admin.createTopics(absent).values().entrySet()) {
                try {
                    get(answer.getValue());
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw new StreamsException(
                                "Could not create internal topic " + answer.getKey(), e.getCause());
                    }
                    others.add(answer.getKey()); // another instance was faster
                }
            }
            found.putAll(awaitTopics(others));
            awaitLeaders(absent);
        }
        found.forEach(
                (topic, actual) -> {
                    NewTopic created = wanted.get(topic);
                    if (created != null && created.numPartitions() != actual) {
                        throw new StreamsException(
                                "Existing internal topic "
                                        + topic
                                        + " has invalid partitions: expected: "
                                        + created.numPartitions()
                                        + "; actual: "
                                        + actual
                                        + ". Has a source topic grown? Reset the application (delete its"
                                        + " internal topics and its state directory) before starting it"
                                        + " again.");
                    }
                });
    }

    private Map<String, Integer> awaitTopics(Set<String> topics) throws InterruptedException {
        if (topics.isEmpty()) {
            return Map.of();
        }
        long deadlineNs = System.nanoTime() + REQUEST_TIMEOUT.toNanos();
        Map<String, Integer> found = describe(topics);
        while (found.size() < topics.size()) {
            if (System.nanoTime() > deadlineNs) {
                throw new StreamsException(
                        "Internal topics " + topics + " were created but are not there");
            }
            Thread.sleep(RETRY_MS);
            found = describe(topics);
        }
        return found;
    }

    /**
     * A topic is in the metadata before its leader takes writes. An idempotent producer that loses
     * its first batch to that gap, but not its second, never gets the first one in again.
     */
    private void awaitLeaders(Collection<NewTopic> created) throws InterruptedException {
        Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
        for (NewTopic topic : created) {
            for (int partition = 0; partition < topic.numPartitions(); partition++) {
                partitions.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
            }
        }
        try {
            get(admin.listOffsets(partitions).all());
        } catch (ExecutionException e) {
            throw new StreamsException("Internal topics have no leaders", e.getCause());
        }
    }
}
