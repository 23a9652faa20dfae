package dev.millrace.streams;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.errors.StreamsNotStartedException;
import dev.millrace.streams.errors.StreamsStoppedException;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.query.KeyHash;
import dev.millrace.streams.internal.runtime.Changelogs;
import dev.millrace.streams.internal.runtime.ClientIds;
import dev.millrace.streams.internal.runtime.ClusterView;
import dev.millrace.streams.internal.runtime.GlobalThread;
import dev.millrace.streams.internal.runtime.LocalStores;
import dev.millrace.streams.internal.runtime.RestoreEvents;
import dev.millrace.streams.internal.runtime.StateDirectory;
import dev.millrace.streams.internal.runtime.StateQueries;
import dev.millrace.streams.internal.runtime.StreamThread;
import dev.millrace.streams.internal.runtime.StreamsMetrics;
import dev.millrace.streams.internal.runtime.Whereabouts;
import dev.millrace.streams.internal.rx.Inflow;
import dev.millrace.streams.internal.rx.Inflows;
import dev.millrace.streams.internal.rx.Outlet;
import dev.millrace.streams.internal.store.RocksDbStore;
import dev.millrace.streams.internal.store.StoreFactory;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.processor.StandbyUpdateListener;
import dev.millrace.streams.processor.StateRestoreListener;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.query.StateQueryRequest;
import dev.millrace.streams.query.StateQueryResult;
import dev.millrace.streams.state.QueryableStoreTypes;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a topology on a Kafka cluster: reads its sources as the consumer group {@code
 * application.id}, shares the work with all other instances of that id, keeps state locally and in
 * changelog topics. Processing is at least once, or exactly once ({@code processing.guarantee}):
 * then also what local stores hold is what was committed, and survives a crash.
 */
public class KafkaStreams implements AutoCloseable {
    /** Where an instance is; from {@code NOT_RUNNING} and {@code ERROR} there is no way back. */
    public enum State {
        CREATED,
        REBALANCING,
        RUNNING,
        PENDING_SHUTDOWN,
        NOT_RUNNING,
        PENDING_ERROR,
        ERROR;

        public boolean hasNotStarted() {
            return this == CREATED;
        }

        public boolean isRunningOrRebalancing() {
            return this == RUNNING || this == REBALANCING;
        }

        public boolean hasStartedOrFinishedShuttingDown() {
            return isShuttingDown() || hasCompletedShutdown();
        }

        public boolean isShuttingDown() {
            return this == PENDING_SHUTDOWN || this == PENDING_ERROR;
        }

        public boolean hasCompletedShutdown() {
            return this == NOT_RUNNING || this == ERROR;
        }

        public boolean isValidTransition(State next) {
            return switch (this) {
                case CREATED -> next == REBALANCING || next == PENDING_SHUTDOWN;
                case REBALANCING ->
                        next == RUNNING || next == PENDING_SHUTDOWN || next == PENDING_ERROR;
                case RUNNING -> next.isRunningOrRebalancing() || next.isShuttingDown();
                case PENDING_SHUTDOWN -> next == NOT_RUNNING;
                case PENDING_ERROR -> next == ERROR;
                case NOT_RUNNING, ERROR -> false;
            };
        }
    }

    /** Told about every change of state, on the thread that caused it; must not block. */
    @FunctionalInterface
    public interface StateListener {
        void onChange(State newState, State oldState);
    }

    /**
     * How {@link #close(CloseOptions)} ends an instance.
     *
     * @deprecated in favour of {@link dev.millrace.streams.CloseOptions}
     */
    @Deprecated
    public static class CloseOptions {
        private Duration timeout = Duration.ofMillis(Long.MAX_VALUE);
        private boolean leaveGroup;

        public CloseOptions timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        public CloseOptions leaveGroup(boolean leaveGroup) {
            this.leaveGroup = leaveGroup;
            return this;
        }
    }

    private static final long GLOBAL_CLOSE_MS = 10_000;
    private static final long FLOWABLE_CLOSE_MS = 10_000;
    private static final Logger LOG = LoggerFactory.getLogger(KafkaStreams.class);

