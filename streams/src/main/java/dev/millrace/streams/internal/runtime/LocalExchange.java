package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.DefaultProductionExceptionHandler;
import dev.millrace.streams.errors.LogAndFailProcessingExceptionHandler;
import dev.millrace.streams.internal.task.Handover;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands records from task to task of one thread, where both ends of a repartition topic are there.
 * They reach their task at once, in the order in which they were sent; the topic is used for the
 * partitions of other threads and processes, and stays in the description.
 *
 * <p>Nothing is under way between two records of a source, so a commit holds all that follows from
 * the positions that it saves: the taker's changelog and output are in it, as they are the same
 * thread's, and with exactly-once in the same transaction. When the thread gives up one of two
 * tasks it commits first, and when it loses one it loses both.
 *
 * <p>What is in the topic already must not be overtaken. So, when tasks began or ended:
 *
 * <pre>
 * CLOSED    all goes through the topic             changed() leads here, always
 *    | a commit; how far do the topics go?
 * FILLING   those that write to the topics wait    until their readers have come as far
 *    |
 * OPEN      records of partitions here are handed over
 * </pre>
 *
 * The ends are those of the logs, committed or not: transactions of former owners are waited for.
 * Who waits for too long goes on through the topic. Used by the thread only.
 */
final class LocalExchange {
    private static final Logger LOG = LoggerFactory.getLogger(LocalExchange.class);

    /** A transaction of a process that died may be open for as long as its timeout. */
    private static final long PATIENCE_MS = 2_000;

    private static final long PAUSE_MS = 30_000;

    /** Where the cluster is asked how far topics go. */
    @FunctionalInterface
    interface Ends {
        Map<TopicPartition, Long> of(Collection<TopicPartition> partitions);
    }

    /** First offset of a partition that its task has not processed; null: not known yet. */
    @FunctionalInterface
    interface Positions {
        @Nullable Long of(TopicPartition partition);
    }

    private enum State {
        CLOSED,
        FILLING,
        OPEN
    }

    private record Route(String topic, Set<Integer> writers, int taker, Handover handover) {}

    private final Map<String, Route> routes = new HashMap<>();
    private final Ends ends;
    private final Positions positions;
    private final Map<TopicPartition, Long> filling = new HashMap<>();
    private final Set<Integer> held = new HashSet<>();
    private State state = State.CLOSED;
    private @Nullable Boolean possible; // with the tasks of now; null: to be found out
    private long fillingSinceMs;
    private long notBeforeMs;
    private long reported;

    /**
     * @param repartitionTopics as they are named on the cluster
     * @param decorate name of a topic on the cluster
     */
    LocalExchange(
            Collection<SubtopologySpec> subtopologies,
            Set<String> repartitionTopics,
            Function<String, String> decorate,
            StreamsConfig config,
            Ends ends,
            Positions positions) {
        this.ends = ends;
        this.positions = positions;
        if (!allowed(config)) {
            return;
        }
        Map<String, Set<Integer>> writers = new HashMap<>();
        for (SubtopologySpec each : subtopologies) {
            for (NodeSpec node : each.nodes()) {
                if (node instanceof NodeSpec.Sink sink && sink.topic() != null) {
                    writers.computeIfAbsent(decorate.apply(sink.topic()), topic -> new HashSet<>())
                            .add(each.id());
                }
            }
        }
        for (SubtopologySpec each : subtopologies) {
            for (String topic : each.sourceTopics()) {
                if (each.sourceTopics().size() == 1 && repartitionTopics.contains(topic)) {
                    Set<Integer> from = writers.getOrDefault(topic, Set.of());
                    routes.put(topic, new Route(topic, from, each.id(), new Handover(topic)));
                }
            }
        }
    }

    /**
     * Whoever wants to see the records of repartition topics, in a handler, an interceptor or a
     * partitioner, finds them in the topics; and what is acknowledged by the leader alone has no
     * certain end.
     */
    private static boolean allowed(StreamsConfig config) {
        Map<String, Object> producer = config.producerConfigs();
        Map<String, Object> consumer = config.mainConsumerConfigs();
        Object acks = producer.getOrDefault(ProducerConfig.ACKS_CONFIG, "all");
        return config.getBoolean(StreamsConfig.LOCAL_EXCHANGE_CONFIG)
                && config.processingExceptionHandler().getClass()
                        == LogAndFailProcessingExceptionHandler.class
                && config.productionExceptionHandler().getClass()
                        == DefaultProductionExceptionHandler.class
                && config.deadLetterTopic() == null
                && !producer.containsKey(ProducerConfig.PARTITIONER_CLASS_CONFIG)
                && !producer.containsKey(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG)
                && !consumer.containsKey(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG)
                && List.of("all", "-1").contains(acks.toString());
    }

