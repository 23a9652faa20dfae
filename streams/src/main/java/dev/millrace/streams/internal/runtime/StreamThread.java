package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.store.CacheBudget;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.TaskId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns tasks: polls, processes, commits. Everything but {@link #shutdown(boolean)} happens on the
 * thread itself.
 *
 * <p>A commit is: caches are written out, the producer has all acknowledged, the positions of the
 * sources are saved, and now and then stores are made durable and their checkpoints written. After
 * a crash, processing goes on at the last commit with stores that hold at least what was read until
 * then: no record is lost, some are processed twice.
 */
public final class StreamThread extends Thread {
    /** Told about a thread's life, on the thread. */
    public interface Listener {
        void stateChanged();

        /** The thread ends after it returns; null: it was asked to. */
        void ended(StreamThread thread, @Nullable Throwable cause);
    }

    /** Where a thread is. */
    public enum ThreadState {
        STARTING,
        /** Without tasks, or restoring some. */
        REBALANCING,
        RUNNING,
        ENDED
    }

    private static final Logger LOG = LoggerFactory.getLogger(StreamThread.class);
    private static final int RECORDS_PER_ROUND = 256;
    private static final long CHECKPOINT_INTERVAL_MS = 30_000;

    private final int number;
    private final StreamsConfig config;
    private final TopologySpec topology;
    private final StateDirectory stateDirectory;
    private final UUID processId;
    private final Admin admin;
    private final Listener listener;
    private final CacheBudget budget;
    private final boolean combining;
    private final RepartitionPurge purge;
    private final Map<Integer, SubtopologySpec> subtopologies = new HashMap<>();
    private final Map<String, Integer> subtopologyOf = new HashMap<>();

    private final long commitIntervalMs;
    private final long maxTaskIdleMs;
    private final int maxBuffered;
    private final Duration pollTimeout;

    private final Map<TaskId, Task> running = new TreeMap<>();
    private final Map<TaskId, Task> restoring = new TreeMap<>();

    /** Assigned, but another thread of this process still has them open. */
    private final Map<TaskId, List<TopicPartition>> waiting = new TreeMap<>();

    private final Map<TopicPartition, Task> taskOf = new HashMap<>();
    private final Set<TopicPartition> paused = new HashSet<>();
    private final Set<TopicPartition> consumed = new HashSet<>();
    private final Map<TaskId, Long> idleSinceMs = new HashMap<>();
    private boolean joined;
    private long lastCommitMs;
    private long lastCheckpointMs;

    private volatile boolean stop;
    private volatile boolean leaveGroup;
    private volatile ThreadState state = ThreadState.STARTING;
    private volatile Set<TaskId> owned = Set.of();
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private ProducerCollector collector;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private Restorer restorer;

    /**
     * @param number from 1 within the process; a thread that replaces another has its number, and
     *     with it its place in the group where the application is a static member
     */
    public StreamThread(
            String name,
            int number,
            StreamsConfig config,
            TopologySpec topology,
            StateDirectory stateDirectory,
            UUID processId,
            Admin admin,
            Listener listener) {
        super(name);
        this.number = number;
        this.config = config;
        this.topology = topology;
        this.stateDirectory = stateDirectory;
        this.processId = processId;
        this.admin = admin;
        this.listener = listener;
        int threads = config.getInt(StreamsConfig.NUM_STREAM_THREADS_CONFIG);
        long cacheBytes = config.getLong(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG);
        this.combining = cacheBytes > 0;
        this.budget = new CacheBudget(cacheBytes / threads);
        this.commitIntervalMs = config.getLong(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG);
        this.maxTaskIdleMs = config.getLong(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG);
        this.maxBuffered = config.getInt(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG);
        this.pollTimeout = Duration.ofMillis(config.getLong(StreamsConfig.POLL_MS_CONFIG));
        this.purge =
                new RepartitionPurge(
                        admin,
                        topology.repartitionTopics().keySet().stream()
                                .map(topic -> topology.decorate(topic, config.applicationId()))
                                .toList(),
                        config.getLong(StreamsConfig.REPARTITION_PURGE_INTERVAL_MS_CONFIG),
                        System::currentTimeMillis);
        for (SubtopologySpec subtopology : topology.subtopologies(config.applicationId())) {
            subtopologies.put(subtopology.id(), subtopology);
            subtopology.sourceTopics().forEach(topic -> subtopologyOf.put(topic, subtopology.id()));
        }
    }

    public ThreadState state() {
        return state;
    }

    public int number() {
        return number;
    }

    /**
     * Asks the thread to commit, close its tasks and end. From any thread.
     *
     * @param leave whether a static member gives up its place in the group, too
     */
    public void shutdown(boolean leave) {
        leaveGroup |= leave;
        stop = true;
        KafkaConsumer<byte[], byte[]> polling = consumer;
        if (polling != null) {
            polling.wakeup();
        }
    }

    @Override
    public void run() {
        Throwable cause = null;
        try {
            new InternalTopics(admin, config, topology).ensure();
            process();
        } catch (WakeupException e) {
            if (!stop) {
                cause = e;
            }
        } catch (InterruptedException e) {
            cause = stop ? null : e;
        } catch (
                Throwable
                        e) { // an Error in a user's function must not end the application unnoticed
            cause = e;
        }
        set(ThreadState.ENDED);
        listener.ended(this, cause);
    }

    private void process() {
        Map<String, Object> producerConfigs = config.producerConfigs();
        producerConfigs.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, 64 << 10);
        producerConfigs.put(CommonClientConfigs.CLIENT_ID_CONFIG, getName() + "-producer");
        Map<String, Object> restoreConfigs = config.restoreConsumerConfigs();
        restoreConfigs.put(CommonClientConfigs.CLIENT_ID_CONFIG, getName() + "-restore-consumer");
        restoreConfigs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        restoreConfigs.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        restoreConfigs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        boolean clean = false;
        try (KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                producerConfigs,
                                new ByteArraySerializer(),
                                new ByteArraySerializer());
                KafkaConsumer<byte[], byte[]> restoreConsumer =
                        new KafkaConsumer<>(
                                restoreConfigs,
                                new ByteArrayDeserializer(),
                                new ByteArrayDeserializer());
                KafkaConsumer<byte[], byte[]> main =
                        new KafkaConsumer<>(
                                consumerConfigs(),
                                new ByteArrayDeserializer(),
                                new ByteArrayDeserializer())) {
            collector = new ProducerCollector(producer);
            restorer = new Restorer(restoreConsumer, stateDirectory);
            consumer = main;
            main.subscribe(subtopologyOf.keySet(), new Rebalance(main));
            set(ThreadState.REBALANCING);
            lastCommitMs = System.currentTimeMillis();
            lastCheckpointMs = lastCommitMs;
            try {
                while (!stop) {
                    once(main);
                }
            } catch (WakeupException e) {
                if (!stop) {
                    throw e;
                }
            }
            lastCommit(main);
            clean = true;
            if (leaveGroup) {
                leave(main);
            }
        } finally {
            consumer = null;
            closeAll(clean);
        }
    }

    private static void leave(KafkaConsumer<byte[], byte[]> main) {
        main.close(
                CloseOptions.groupMembershipOperation(
                        CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    }

    private void lastCommit(KafkaConsumer<byte[], byte[]> main) {
        try {
            commit(main, true);
        } catch (WakeupException e) {
            // The call of shutdown() that the loop had not yet noticed; there is no second one.
            commit(main, true);
        }
    }

    private Map<String, Object> consumerConfigs() {
        Map<String, Object> configs = config.mainConsumerConfigs();
        configs.put(CommonClientConfigs.CLIENT_ID_CONFIG, getName() + "-consumer");
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId());
        Object instanceId = configs.get(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        if (instanceId != null) {
            configs.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId + "-" + number);
        }
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        configs.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none"); // decided per topic
        configs.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        configs.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, TaskAssignor.class.getName());
        configs.put(
                TaskAssignor.CONTEXT_CONFIG,
                new TaskAssignor.Context(
                        List.copyOf(subtopologies.values()),
                        processId,
                        () -> owned,
                        stateDirectory::tasksWithState));
        return configs;
    }

    private void once(KafkaConsumer<byte[], byte[]> main) {
        openWaiting();
        boolean busy = running.values().stream().anyMatch(Task::hasRecords);
        if (!restorer.isIdle()) {
            for (Task task : restorer.poll(busy ? Duration.ZERO : Duration.ofMillis(20))) {
                restoring.remove(task.id());
                begin(task);
            }
            busy = true;
        }
        poll(main, busy ? Duration.ZERO : pollTimeout);
        boolean progress;
        do {
            progress = false;
            for (Task task : running.values()) {
                if (isReady(main, task)) {
                    progress |= task.process(RECORDS_PER_ROUND) > 0;
                }
                task.punctuate(PunctuationType.STREAM_TIME);
                task.punctuate(PunctuationType.WALL_CLOCK_TIME);
            }
        } while (progress && !commitIsDue());
        resume(main);
        if (commitIsDue() || running.values().stream().anyMatch(Task::takeCommitRequest)) {
            commit(main, false);
        }
        set(
                restoring.isEmpty() && waiting.isEmpty() && joined
                        ? ThreadState.RUNNING
                        : ThreadState.REBALANCING);
    }

    private boolean commitIsDue() {
        return System.currentTimeMillis() - lastCommitMs >= commitIntervalMs;
    }

    private void poll(KafkaConsumer<byte[], byte[]> main, Duration timeout) {
        ConsumerRecords<byte[], byte[]> records;
        try {
            records = main.poll(timeout);
        } catch (InvalidOffsetException e) {
            reset(main, e.partitions());
            return;
        }
        for (TopicPartition partition : records.partitions()) {
            Task task = taskOf.get(partition);
            if (task == null) {
                throw new StreamsException(
                        "Records of " + partition + " belong to no task of " + getName());
            }
            task.addRecords(partition, records.records(partition));
            consumed.add(partition);
            if (task.buffered(partition) > maxBuffered) {
                main.pause(List.of(partition));
                paused.add(partition);
            }
        }
    }

    private void resume(KafkaConsumer<byte[], byte[]> main) {
        paused.removeIf(
                partition -> {
                    Task task = taskOf.get(partition);
                    boolean resumed =
                            task != null
                                    && running.containsKey(task.id())
                                    && task.buffered(partition) <= maxBuffered;
                    if (resumed) {
                        main.resume(List.of(partition));
                    }
                    return resumed;
                });
    }

    /** The first position of partitions without one, as their source or the configuration says. */
    private void reset(KafkaConsumer<byte[], byte[]> main, Set<TopicPartition> partitions) {
        Object configured =
                config.mainConsumerConfigs().get(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG);
        for (TopicPartition partition : partitions) {
            String policy = policyOf(partition.topic());
            String effective =
                    policy != null
                            ? policy
                            : configured == null ? "earliest" : configured.toString();
            switch (effective) {
                case "earliest" -> main.seekToBeginning(List.of(partition));
                case "latest" -> main.seekToEnd(List.of(partition));
                default ->
                        throw new StreamsException(
                                "No valid committed offset found for input "
                                        + partition
                                        + ", and auto.offset.reset is "
                                        + effective
                                        + ". Use earliest or latest to choose where to begin.");
            }
        }
    }

    private @Nullable String policyOf(String topic) {
        for (SubtopologySpec subtopology : subtopologies.values()) {
            for (NodeSpec node : subtopology.nodes()) {
                if (node instanceof NodeSpec.Source source) {
                    for (String each : source.topics()) {
                        if (topology.decorate(each, config.applicationId()).equals(topic)) {
                            boolean internal = topology.repartitionTopics().containsKey(each);
                            return internal
                                    ? "earliest"
                                    : source.resetPolicy() == null
                                            ? null
                                            : source.resetPolicy().toString();
                        }
                    }
                }
            }
        }
        return null;
    }

    /**
     * Whether the next record is surely the one with the smallest timestamp, or waited for long
     * enough.
     */
    private boolean isReady(KafkaConsumer<byte[], byte[]> main, Task task) {
        if (maxTaskIdleMs < 0 || task.partitions().size() == 1 || !task.hasRecords()) {
            return true;
        }
        List<TopicPartition> empty = task.emptyPartitions();
        for (TopicPartition partition : empty) {
            OptionalLong lag = main.currentLag(partition);
            if (lag.isEmpty() || lag.getAsLong() > 0) {
                idleSinceMs.remove(task.id());
                return false; // the broker has, or may have, more: fetch it first
            }
        }
        if (empty.isEmpty() || maxTaskIdleMs == 0) {
            idleSinceMs.remove(task.id());
            return true;
        }
        long now = System.currentTimeMillis();
        return now - idleSinceMs.computeIfAbsent(task.id(), id -> now) >= maxTaskIdleMs;
    }

    private void commit(KafkaConsumer<byte[], byte[]> main, boolean last) {
        running.values().forEach(Task::flushCaches);
        collector.flush();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : consumed) {
            Task task = taskOf.get(partition);
            if (task != null) {
                Long unprocessed = task.firstUnprocessed(partition);
                long next = unprocessed != null ? unprocessed : main.position(partition);
                offsets.put(partition, new OffsetAndMetadata(next));
            }
        }
        try {
            if (!offsets.isEmpty()) {
                main.commitSync(offsets);
            }
            purge.committed(offsets);
            consumed.removeIf(
                    partition -> {
                        Task task = taskOf.get(partition);
                        return task == null || task.firstUnprocessed(partition) == null;
                    });
        } catch (RebalanceInProgressException e) {
            LOG.debug("{} commits again after the rebalance", getName());
        } catch (CommitFailedException e) {
            // The group went on without this thread: the next poll says that its tasks are lost.
            LOG.warn("{} cannot commit: {}", getName(), e.getMessage());
        }
        lastCommitMs = System.currentTimeMillis();
        if (last || lastCommitMs - lastCheckpointMs >= CHECKPOINT_INTERVAL_MS) {
            running.values().forEach(this::checkpoint);
            lastCheckpointMs = lastCommitMs;
        }
    }

    /** Makes the stores durable, then notes how far they hold their changelogs. */
    private void checkpoint(Task task) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        task.changelogs()
                .forEach(
                        (topic, store) -> {
                            TopicPartition partition =
                                    new TopicPartition(topic, task.id().partition());
                            Long written = collector.nextOffset(partition);
                            Long held = written != null ? written : restorer.heldUntil(partition);
                            if (held != null && task.persistent(store.name())) {
                                offsets.put(partition, held);
                            }
                        });
        if (!offsets.isEmpty()) {
            task.flushStores();
            new CheckpointFile(stateDirectory.task(task.id())).write(offsets);
        }
    }

    private void openWaiting() {
        for (TaskId id : new TreeSet<>(waiting.keySet())) {
            if (stateDirectory.own(id)) {
                List<TopicPartition> partitions = waiting.remove(id);
                open(id, partitions == null ? List.of() : partitions);
            }
        }
    }

    private void open(TaskId id, List<TopicPartition> partitions) {
        SubtopologySpec subtopology = subtopologies.get(id.subtopology());
        if (subtopology == null) {
            throw new StreamsException(
                    "The group's leader runs another program: there is no task " + id + " here");
        }
        String applicationId = config.applicationId();
        Task task =
                new Task(
                        id,
                        subtopology,
                        partitions,
                        new Task.Environment(
                                config,
                                collector,
                                topic -> topology.decorate(topic, applicationId),
                                store -> store.changelogTopic(applicationId),
                                topic -> id.partition(),
                                combining ? budget : null,
                                stateDirectory.task(id),
                                System::currentTimeMillis));
        partitions.forEach(partition -> taskOf.put(partition, task));
        restoring.put(id, task);
        if (!restorer.begin(task)) {
            restoring.remove(id);
            begin(task);
        }
    }

    /** The stores are complete: the task takes records from now on. */
    private void begin(Task task) {
        task.start();
        running.put(task.id(), task);
    }

    private void close(Task task, boolean clean) {
        restorer.forget(task);
        if (clean && running.containsKey(task.id())) {
            checkpoint(task);
        }
        task.partitions()
                .forEach(
                        partition -> {
                            taskOf.remove(partition);
                            consumed.remove(partition);
                            paused.remove(partition);
                        });
        task.changelogs()
                .keySet()
                .forEach(
                        topic ->
                                collector.forget(new TopicPartition(topic, task.id().partition())));
        running.remove(task.id());
        restoring.remove(task.id());
        idleSinceMs.remove(task.id());
        task.close();
        stateDirectory.release(task.id());
    }

    private List<Task> tasks() {
        List<Task> all = new ArrayList<>(running.values());
        all.addAll(restoring.values());
        return all;
    }

    /** Clean: everything was committed, and the checkpoints say so. */
    private void closeAll(boolean clean) {
        for (Task task : tasks()) {
            try {
                close(task, clean);
            } catch (RuntimeException e) {
                LOG.error("{} cannot close task {}", getName(), task.id(), e);
            }
        }
        waiting.clear();
        owned = Set.of();
    }

    private void set(ThreadState next) {
        if (state != next) {
            state = next;
            listener.stateChanged();
        }
    }

    /**
     * All partitions are taken away and given anew; tasks that come back are kept open meanwhile.
     */
    private final class Rebalance implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> main;

        Rebalance(KafkaConsumer<byte[], byte[]> main) {
            this.main = main;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            joined = false;
            set(ThreadState.REBALANCING);
            commit(main, false);
            consumed.clear();
            paused.clear();
            running.values().forEach(Task::clearBuffers);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            Map<TaskId, List<TopicPartition>> assigned = new TreeMap<>();
            for (TopicPartition partition : partitions) {
                Integer subtopology = subtopologyOf.get(partition.topic());
                if (subtopology == null) {
                    throw new StreamsException(
                            "The group's leader runs another program: "
                                    + partition
                                    + " is no source here");
                }
                assigned.computeIfAbsent(
                                new TaskId(subtopology, partition.partition()),
                                id -> new ArrayList<>())
                        .add(partition);
            }
            for (Task task : tasks()) {
                List<TopicPartition> again = assigned.get(task.id());
                if (again == null || !task.partitions().equals(Set.copyOf(again))) {
                    close(task, true);
                }
            }
            waiting.clear();
            assigned.forEach(
                    (id, of) -> {
                        if (!running.containsKey(id) && !restoring.containsKey(id)) {
                            waiting.put(id, of);
                        }
                    });
            // Records come only for tasks that can take them.
            partitions.stream()
                    .filter(partition -> !running.containsKey(taskId(partition)))
                    .forEach(paused::add);
            main.pause(paused);
            owned = Set.copyOf(assigned.keySet());
            joined = true;
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            LOG.warn("{} was dropped from the group; its tasks go on elsewhere", getName());
            joined = false;
            paused.clear();
            consumed.clear();
            closeAll(false);
        }

        private TaskId taskId(TopicPartition partition) {
            return new TaskId(
                    subtopologyOf.getOrDefault(partition.topic(), -1), partition.partition());
        }
    }
}