    private final StreamsConfig config;
    private final KafkaClientSupplier clientSupplier;
    private final Time time;
    private final TopologySpec topology;
    private final StateDirectory stateDirectory;
    private final LocalStores localStores;
    private final Whereabouts whereabouts;
    private final StreamsMetrics metrics;
    private final Object lock = new Object();
    private final AtomicInteger failed = new AtomicInteger();
    private volatile boolean paused;
    private volatile boolean endsApplication;

    // Guarded by lock.
    private final List<StreamThread> threads = new ArrayList<>();
    private State state = State.CREATED;
    private volatile @Nullable GlobalThread globalThread;
    private boolean globalsFilled;
    private int nextThread = 1;
    private @Nullable StateListener stateListener;
    private @Nullable StreamsUncaughtExceptionHandler exceptionHandler;
    private @Nullable StateRestoreListener restoreListener;
    private @Nullable StandbyUpdateListener standbyListener;
    private @Nullable Admin admin;
    private @Nullable UUID processId;
    private @Nullable Inflows inflows;
    private volatile @Nullable Throwable failure;

    public KafkaStreams(Topology topology, Properties properties) {
        this(topology, new StreamsConfig(properties));
    }

    public KafkaStreams(
            Topology topology, Properties properties, KafkaClientSupplier clientSupplier) {
        this(topology, new StreamsConfig(properties), clientSupplier);
    }

    /**
     * @param time what processors see of the clock
     */
    public KafkaStreams(Topology topology, Properties properties, Time time) {
        this(topology, new StreamsConfig(properties), time);
    }

    public KafkaStreams(
            Topology topology,
            Properties properties,
            KafkaClientSupplier clientSupplier,
            Time time) {
        this(topology, new StreamsConfig(properties), clientSupplier, time);
    }

    public KafkaStreams(Topology topology, StreamsConfig config) {
        this(topology, config, config.getKafkaClientSupplier());
    }

    /**
     * @param clientSupplier makes all clients, instead of {@code default.client.supplier}
     */
    public KafkaStreams(
            Topology topology, StreamsConfig config, KafkaClientSupplier clientSupplier) {
        this(topology, config, clientSupplier, Time.SYSTEM);
    }

    public KafkaStreams(Topology topology, StreamsConfig config, Time time) {
        this(topology, config, config.getKafkaClientSupplier(), time);
    }

    private KafkaStreams(
            Topology topology,
            StreamsConfig applicationConfig,
            KafkaClientSupplier clientSupplier,
            Time time) {
        StreamsConfig config = topology.settings(applicationConfig);
        this.config = config;
        this.clientSupplier = clientSupplier;
        this.time = time;
        this.topology = topology.spec();
        List<SubtopologySpec> subtopologies = this.topology.subtopologies(config.applicationId());
        if (subtopologies.isEmpty()) {
            throw new TopologyException(
                    "Topology has no stream threads and no global threads, must subscribe to at least one source topic.");
        }
        this.stateDirectory = new StateDirectory(config.stateDirectory());
        this.localStores =
                new LocalStores(
                        subtopologies,
                        this.topology.globalStores(),
                        this::threads,
                        () -> globalThread);
        this.whereabouts =
                new Whereabouts(
                        config.applicationId(),
                        config.applicationServer(),
                        localStores,
                        new ClusterView(
                                config.applicationId(),
                                subtopologies,
                                this.topology.globalStores()),
                        this::threads);
        this.metrics =
                new StreamsMetrics(
                        config.clientId(),
                        config.getInt(StreamsConfig.METRICS_NUM_SAMPLES_CONFIG),
                        config.getLong(StreamsConfig.METRICS_SAMPLE_WINDOW_MS_CONFIG),
                        Sensor.RecordingLevel.forName(
                                config.getString(StreamsConfig.METRICS_RECORDING_LEVEL_CONFIG)));
        metrics.gauge("state", "Where the instance is", () -> state().name());
        metrics.gauge("alive-stream-threads", "Threads that run", this::aliveThreads);
        metrics.gauge("failed-stream-threads", "Threads that ended by an error", failed::get);
        metrics.gauge("topology-description", "The program", () -> topology.describe().toString());
        metrics.gauge(
                "flowable-records-waiting",
                "Records that wait for subscribers of toFlowable()",
                () -> this.topology.outlets().stream().mapToInt(Outlet::waiting).sum());
        metrics.gauge("application-id", "application.id", config::applicationId);
    }

