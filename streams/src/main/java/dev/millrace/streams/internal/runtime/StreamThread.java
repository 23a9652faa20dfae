package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.KafkaClientSupplier;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.TaskMetadata;
import dev.millrace.streams.ThreadMetadata;
import dev.millrace.streams.errors.StateStoreMigratedException;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.store.CacheBudget;
import dev.millrace.streams.internal.store.TaskStore;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.query.Position;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks: polls, processes, commits. Everything but {@link #shutdown(boolean)} happens on the
 * thread itself.
 *
 * <pre>
 * clients -> input -> tasks -> collector
 *   group -> assignment -> tasks
 *            committer: collector, input's offsets, checkpoints, purge of repartition topics
 *            restorer: changelogs -> stores of tasks that begin, and of standby tasks
 * </pre>
 */
public final class StreamThread extends Thread {
    /** Told about a thread's life, on the thread. */
    public interface Listener {
        void stateChanged();

        /** The thread ends after it returns; null: it was asked to. */
        void ended(StreamThread thread, @Nullable Throwable cause);

        /** Another instance wants all to end. */
        void applicationShutDown();
    }

    /** What the instance wants; asked on the thread. */
    public interface Instance {
        boolean isPaused();

        /** Whether all instances of the application are to end. */
        boolean endsApplication();
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
    private static final Duration RESTORE_POLL = Duration.ofMillis(20);

    /**
     * Not longer: the consumer does not return when it has got an assignment, only with records.
     */
    private static final Duration REBALANCE_POLL = Duration.ofMillis(10);

    /** Without input for as long, batches go out before their linger.ms: nothing will fill them. */
    private static final Duration QUIET = Duration.ofMillis(5);

    private final int number;
    private final StreamsConfig config;
    private final TopologySpec topology;
    private final StateDirectory stateDirectory;
    private final UUID processId;
    private final Admin admin;
    private final Listener listener;
    private final RestoreEvents events;
    private final StreamsMetrics.OfThread metrics;
    private final dev.millrace.streams.StreamsMetrics programMetrics;
    private final KafkaClientSupplier supplier;
    private final Time time;
    private final @Nullable ProgramAssignor programAssignor;
    private final Instance instance;
    private final boolean exactlyOnce;
    private final @Nullable CacheBudget budget;
    private final Map<Integer, SubtopologySpec> subtopologies = new HashMap<>();
    private final SourceTopics sources;
    private final Errands errands = new Errands();
    private final Duration pollTimeout;

    /**
     * Held while tasks work. Others take it between two rounds, to read stores: it is fair, so that
     * they need not wait for longer than one.
     */
    private final ReentrantLock gate = new ReentrantLock(true);

    /** Tasks of each sub-topology in the whole application, when its topics are known. */
    private volatile Map<Integer, Integer> tasksOf = Map.of();

    private Map<String, TaskStore> globalStores = Map.of();
    private volatile boolean stop;
    private volatile boolean leaveGroup;
    private volatile ThreadState state = ThreadState.STARTING;
    private volatile @Nullable Consumer<byte[], byte[]> consumer;
    private volatile @Nullable ThreadClients clients;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private ProducerCollector collector;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private volatile TaskSet tasks;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private SourceInput input;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private LocalExchange exchange;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private Committer committer;

    @SuppressWarnings("NullAway.Init") // made by the thread itself, before it is used
    private volatile Assignment assignment;

    private volatile @Nullable ThreadReads reads;
    private volatile @Nullable PlacementRequests placementRequests;

    /** Of the first roll back since the last commit; 0: none. */
    private long lostSinceMs;

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
            Listener listener,
            RestoreEvents events,
            StreamsMetrics metrics,
            KafkaClientSupplier supplier,
            Time time,
            Instance instance) {
        super(name);
        this.metrics = metrics.ofThread(name);
        this.programMetrics = metrics.ofProgram(name);
        this.supplier = supplier;
        this.time = time;
        this.events = events;
        this.instance = instance;
        this.exactlyOnce = config.exactlyOnce();
        this.number = number;
        this.config = config;
        this.topology = topology;
        this.stateDirectory = stateDirectory;
        this.processId = processId;
        this.admin = admin;
        this.listener = listener;
        int threads = config.getInt(StreamsConfig.NUM_STREAM_THREADS_CONFIG);
        long cacheBytes = config.cacheMaxBytes();
        this.budget = cacheBytes > 0 ? new CacheBudget(cacheBytes / threads) : null;
        this.pollTimeout = Duration.ofMillis(config.getLong(StreamsConfig.POLL_MS_CONFIG));
        for (SubtopologySpec subtopology : topology.subtopologies(config.applicationId())) {
            subtopologies.put(subtopology.id(), subtopology);
        }
        this.programAssignor = ProgramAssignor.of(config, subtopologies.values());
        this.sources = new SourceTopics(config.applicationId(), subtopologies.values());
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
        Consumer<byte[], byte[]> polling = consumer;
        if (polling != null) {
            polling.wakeup();
        }
    }

    /** Before the thread starts: what its tasks may read, under the lock of the map. */
    public void read(Map<String, TaskStore> globalStores) {
        this.globalStores = globalStores;
    }

    @Override
    public void run() {
        Throwable cause = null;
        try {
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
        clients = null;
        errands.cancel();
        metrics.close();
        set(ThreadState.ENDED);
        listener.ended(this, cause);
    }

    private void process() throws InterruptedException {
        InternalTopics.Ensured topics = new InternalTopics(admin, config, topology).ensure();
        Changelogs changelogs =
                new Changelogs(admin, config.applicationId(), subtopologies.values());
        TaskAssignor.Context context =
                new TaskAssignor.Context(
                        sources,
                        processId,
                        new AssignmentOfThis(),
                        new SourcePartitions(
                                sources, () -> new InternalTopics(admin, config, topology)),
                        changelogs::endSums,
                        placementSettings(),
                        programAssignor);
        boolean clean = false;
        try (ThreadClients clients =
                new ThreadClients(getName(), number, config, supplier, context)) {
            wire(clients, changelogs);
            this.clients = clients;
            consumer = clients.main;
            if (exactlyOnce) {
                initTransactions(clients);
            }
            topics.await();
            try {
                tasksOf = topics.tasksOf();
                if (sources.hasPatterns()) {
                    clients.main.subscribe(sources.expression(), new Gated());
                } else {
                    clients.main.subscribe(sources.named(), new Gated());
                }
                set(ThreadState.REBALANCING);
                try {
                    while (!stop) {
                        onceOrAgain();
                    }
                } catch (WakeupException e) {
                    if (!stop) {
                        throw e;
                    }
                }
                lastCommit();
                clean = true;
            } finally {
                if (!clean) {
                    assignment.abandon();
                }
            }
            if (leaveGroup) {
                clients.leaveGroup();
            }
        } finally {
            consumer = null;
            gate.lock();
            try {
                if (tasks != null) {
                    tasks.closeAll(clean);
                }
            } finally {
                gate.unlock();
            }
        }
    }

    private void initTransactions(ThreadClients clients) {
        long timeoutMs = config.getLong(StreamsConfig.TASK_TIMEOUT_MS_CONFIG);
        long deadlineMs = System.currentTimeMillis() + timeoutMs;
        while (!stop) {
            try {
                clients.initTransactions();
                return;
            } catch (TimeoutException e) {
                if (System.currentTimeMillis() > deadlineMs) {
                    throw e;
                }
                LOG.warn("{} tries again to begin transactions: {}", getName(), e.toString());
            }
        }
    }

    private TaskPlacement.Settings placementSettings() {
        return new TaskPlacement.Settings(
                config.getInt(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG),
                config.getLong(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG),
                config.getInt(StreamsConfig.MAX_WARMUP_REPLICAS_CONFIG));
    }

    /** The consumer calls it while it polls, without the gate. */
    private final class Gated implements ConsumerRebalanceListener {
        private void call(
                BiConsumer<Assignment, Collection<TopicPartition>> what,
                Collection<TopicPartition> partitions) {
            gate.lock();
            try {
                what.accept(assignment, partitions);
            } finally {
                gate.unlock();
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            call(Assignment::onPartitionsRevoked, partitions);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            call(Assignment::onPartitionsAssigned, partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            call(Assignment::onPartitionsLost, partitions);
        }
    }

    /** The assignor is made before the assignment. */
    private final class AssignmentOfThis implements TaskAssignor.Owner {
        @Override
        public TaskPlacement.Member joining(Set<String> topics) {
            return assignment.joining(topics);
        }

        @Override
        public void assigned(AssignorData.Assigned assigned, boolean understood) {
            PlacementRequests asked = placementRequests;
            if (asked != null) {
                asked.placed(understood);
            }
            assignment.assigned(assigned);
            if (assigned.shutdown()) {
                listener.applicationShutDown();
            }
        }
    }

    private void wire(ThreadClients clients, Changelogs changelogs) {
        collector =
                new ProducerCollector(
                        clients.producer(),
                        clients::renewProducer,
                        exactlyOnce,
                        config.productionExceptionHandler(),
                        config.deadLetterTopic() != null);
        Restorer restorer =
                new Restorer(
                        clients.restore,
                        stateDirectory,
                        partitions -> bounds(clients, changelogs, partitions),
                        events,
                        exactlyOnce);
        Checkpoints checkpoints = new Checkpoints(stateDirectory, collector, restorer, exactlyOnce);
        exchange =
                new LocalExchange(
                        subtopologies.values(),
                        Set.copyOf(repartitionTopics()),
                        this::decorate,
                        config,
                        changelogs::ends,
                        partition -> input.processedUntil(partition));
        tasks =
                new TaskSet(
                        this::task,
                        stateDirectory,
                        collector,
                        restorer,
                        checkpoints,
                        metrics,
                        exchange);
        ResetPolicies policies =
                new ResetPolicies(
                        topology, config.applicationId(), subtopologies.values(), sources);
        input = new SourceInput(clients.main, tasks, policies, config, metrics);
        committer = new Committer(clients.main, collector, tasks, input, purge(), config);
        assignment =
                new Assignment(
                        sources,
                        clients.main,
                        tasks,
                        input,
                        committer,
                        active ->
                                new TaskPlacement.Member(
                                        processId,
                                        active,
                                        stateDirectory.storedTasks(exactlyOnce),
                                        config.applicationServer(),
                                        instance.endsApplication(),
                                        config.getClientTags()));
        placementRequests = new PlacementRequests(clients.main, config);
        reads = new ThreadReads(gate, tasks, input);
    }

    /** Where a source topic serves as changelog, the store holds what was processed of it. */
    private Restorer.Bounds bounds(
            ThreadClients clients, Changelogs changelogs, Collection<TopicPartition> partitions) {
        Restorer.Bounds found = changelogs.bounds(partitions);
        Set<TopicPartition> read = new HashSet<>(partitions);
        read.removeIf(each -> sources.subtopologyOf(each.topic()) == null);
        if (read.isEmpty()) {
            return found;
        }
        Map<TopicPartition, Long> last = new HashMap<>(found.last());
        Map<TopicPartition, OffsetAndMetadata> committed = clients.main.committed(read);
        for (TopicPartition source : read) {
            OffsetAndMetadata offset = committed.get(source);
            last.put(
                    source,
                    offset != null ? offset.offset() : found.first().getOrDefault(source, 0L));
        }
        return new Restorer.Bounds(found.first(), last);
    }

    private RepartitionPurge purge() {
        return new RepartitionPurge(
                admin,
                repartitionTopics(),
                config.getLong(StreamsConfig.REPARTITION_PURGE_INTERVAL_MS_CONFIG),
                System::currentTimeMillis);
    }

    private List<String> repartitionTopics() {
        return topology.repartitionTopics().keySet().stream().map(this::decorate).toList();
    }

    private String decorate(String topic) {
        return topology.decorate(topic, config.applicationId());
    }

    private void lastCommit() {
        gate.lock();
        try {
            lastCommitOrWakeup();
        } catch (TransactionLostException e) {
            LOG.warn(
                    "{} ends without its last transaction, others do its work again", getName(), e);
            tasks.closeActiveDirty();
        } finally {
            gate.unlock();
        }
    }

    private void lastCommitOrWakeup() {
        try {
            committer.commit(true);
        } catch (WakeupException e) {
            // The call of shutdown() that the loop had not yet noticed; there is no second one.
            committer.commit(true);
        }
    }

    private void onceOrAgain() {
        try {
            once();
        } catch (TransactionLostException e) {
            rollBack(e);
        }
    }

    /** Goes on from what is committed, with the same tasks. */
    private void rollBack(TransactionLostException cause) {
        long nowMs = System.currentTimeMillis();
        if (lostSinceMs == 0) {
            lostSinceMs = nowMs;
        } else if (nowMs - lostSinceMs > config.getLong(StreamsConfig.TASK_TIMEOUT_MS_CONFIG)) {
            throw new StreamsException(
                    "No transaction was committed for "
                            + (nowMs - lostSinceMs)
                            + " ms ("
                            + StreamsConfig.TASK_TIMEOUT_MS_CONFIG
                            + ")",
                    cause);
        }
        LOG.warn("{} goes on at the last commit: {}", getName(), cause.toString(), cause);
        gate.lock();
        try {
            tasks.closeActiveDirty();
            committer.rollBack();
            assignment.reopen();
        } finally {
            gate.unlock();
        }
        set(ThreadState.REBALANCING);
    }

    /** Tasks with open stores, and whether they run. From any thread. */
    Map<TaskId, Boolean> openTasks() {
        ThreadReads open = reads;
        return open == null ? Map.of() : open.open();
    }

    /** See {@link ThreadReads#read}. */
    <R> R read(TaskId id, String store, boolean everything, Function<StateStore, R> reading) {
        return reads(id, store).read(id, store, everything, reading);
    }

    /** See {@link ThreadReads#query}. */
    <R> R query(
            TaskId id,
            String store,
            boolean everything,
            BiFunction<StateStore, Position, R> reading) {
        return reads(id, store).query(id, store, everything, reading);
    }

    private ThreadReads reads(TaskId id, String store) {
        ThreadReads open = reads;
        if (open == null) {
            throw new StateStoreMigratedException(
                    "State store " + store + " of task " + id + " is not here yet");
        }
        return open;
    }

    /** First offset of each changelog that its open store does not hold. From any thread. */
    public Map<TopicPartition, Long> changelogPositions() {
        ThreadReads open = reads;
        return open == null ? Map.of() : open.changelogPositions();
    }

    /** Topics that the member subscribes. From any thread. */
    Set<String> subscribedTopics() {
        Assignment told = assignment;
        return told == null ? Set.of() : told.subscribed();
    }

    /** Of the clients, whose consumers are asked on the thread. From any thread. */
    public ClientIds.OfThread clientIds(Duration timeout) {
        ThreadClients made = clients;
        return made == null
                ? new ClientIds.OfThread(Map.of(), Map.of())
                : made.ids(timeout, errands);
    }

    /** Tasks at this moment. From any thread. */
    public ThreadMetadata metadata() {
        gate.lock();
        try {
            return new Description(
                    state.name(),
                    getName(),
                    tasks == null ? Set.of() : tasks.describe(tasks.running()),
                    tasks == null ? Set.of() : tasks.describe(tasks.standbys()),
                    getName() + "-consumer",
                    getName() + "-restore-consumer",
                    Set.of(getName() + "-producer"),
                    config.clientId() + "-admin");
        } finally {
            gate.unlock();
        }
    }

    /** Of the clients; empty before there are any. From any thread. */
    public Map<MetricName, Metric> clientMetrics() {
        ThreadClients made = clients;
        return made == null ? Map.of() : made.metrics();
    }

    private record Description(
            String threadState,
            String threadName,
            Set<TaskMetadata> activeTasks,
            Set<TaskMetadata> standbyTasks,
            String consumerClientId,
            String restoreConsumerClientId,
            Set<String> producerClientIds,
            String adminClientId)
            implements ThreadMetadata {}

    /** Instances with an endpoint, as told in the last rebalance. From any thread. */
    public List<AssignorData.Host> hosts() {
        Assignment told = assignment;
        return told == null ? List.of() : told.hosts();
    }

    /** How many tasks each sub-topology has in the whole application; empty until it is known. */
    public Map<Integer, Integer> tasksOfSubtopologies() {
        return tasksOf;
    }

    private void once() {
        ThreadReads readers = reads;
        if (readers != null) {
            readers.rethrow();
        }
        errands.run();
        boolean goesOn = !instance.isPaused();
        boolean busy = begin(goesOn);
        poll(busy);
        gate.lock();
        try {
            if (opensExchange()) {
                commit(); // first, so that not even the first records take the long way
                exchange.committed(tasks.running(), System.currentTimeMillis());
            }
            if (goesOn) {
                work();
            }
            boolean due =
                    committer.isDue() || tasks.running().stream().anyMatch(Task::takeCommitRequest);
            if (due && !(exactlyOnce && assignment.isRebalancing())) {
                commit();
            }
        } finally {
            gate.unlock();
        }
        PlacementRequests requests = placementRequests;
        if (requests != null) {
            requests.check(assignment, tasks);
        }
        set(
                tasks.allRun() && assignment.isSettled()
                        ? ThreadState.RUNNING
                        : ThreadState.REBALANCING);
    }

    private void commit() {
        long startNs = System.nanoTime();
        committer.commit(false);
        metrics.committed(startNs);
        lostSinceMs = 0;
    }

    /** Whether tasks could hand records over after a commit. */
    private boolean opensExchange() {
        return tasks.allRun()
                && assignment.isSettled()
                && exchange.wantsCommit(tasks.running(), System.currentTimeMillis());
    }

    /** Opens and restores tasks; whether there is more to do than to wait for input. */
    private boolean begin(boolean goesOn) {
        gate.lock();
        try {
            tasks.openWaiting(input::rewind, input::progress);
            input.resume();
            boolean busy = goesOn && tasks.hasRecords();
            if (goesOn && tasks.reads()) {
                boolean wait = !busy && tasks.isRestoring();
                boolean moved = tasks.restore(wait ? RESTORE_POLL : Duration.ZERO);
                busy |= moved || tasks.isRestoring();
            }
            return busy;
        } finally {
            gate.unlock();
        }
    }

    private void work() {
        exchange.advance(tasks.running(), tasksOf, System.currentTimeMillis());
        int processed;
        do {
            processed = 0;
            for (Task task : tasks.running()) {
                if (exchange.holds(task) || !task.hasRoom()) {
                    continue;
                }
                if (input.isReady(task)) {
                    processed += task.process(RECORDS_PER_ROUND);
                }
                task.punctuate(PunctuationType.STREAM_TIME);
                task.punctuate(PunctuationType.WALL_CLOCK_TIME);
            }
            if (processed > 0) {
                metrics.processed(processed, exchange.handedOver());
            }
        } while (processed > 0 && !committer.isDue() && !gate.hasQueuedThreads());
    }

    private void poll(boolean busy) {
        if (busy) {
            input.poll(Duration.ZERO);
        } else if (tasks.isWaiting() || !assignment.isSettled()) {
            input.poll(REBALANCE_POLL);
        } else if (tasks.waitsForSubscribers()) {
            if (!input.poll(QUIET) && !exactlyOnce && collector.isPending()) {
                collector.flush();
            }
        } else if (exactlyOnce && collector.isInTransaction()) {
            long leftMs = Math.max(0, committer.millisLeft());
            input.poll(Duration.ofMillis(Math.min(leftMs, pollTimeout.toMillis())));
        } else if (exactlyOnce || !collector.isPending()) {
            input.poll(pollTimeout);
        } else if (!input.poll(QUIET)) {
            collector.flush();
        }
    }

    private Task task(TaskId id, List<TopicPartition> partitions) {
        SubtopologySpec subtopology = subtopologies.get(id.subtopology());
        if (subtopology == null) {
            throw new StreamsException(
                    "The group's leader runs another program: there is no task " + id + " here");
        }
        Task task =
                new Task(
                        id,
                        subtopology,
                        partitions,
                        new Task.Environment(
                                config,
                                collector,
                                this::decorate,
                                store -> store.changelogTopic(config.applicationId()),
                                topic -> id.partition(),
                                budget,
                                stateDirectory.task(id),
                                time::milliseconds,
                                globalStores,
                                exchange::handover,
                                programMetrics));
        if (exactlyOnce) {
            task.holdWrites();
        } else {
            task.tellBeforeForgetting();
        }
        return task;
    }

    private void set(ThreadState next) {
        if (state != next) {
            state = next;
            listener.stateChanged();
        }
    }
}