    /** For the sinks of a topic; null: it is never passed by. */
    @Nullable Handover handover(String topic) {
        Route route = routes.get(topic);
        return route == null ? null : route.handover();
    }

    /** A task began or ended: all goes through the topics from here on. */
    void changed() {
        routes.values().forEach(route -> route.handover().close());
        filling.clear();
        held.clear();
        state = State.CLOSED;
        possible = null;
    }

    /** Whether a commit is all that is missing. */
    boolean wantsCommit(Collection<Task> running, long nowMs) {
        if (state != State.CLOSED || routes.isEmpty() || nowMs < notBeforeMs) {
            return false;
        }
        Boolean known = possible;
        if (known == null) {
            known = routes.values().stream().anyMatch(route -> !takers(route, running).isEmpty());
            possible = known;
        }
        return known;
    }

    /** Tasks that take from tasks here, by partition. */
    private static Map<Integer, Task> takers(Route route, Collection<Task> running) {
        Map<Integer, Task> takers = new HashMap<>();
        boolean written = false;
        for (Task task : running) {
            written |= route.writers().contains(task.id().subtopology());
            if (task.id().subtopology() == route.taker() && task.takesHandovers()) {
                takers.put(task.id().partition(), task);
            }
        }
        return written ? takers : Map.of();
    }

    /** All that was sent is acknowledged, and committed where there are transactions. */
    void committed(Collection<Task> running, long nowMs) {
        if (!wantsCommit(running, nowMs)) {
            return;
        }
        Set<TopicPartition> read = new HashSet<>();
        for (Route route : routes.values()) {
            Set<Integer> partitions = takers(route, running).keySet();
            partitions.forEach(each -> read.add(new TopicPartition(route.topic(), each)));
            if (!partitions.isEmpty()) {
                held.addAll(route.writers());
            }
        }
        try {
            filling.putAll(ends.of(read));
            state = State.FILLING;
            fillingSinceMs = nowMs;
        } catch (KafkaException e) {
            LOG.info(
                    "Repartition topics are used for now, their ends are not known: {}",
                    e.toString());
            giveUp(nowMs);
        }
    }

    private void giveUp(long nowMs) {
        changed();
        notBeforeMs = nowMs + PAUSE_MS;
    }

    /**
     * Opens when those who wait need not wait any more.
     *
     * @param tasksOf number of tasks, by sub-topology
     */
    void advance(Collection<Task> running, Map<Integer, Integer> tasksOf, long nowMs) {
        if (state != State.FILLING) {
            return;
        }
        filling.entrySet()
                .removeIf(
                        each -> {
                            Long position = positions.of(each.getKey());
                            return position != null && position >= each.getValue();
                        });
        if (filling.isEmpty()) {
            for (Route route : routes.values()) {
                Integer partitions = tasksOf.get(route.taker());
                Map<Integer, Task> takers = takers(route, running);
                // Topics of a pattern may have come since the tasks were counted: then the topic
                // has partitions that nobody knows of here, and all goes through it.
                if (partitions != null
                        && !takers.isEmpty()
                        && takers.keySet().stream().allMatch(each -> each < partitions)) {
                    route.handover().open(partitions, takers);
                }
            }
            held.clear();
            state = State.OPEN;
        } else if (nowMs - fillingSinceMs > PATIENCE_MS) {
            LOG.info(
                    "Repartition topics are used for now: {} would have to be read first", filling);
            giveUp(nowMs);
        }
    }

    /** Whether the task must not send anything before others have read what there is. */
    boolean holds(Task task) {
        return !held.isEmpty() && held.contains(task.id().subtopology());
    }

    /** Records handed over since the last call. */
    long handedOver() {
        long all = total();
        long since = all - reported;
        reported = all;
        return since;
    }

    /** Records handed over since the beginning. */
    long total() {
        long all = 0;
        for (Route route : routes.values()) {
            all += route.handover().records();
        }
        return all;
    }
}