    private List<StreamThread> threads() {
        synchronized (lock) {
            return List.copyOf(threads);
        }
    }

    private int aliveThreads() {
        return (int)
                threads().stream()
                        .filter(thread -> thread.state() != StreamThread.ThreadState.ENDED)
                        .count();
    }

    public State state() {
        synchronized (lock) {
            return state;
        }
    }

    /** Before {@link #start()}. */
    public void setStateListener(@Nullable StateListener listener) {
        synchronized (lock) {
            requireCreated("set a state listener");
            stateListener = listener;
        }
    }

    /** Before {@link #start()}. */
    public void setGlobalStateRestoreListener(@Nullable StateRestoreListener listener) {
        synchronized (lock) {
            requireCreated("set a restore listener");
            restoreListener = listener;
        }
    }

    /** Before {@link #start()}. */
    public void setStandbyUpdateListener(@Nullable StandbyUpdateListener listener) {
        synchronized (lock) {
            requireCreated("set a standby listener");
            standbyListener = listener;
        }
    }

    /**
     * Stops processing and restoring until {@link #resume()}; the instance keeps its place in the
     * group. May be called before {@link #start()}.
     */
    public void pause() {
        paused = true;
    }

    public boolean isPaused() {
        return paused;
    }

    public void resume() {
        paused = false;
    }

    /** Before {@link #start()}. Without one, the first exception shuts the instance down. */
    public void setUncaughtExceptionHandler(StreamsUncaughtExceptionHandler handler) {
        synchronized (lock) {
            requireCreated("set an uncaught exception handler");
            exceptionHandler = handler;
        }
    }

    private void requireCreated(String action) {
        if (state != State.CREATED) {
            throw new IllegalStateException(
                    "Can only " + action + " before calling start(). Current state is: " + state);
        }
    }

    /**
     * Returns at once; the instance is {@code RUNNING} when all its tasks have their state.
     *
     * @throws dev.millrace.streams.errors.StreamsException when the state directory is in use
     */
    public void start() {
        synchronized (lock) {
            if (state != State.CREATED) {
                throw new IllegalStateException(
                        "The client is either already started or already stopped, cannot re-start. Current state is: "
                                + state);
            }
            processId = stateDirectory.lock();
            if (usesRocksDb()) {
                RocksDbStore.preload(); // while the threads find their topics and their group
            }
            admin = clientSupplier.getAdmin(config.adminConfigs());
            SubtopologySpec globals =
                    topology.globalSubtopology(config.applicationId()).orElse(null);
            if (globals != null) {
                globalThread =
                        new GlobalThread(
                                config.clientId() + "-" + processId + "-GlobalStreamThread",
                                config,
                                globals,
                                config.stateDirectory().resolve("global"),
                                clientSupplier,
                                time,
                                metrics,
                                new GlobalEvents());
            }
            for (int i = 0; i < config.getInt(StreamsConfig.NUM_STREAM_THREADS_CONFIG); i++) {
                threads.add(newThread(nextThread++, admin, processId));
            }
            topology.outlets().forEach(each -> each.began(this));
            topology.reads().forEach(each -> each.began(this, this::openTable));
            set(State.REBALANCING);
            if (globalThread == null) {
                threads.forEach(Thread::start);
            } else {
                globalThread.start();
            }
        }
    }

