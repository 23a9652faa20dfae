package dev.millrace.streams;

import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.runtime.StateDirectory;
import dev.millrace.streams.internal.runtime.StreamThread;
import dev.millrace.streams.internal.store.RocksDbStore;
import dev.millrace.streams.internal.store.StoreFactory;
import dev.millrace.streams.internal.topology.TopologySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a topology on a Kafka cluster: reads its sources as the consumer group {@code
 * application.id}, shares the work with all other instances of that id, keeps state locally and in
 * changelog topics. Processing is at least once.
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

        public boolean isRunningOrRebalancing() {
            return this == RUNNING || this == REBALANCING;
        }

        public boolean hasStartedOrFinishedShuttingDown() {
            return this == PENDING_SHUTDOWN
                    || this == NOT_RUNNING
                    || this == PENDING_ERROR
                    || this == ERROR;
        }
    }

    /** Told about every change of state, on the thread that caused it; must not block. */
    @FunctionalInterface
    public interface StateListener {
        void onChange(State newState, State oldState);
    }

    private static final Logger LOG = LoggerFactory.getLogger(KafkaStreams.class);

    private final StreamsConfig config;
    private final TopologySpec topology;
    private final StateDirectory stateDirectory;
    private final Object lock = new Object();

    // Guarded by lock.
    private final List<StreamThread> threads = new ArrayList<>();
    private State state = State.CREATED;
    private int nextThread = 1;
    private @Nullable StateListener stateListener;
    private @Nullable StreamsUncaughtExceptionHandler exceptionHandler;
    private @Nullable Admin admin;
    private @Nullable UUID processId;

    public KafkaStreams(Topology topology, Properties properties) {
        this(topology, new StreamsConfig(properties));
    }

    public KafkaStreams(Topology topology, StreamsConfig config) {
        this.config = config;
        this.topology = topology.spec();
        if (config.getString(StreamsConfig.PROCESSING_GUARANTEE_CONFIG)
                .equals(StreamsConfig.EXACTLY_ONCE_V2)) {
            throw new ConfigException(
                    StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                    StreamsConfig.EXACTLY_ONCE_V2,
                    "is not supported yet; use " + StreamsConfig.AT_LEAST_ONCE);
        }
        if (this.topology.subtopologies(config.applicationId()).isEmpty()) {
            throw new TopologyException(
                    "Topology has no stream threads and no global threads, must subscribe to at least one source topic.");
        }
        this.stateDirectory = new StateDirectory(config.stateDirectory());
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
            admin = Admin.create(config.adminConfigs());
            for (int i = 0; i < config.getInt(StreamsConfig.NUM_STREAM_THREADS_CONFIG); i++) {
                threads.add(newThread(nextThread++, admin, processId));
            }
            set(State.REBALANCING);
            threads.forEach(Thread::start);
        }
    }

    private boolean usesRocksDb() {
        return topology.stores().stream()
                .anyMatch(
                        store -> new StoreFactory(store, config.dslStoreSuppliers()).persistent());
    }

    private StreamThread newThread(int number, Admin admin, UUID processId) {
        String name = config.clientId() + "-" + processId + "-StreamThread-" + number;
        return new StreamThread(
                name,
                number,
                config,
                topology,
                stateDirectory,
                processId,
                admin,
                new ThreadEvents());
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
            StreamsUncaughtExceptionHandler handler;
            synchronized (lock) {
                handler = exceptionHandler;
            }
            StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse response =
                    handler == null
                            ? StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                                    .SHUTDOWN_CLIENT
                            : handler.handle(cause);
            if (response
                    == StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                            .REPLACE_THREAD) {
                replace(thread);
            } else {
                // The thread cannot wait for itself: another one takes the rest down.
                synchronized (lock) {
                    if (!state.isRunningOrRebalancing()) {
                        return;
                    }
                    set(State.PENDING_ERROR);
                }
                new Thread(
                                () -> stop(State.ERROR, Long.MAX_VALUE, false),
                                config.clientId() + "-shutdown")
                        .start();
            }
        }
    }

    private void replace(StreamThread ended) {
        synchronized (lock) {
            if (state.isRunningOrRebalancing() && admin != null && processId != null) {
                threads.remove(ended);
                StreamThread fresh = newThread(ended.number(), admin, processId);
                threads.add(fresh);
                set(State.REBALANCING);
                fresh.start();
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
            fresh.start();
            return Optional.of(fresh.getName());
        }
    }

    private void set(State next) {
        State old = state;
        if (old != next) {
            state = next;
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
    public boolean close(CloseOptions options) {
        return close(options.timeout(), options.leavesGroup());
    }

    private boolean close(Duration timeout, boolean leaveGroup) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("Timeout can't be negative.");
        }
        synchronized (lock) {
            if (state == State.CREATED) {
                set(State.PENDING_SHUTDOWN);
                set(State.NOT_RUNNING);
                return true;
            }
            if (state.isRunningOrRebalancing()) {
                set(State.PENDING_SHUTDOWN);
            } else if (state == State.NOT_RUNNING || state == State.ERROR) {
                return true;
            }
        }
        return stop(State.NOT_RUNNING, timeout.toMillis(), leaveGroup);
    }

    private boolean stop(State end, long timeoutMs, boolean leaveGroup) {
        List<StreamThread> stopping;
        synchronized (lock) {
            stopping = List.copyOf(threads);
        }
        stopping.forEach(thread -> thread.shutdown(leaveGroup));
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