    private ReadOnlyKeyValueStore<Object, Object> openTable(String name) {
        return store(
                StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.keyValueStore()));
    }

    /** With the lock; when the topics are there that they are written to. */
    private void readFlowables() {
        if (inflows != null || topology.inflows().isEmpty()) {
            return;
        }
        Map<String, Object> configs = config.producerConfigs();
        configs.put(ProducerConfig.CLIENT_ID_CONFIG, config.clientId() + "-flowable-producer");
        configs.put(ProducerConfig.ACKS_CONFIG, "all");
        configs.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        configs.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        Inflows opened =
                new Inflows(
                        clientSupplier.getProducer(configs),
                        new Inflows.Environment(
                                topic -> topology.decorate(topic, config.applicationId()),
                                config::defaultKeySerde,
                                config::defaultValueSerde,
                                config.getInt(StreamsConfig.FLOWABLE_BUFFER_RECORDS_CONFIG)),
                        this::flowableFailed);
        inflows = opened;
        topology.inflows().forEach(opened::read);
    }

    private void flowableFailed(Inflow inflow, Throwable cause) {
        LOG.error("The Flowable that is written to {} ends", inflow.topic(), cause);
        StreamsUncaughtExceptionHandler handler;
        Inflows open;
        synchronized (lock) {
            handler = exceptionHandler;
            open = inflows;
        }
        boolean again =
                handler != null
                        && handler.handle(cause)
                                == StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                                        .REPLACE_THREAD;
        if (again && open != null) {
            open.read(inflow);
        } else {
            shutDownByError(cause);
        }
    }

    /** The other threads begin when the global stores are filled. */
    private final class GlobalEvents implements GlobalThread.Listener {
        @Override
        public void filled() {
            synchronized (lock) {
                globalsFilled = true;
                if (state.isRunningOrRebalancing()) {
                    threads.forEach(Thread::start);
                }
            }
        }

        @Override
        public void failed(Throwable cause) {
            LOG.error("The global stores cannot be filled", cause);
            shutDownByError(cause);
        }
    }

    private boolean usesRocksDb() {
        return topology.stores().stream()
                .anyMatch(
                        store ->
                                new StoreFactory(store, config.dslStoreSuppliers(), false)
                                        .persistent());
    }

    /** With the lock. */
    private void startWhenFilled(StreamThread thread) {
        if (globalThread == null || globalsFilled) {
            thread.start();
        }
    }

    private StreamThread newThread(int number, Admin admin, UUID processId) {
        String name = config.clientId() + "-" + processId + "-StreamThread-" + number;
        StreamThread thread =
                new StreamThread(
                        name,
                        number,
                        config,
                        topology,
                        stateDirectory,
                        processId,
                        admin,
                        new ThreadEvents(),
                        RestoreEvents.to(restoreListener, standbyListener),
                        metrics,
                        clientSupplier,
                        time,
                        new ThisInstance());
        GlobalThread global = globalThread;
        if (global != null) {
            thread.read(global.stores());
        }
        return thread;
    }

    private final class ThisInstance implements StreamThread.Instance {
        @Override
        public boolean isPaused() {
            return paused;
        }

        @Override
        public boolean endsApplication() {
            return endsApplication;
        }
    }

    private final class ThreadEvents implements StreamThread.Listener {
        @Override
        public void stateChanged() {
            synchronized (lock) {
                if (state.isRunningOrRebalancing()) {
                    boolean all =
                            threads.stream()
                                    .allMatch(
                                            thread ->
                                                    thread.state()
                                                            == StreamThread.ThreadState.RUNNING);
                    set(all ? State.RUNNING : State.REBALANCING);
                }
            }
        }

        @Override
        public void ended(StreamThread thread, @Nullable Throwable cause) {
            if (cause == null) {
                return;
            }
            LOG.error("{} ends", thread.getName(), cause);
            failed.incrementAndGet();
            StreamsUncaughtExceptionHandler handler;
            synchronized (lock) {
                handler = exceptionHandler;
            }
            StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse response =
                    handler == null
                            ? StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                                    .SHUTDOWN_CLIENT
                            : handler.handle(cause);
            switch (response) {
                case REPLACE_THREAD -> replace(thread);
                case SHUTDOWN_CLIENT -> shutDownByError(cause);
                case SHUTDOWN_APPLICATION -> {
                    endsApplication = true;
                    replace(thread); // by one that joins the group to tell all others
                }
            }
        }

        @Override
        public void applicationShutDown() {
            LOG.error("Another instance asks all instances of {} to end", config.applicationId());
            shutDownByError(
                    new StreamsException(
                            "Another instance asks all instances of "
                                    + config.applicationId()
                                    + " to end"));
        }
    }

    /** A thread cannot wait for itself: another one takes them all down. */
    private void shutDownByError(Throwable cause) {
        synchronized (lock) {
            if (!state.isRunningOrRebalancing()) {
                return;
            }
            failure = cause;
            set(State.PENDING_ERROR);
        }
        new Thread(() -> stop(State.ERROR, Long.MAX_VALUE, false), config.clientId() + "-shutdown")
                .start();
    }

    private void replace(StreamThread ended) {
        synchronized (lock) {
            if (state.isRunningOrRebalancing() && admin != null && processId != null) {
                threads.remove(ended);
                StreamThread fresh = newThread(ended.number(), admin, processId);
                threads.add(fresh);
                set(State.REBALANCING);
                startWhenFilled(fresh);
            }
        }
    }

    /** One more thread, which takes over some of the tasks; its name, empty when not running. */
    public Optional<String> addStreamThread() {
        synchronized (lock) {
            if (!state.isRunningOrRebalancing() || admin == null || processId == null) {
                return Optional.empty();
            }
            StreamThread fresh = newThread(nextThread++, admin, processId);
            threads.add(fresh);
            set(State.REBALANCING);
            startWhenFilled(fresh);
            return Optional.of(fresh.getName());
        }
    }

    /**
     * Ends one thread; the others take over its tasks. Returns when it is done, unless it is called
     * by that thread.
     *
     * @return its name; empty when there is none, or the instance does not run
     */
    public Optional<String> removeStreamThread() {
        return removeStreamThread(Duration.ofMillis(Long.MAX_VALUE));
    }

    /**
     * @throws org.apache.kafka.common.errors.TimeoutException when the thread has not ended in
     *     time; it will
     */
    public Optional<String> removeStreamThread(Duration timeout) {
        StreamThread last = null;
        synchronized (lock) {
            if (!state.isRunningOrRebalancing()) {
                return Optional.empty();
            }
            for (StreamThread thread : threads) {
                // Whoever calls may be one of them, and is the last choice.
                if (last == null || thread != Thread.currentThread()) {
                    last = thread;
                }
            }
            if (last == null) {
                return Optional.empty();
            }
            threads.remove(last);
        }
        last.shutdown(true);
        if (last != Thread.currentThread()) {
            try {
                last.join(
                        timeout.toMillis() == Long.MAX_VALUE ? 0 : Math.max(1, timeout.toMillis()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (last.isAlive()) {
                throw new org.apache.kafka.common.errors.TimeoutException(
                        "Thread " + last.getName() + " did not end within " + timeout);
            }
        }
        return Optional.of(last.getName());
    }

    /** Threads and their tasks at this moment. */
    public Set<ThreadMetadata> metadataForLocalThreads() {
        Set<ThreadMetadata> all = new HashSet<>();
        threads().forEach(thread -> all.add(thread.metadata()));
        return all;
    }

    /** Of the instance, its threads and their clients. */
    public Map<MetricName, ? extends Metric> metrics() {
        Map<MetricName, Metric> all = metrics.all();
        threads().forEach(thread -> all.putAll(thread.clientMetrics()));
        synchronized (lock) {
            if (admin != null) {
                all.putAll(admin.metrics());
            }
        }
        return all;
    }

    /**
     * A store to be read, in all its partitions that this instance has. With exactly-once, reads
     * see also what is not committed yet.
     *
     * @throws dev.millrace.streams.errors.InvalidStateStoreException when it is not here, or not
     *     now; the store throws it, too, when it goes elsewhere later
     */
    public <T> T store(StoreQueryParameters<T> parameters) {
        requireStarted();
        return localStores.open(
                parameters.storeName(),
                parameters.queryableStoreType(),
                parameters.partition(),
                parameters.staleStoresEnabled());
    }

    /** Asks a store; answers by partition (KIP-796). */
    public <R> StateQueryResult<R> query(StateQueryRequest<R> request) {
        requireStarted();
        return new StateQueries(localStores).query(request);
    }

    private void requireStarted() {
        State now = state();
        if (now == State.CREATED) {
            throw new StreamsNotStartedException(
                    "KafkaStreams has not been started, you can retry after calling start()");
        }
        if (!now.isRunningOrRebalancing()) {
            throw new StreamsStoppedException("KafkaStreams is not running. State is " + now + ".");
        }
    }

    /** All instances with an {@code application.server}. */
    public Collection<StreamsMetadata> metadataForAllStreamsClients() {
        requireStarted();
        return whereabouts.instances();
    }

    /** All instances that have some of the store, and an {@code application.server}. */
    public Collection<StreamsMetadata> streamsMetadataForStore(String storeName) {
        requireStarted();
        return whereabouts.instancesWith(storeName);
    }

    /**
     * Where a key is that was partitioned as Kafka does it.
     *
     * @return {@link KeyQueryMetadata#NOT_AVAILABLE} while nobody knows
     */
    public <K> KeyQueryMetadata queryMetadataForKey(
            String storeName, K key, Serializer<K> keySerializer) {
        return queryMetadataForKey(
                storeName,
                key,
                (topic, each, value, partitions) ->
                        Optional.of(
                                Set.of(
                                        KeyHash.partition(
                                                keySerializer.serialize(topic, each),
                                                partitions))));
    }

    /** Where a key is that was partitioned in a way of its own: to exactly one partition. */
    public <K> KeyQueryMetadata queryMetadataForKey(
            String storeName, K key, StreamPartitioner<? super K, ?> partitioner) {
        requireStarted();
        return whereabouts.whereIs(storeName, key, partitioner);
    }

    /**
     * Under which ids the clients push their metrics (KIP-714, KIP-1076).
     *
     * @throws org.apache.kafka.common.errors.TimeoutException when a client has none in time
     */
    public ClientInstanceIds clientInstanceIds(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("The timeout cannot be negative.");
        }
        Admin asked;
        synchronized (lock) {
            if (state == State.CREATED) {
                throw new IllegalStateException(
                        "KafkaStreams has not been started, you can retry after calling start().");
            }
            asked = admin;
            if (!state.isRunningOrRebalancing() || asked == null) {
                throw new IllegalStateException("KafkaStreams has been stopped (" + state + ").");
            }
        }
        List<Function<Duration, ClientIds.OfThread>> all = new ArrayList<>();
        threads().forEach(thread -> all.add(thread::clientIds));
        GlobalThread global = globalThread;
        if (global != null) {
            all.add(global::clientIds);
        }
        return ClientIds.ask(all, asked, timeout);
    }

    /** How far the stores that are here are behind their changelogs, by store and partition. */
    public Map<String, Map<Integer, LagInfo>> allLocalStorePartitionLags() {
        Map<TopicPartition, Long> positions = new HashMap<>();
        threads().forEach(thread -> positions.putAll(thread.changelogPositions()));
        Admin asked;
        synchronized (lock) {
            asked = admin;
        }
        if (positions.isEmpty() || asked == null) {
            return Map.of();
        }
        Map<TopicPartition, Long> ends =
                new Changelogs(asked, config.applicationId(), List.of()).ends(positions.keySet());
        Map<String, Map<Integer, LagInfo>> lags = new TreeMap<>();
        topology.stores()
                .forEach(
                        store ->
                                positions.forEach(
                                        (partition, position) -> {
                                            String changelog =
                                                    store.changelogTopic(config.applicationId());
                                            if (partition.topic().equals(changelog)) {
                                                lags.computeIfAbsent(
                                                                store.name(),
                                                                name -> new TreeMap<>())
                                                        .put(
                                                                partition.partition(),
                                                                new LagInfo(
                                                                        position,
                                                                        ends.getOrDefault(
                                                                                partition,
                                                                                position)));
                                            }
                                        }));
        return lags;
    }

    private void set(State next) {
        State old = state;
        if (old != next) {
            state = next;
            if (next == State.RUNNING) {
                readFlowables();
            }
            if (stateListener != null) {
                stateListener.onChange(next, old);
            }
        }
    }

    /**
     * Commits, closes and leaves the group, unless the application is a static member ({@code
     * group.instance.id}): that keeps its place until the session times out. Returns when all is
     * done.
     */
    @Override
    public void close() {
        close(Duration.ofMillis(Long.MAX_VALUE));
    }

    /** Whether all was done within the timeout; what is left goes on meanwhile. */
    public boolean close(Duration timeout) {
        return close(timeout, false);
    }

    /** As the options say; without a timeout, returns when all is done. */
    public boolean close(dev.millrace.streams.CloseOptions options) {
        return close(options.timeout(), options.leavesGroup());
    }

    @Deprecated
    public boolean close(CloseOptions options) {
        return close(options.timeout, options.leaveGroup);
    }

    private boolean close(Duration timeout, boolean leaveGroup) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("Timeout can't be negative.");
        }
        boolean ended;
        synchronized (lock) {
            if (state == State.CREATED) {
                set(State.PENDING_SHUTDOWN);
                set(State.NOT_RUNNING);
            } else if (state.isRunningOrRebalancing()) {
                set(State.PENDING_SHUTDOWN);
            }
            ended = state == State.NOT_RUNNING || state == State.ERROR;
        }
        if (ended) {
            endFlowables();
            metrics.close();
            return true;
        }
        return stop(State.NOT_RUNNING, timeout.toMillis(), leaveGroup);
    }

    /** Subscribers' streams end, behind what waits for them. */
    private void endFlowables() {
        topology.outlets().forEach(each -> each.ended(this, failure));
        topology.reads().forEach(each -> each.ended(this));
    }

    private boolean stop(State end, long timeoutMs, boolean leaveGroup) {
        List<StreamThread> stopping;
        Inflows reading;
        synchronized (lock) {
            stopping = List.copyOf(threads);
            reading = inflows;
        }
        if (reading != null) {
            reading.close(Duration.ofMillis(Math.min(timeoutMs, FLOWABLE_CLOSE_MS)));
        }
        stopping.forEach(thread -> thread.shutdown(leaveGroup));
        GlobalThread global = globalThread;
        if (global != null) {
            global.shutdown();
        }
        long startNs = System.nanoTime();
        for (StreamThread thread : stopping) {
            if (thread == Thread.currentThread()) {
                continue;
            }
            try {
                long spentMs = (System.nanoTime() - startNs) / 1_000_000;
                long leftMs = Math.max(1, timeoutMs - spentMs);
                thread.join(timeoutMs == Long.MAX_VALUE ? 0 : leftMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
            if (thread.isAlive()) {
                return false;
            }
        }
        if (global != null) {
            try {
                global.join(GLOBAL_CLOSE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        synchronized (lock) {
            if (state != State.NOT_RUNNING && state != State.ERROR) {
                if (admin != null) {
                    admin.close(Duration.ofSeconds(5));
                    admin = null;
                }
                stateDirectory.unlock();
                set(state == State.PENDING_ERROR ? State.ERROR : end);
            }
        }
        endFlowables();
        metrics.close(); // without the lock: its readers ask for the state
        return true;
    }

    /**
     * Deletes the local state, which is then restored from the changelogs. Only while not running.
     */
    public void cleanUp() {
        synchronized (lock) {
            if (state != State.CREATED && state != State.NOT_RUNNING && state != State.ERROR) {
                throw new IllegalStateException("Cannot clean up while running.");
            }
            stateDirectory.lock();
            try {
                stateDirectory.clean();
            } finally {
                stateDirectory.unlock();
            }
        }
    }
}
