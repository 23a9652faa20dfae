package dev.millrace.connect;

import dev.millrace.connect.offset.ConnectorOffsets;
import dev.millrace.connect.offset.FileOffsetStore;
import dev.millrace.connect.plugin.Plugin;
import dev.millrace.connect.plugin.Plugins;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.connector.ConnectorContext;
import org.apache.kafka.connect.errors.AlreadyExistsException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.NotFoundException;
import org.apache.kafka.connect.sink.SinkConnectorContext;
import org.apache.kafka.connect.sink.SinkTask;
import org.apache.kafka.connect.source.SourceConnectorContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the connectors of this process on one thread; callers get futures. A second thread commits
 * source offsets, because that waits for the disk and for plugins.
 *
 * <pre>
 * connect-worker     start, stop, reconfigure connectors and tasks
 * connect-offsets    every offset.flush.interval.ms: commitOffsets of each source task
 * connect-task-X-N   one per task
 * </pre>
 */
final class Worker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);

    private final WorkerConfig config;
    private final Plugins plugins;
    private final FileOffsetStore offsets;
    private final SettingsResolver resolver;
    private final TaskFactory taskFactory;
    private final ScheduledExecutorService owner = executor("connect-worker");
    private final ScheduledExecutorService committer = executor("connect-offsets");
    private final Map<String, RunningConnector> connectors = new TreeMap<>(); // owner's thread

    /**
     * @throws ConnectException if the offset file or the plugin path cannot be read
     */
    Worker(WorkerConfig config) {
        this.config = config;
        this.plugins =
                new Plugins(
                        config.pluginPath(), config.onlyManifests(), Worker.class.getClassLoader());
        this.offsets = new FileOffsetStore(Path.of(config.getString(WorkerConfig.OFFSET_FILE)));
        this.resolver = SettingsResolver.of(config, plugins);
        this.taskFactory = new TaskFactory(config, plugins, offsets);
        long intervalMs = config.millis(WorkerConfig.OFFSET_FLUSH_INTERVAL_MS);
        committer.scheduleWithFixedDelay(
                this::commitSourceOffsets, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
    }

    private static ScheduledExecutorService executor(String name) {
        return Executors.newSingleThreadScheduledExecutor(
                task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** Runs on the owner's thread. */
    private <T> CompletableFuture<T> own(Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            owner.execute(
                    () -> {
                        try {
                            result.complete(action.call());
                        } catch (Throwable e) { // of plugins: may be anything
                            result.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(new ConnectException("the worker is stopping", e));
        }
        return result;
    }

    /**
     * Starts a connector and its tasks. Fails with {@link ConfigException} or {@link
     * AlreadyExistsException}; a connector that fails after it has been started is kept, as FAILED.
     */
    CompletableFuture<ConnectorView> create(Map<String, String> settings) {
        return own(
                () -> {
                    ConnectorConfig own = new ConnectorConfig(resolver.resolve(settings));
                    if (connectors.containsKey(own.name())) {
                        throw new AlreadyExistsException(
                                "Connector " + own.name() + " already exists");
                    }
                    return start(settings);
                });
    }

    CompletableFuture<ConnectorView> createOrReplace(Map<String, String> settings) {
        return own(
                () -> {
                    ConnectorConfig own = new ConnectorConfig(resolver.resolve(settings));
                    if (connectors.containsKey(own.name())) {
                        stopAndForget(own.name());
                    }
                    return start(settings);
                });
    }

    CompletableFuture<@Nullable Void> delete(String name) {
        return own(
                () -> {
                    stopAndForget(name);
                    return null;
                });
    }

    CompletableFuture<ConnectorView> restart(String name) {
        return own(
                () -> {
                    Map<String, String> settings = known(name).settings;
                    stopAndForget(name);
                    return start(settings);
                });
    }

    CompletableFuture<@Nullable Void> pause(String name, boolean pause) {
        return own(
                () -> {
                    RunningConnector connector = known(name);
                    connector.tasks.forEach(task -> task.pause(pause));
                    connector.status =
                            Status.of(pause ? Status.State.PAUSED : Status.State.RUNNING);
                    return null;
                });
    }

    CompletableFuture<List<ConnectorView>> list() {
        return own(
                () -> {
                    List<ConnectorView> views = new ArrayList<>();
                    connectors.forEach((name, connector) -> views.add(view(name, connector)));
                    return views;
                });
    }

    CompletableFuture<ConnectorView> get(String name) {
        return own(() -> view(name, known(name)));
    }

    /** By source partition; fails with {@link NotFoundException} for a sink. */
    CompletableFuture<Map<Map<String, Object>, Map<String, Object>>> sourceOffsets(String name) {
        return own(
                () -> {
                    if (known(name).isSink()) {
                        throw new NotFoundException(
                                "offsets of a sink are those of its group connect-" + name);
                    }
                    return new ConnectorOffsets(offsets, name).all();
                });
    }

    CompletableFuture<List<Plugins.Listed>> plugins() {
        return own(plugins::list);
    }

    private RunningConnector known(String name) {
        RunningConnector connector = connectors.get(name);
        if (connector == null) {
            throw new NotFoundException("Connector " + name + " not found");
        }
        return connector;
    }

    private static ConnectorView view(String name, RunningConnector connector) {
        List<Status> tasks = connector.tasks.stream().map(WorkerTask::status).toList();
        return new ConnectorView(
                name,
                connector.isSink() ? "sink" : "source",
                connector.settings,
                connector.status,
                tasks,
                connector.taskSettings);
    }

    private ConnectorView start(Map<String, String> settings) {
        Map<String, String> resolved = resolver.resolve(settings);
        ConnectorConfig own = new ConnectorConfig(resolved);
        Plugin<Connector> plugin = plugins.create(own.connectorClass(), Connector.class);
        TaskMetrics metrics = new TaskMetrics(Map.of("connector", own.name()));
        RunningConnector connector = new RunningConnector(settings, own, plugin, metrics);
        if (connector.isSink()) {
            own.checkSink();
        }
        Plugin.Swap swap = plugin.enter();
        try {
            validate(plugin.instance(), resolved);
            connectors.put(own.name(), connector);
            try {
                plugin.instance().initialize(context(own.name(), connector));
                plugin.instance().start(resolved);
                connector.status = Status.of(Status.State.RUNNING);
                startTasks(connector);
            } catch (RuntimeException | LinkageError e) {
                log.error("connector {} failed", own.name(), e);
                connector.status = Status.failed(e);
            }
        } finally {
            swap.close();
        }
        return view(own.name(), connector);
    }

    private static void validate(Connector connector, Map<String, String> settings) {
        List<String> errors = new ArrayList<>();
        for (ConfigValue value : connector.validate(settings).configValues()) {
            errors.addAll(value.errorMessages());
        }
        if (!errors.isEmpty()) {
            throw new ConfigException(
                    "connector "
                            + settings.get(ConnectorConfig.NAME)
                            + ": "
                            + String.join("; ", errors));
        }
    }

    private void startTasks(RunningConnector connector) {
        connector.taskSettings = taskSettings(connector);
        for (int task = 0; task < connector.taskSettings.size(); task++) {
            WorkerTask created =
                    taskFactory.create(
                            new TaskId(connector.config.name(), task),
                            connector.plugin.instance().taskClass(),
                            connector.config,
                            connector.taskSettings.get(task));
            connector.tasks.add(created);
            created.start();
        }
    }

    private static List<Map<String, String>> taskSettings(RunningConnector connector) {
        Connector plugin = connector.plugin.instance();
        List<Map<String, String>> made = plugin.taskConfigs(connector.config.tasksMax());
        if (made.size() > connector.config.tasksMax()) {
            throw new ConnectException(
                    connector.config.name()
                            + " made "
                            + made.size()
                            + " tasks, but tasks.max is "
                            + connector.config.tasksMax());
        }
        List<Map<String, String>> complete = new ArrayList<>();
        for (Map<String, String> each : made) {
            Map<String, String> settings = new LinkedHashMap<>(each);
            settings.put("task.class", plugin.taskClass().getName());
            for (String topics : List.of(SinkTask.TOPICS_CONFIG, SinkTask.TOPICS_REGEX_CONFIG)) {
                String value = connector.settings.get(topics);
                if (connector.isSink() && value != null) {
                    settings.put(topics, value);
                }
            }
            complete.add(settings);
        }
        return complete;
    }

    private void stopAndForget(String name) {
        RunningConnector connector = known(name);
        connectors.remove(name);
        stopTasks(List.of(connector));
        stopPlugin(name, connector);
    }

    /** All within one timeout: first every task is told, then all are waited for. */
    private void stopTasks(List<RunningConnector> stopping) {
        List<WorkerTask> tasks =
                stopping.stream()
                        .flatMap(connector -> connector.tasks.stream())
                        .collect(Collectors.toList());
        tasks.forEach(WorkerTask::requestStop);
        long deadlineNs =
                System.nanoTime() + config.millis(WorkerConfig.SHUTDOWN_TIMEOUT_MS) * 1_000_000;
        try {
            for (WorkerTask task : tasks) {
                task.awaitEnd((deadlineNs - System.nanoTime()) / 1_000_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopping.forEach(connector -> connector.tasks.clear());
    }

    private static void stopPlugin(String name, RunningConnector connector) {
        Plugin.Swap swap = connector.plugin.enter();
        try {
            connector.plugin.instance().stop();
        } catch (RuntimeException e) {
            log.warn("connector {} did not stop properly", name, e);
        } finally {
            swap.close();
            connector.metrics.close();
        }
        connector.status = Status.of(Status.State.STOPPED);
    }

    private void reconfigure(String name, RunningConnector connector) {
        if (connectors.get(name) != connector) {
            return; // it has been stopped since it asked
        }
        Plugin.Swap swap = connector.plugin.enter();
        try {
            if (!taskSettings(connector).equals(connector.taskSettings)) {
                stopTasks(List.of(connector));
                startTasks(connector);
            }
        } catch (RuntimeException e) {
            log.error("connector {}: its tasks could not be made anew", name, e);
            connector.status = Status.failed(e);
        } finally {
            swap.close();
        }
    }

    private void commitSourceOffsets() {
        List<ConnectorTasks> sources;
        try {
            sources = own(this::sources).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (ExecutionException e) {
            log.debug("no offsets committed: the worker is stopping", e);
            return;
        }
        for (ConnectorTasks source : sources) {
            for (WorkerTask task : source.tasks()) {
                if (task instanceof SourceWorkerTask sourceTask) {
                    commit(sourceTask, source.loader());
                }
            }
        }
    }

    private record ConnectorTasks(ClassLoader loader, List<WorkerTask> tasks) {}

    private List<ConnectorTasks> sources() {
        return connectors.values().stream()
                .filter(connector -> !connector.isSink())
                .map(c -> new ConnectorTasks(c.plugin.loader(), List.copyOf(c.tasks)))
                .toList();
    }

    private static void commit(SourceWorkerTask task, ClassLoader loader) {
        Plugin.Swap swap = Plugin.Swap.to(loader);
        try {
            task.commitOffsets();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.error("{}: offsets not committed, trying again later", task.id, e);
        } finally {
            swap.close();
        }
    }

    private ConnectorContext context(String name, RunningConnector connector) {
        return connector.isSink()
                ? new SinkContextOfConnector(name, connector)
                : new SourceContextOfConnector(name, connector);
    }

    private class ContextOfConnector implements ConnectorContext {
        final String name;
        final RunningConnector connector;

        ContextOfConnector(String name, RunningConnector connector) {
            this.name = name;
            this.connector = connector;
        }

        @Override
        public void requestTaskReconfiguration() {
            own(
                    () -> {
                        reconfigure(name, connector);
                        return true;
                    });
        }

        @Override
        public void raiseError(Exception e) {
            log.error("connector {} reports an error", name, e);
            connector.status = Status.failed(e);
        }

        @Override
        public PluginMetrics pluginMetrics() {
            return connector.metrics;
        }
    }

    private final class SinkContextOfConnector extends ContextOfConnector
            implements SinkConnectorContext {
        SinkContextOfConnector(String name, RunningConnector connector) {
            super(name, connector);
        }
    }

    private final class SourceContextOfConnector extends ContextOfConnector
            implements SourceConnectorContext {
        SourceContextOfConnector(String name, RunningConnector connector) {
            super(name, connector);
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return new ConnectorOffsets(offsets, name);
        }
    }

    /** Stops all connectors; tasks commit their last offsets. Idempotent. */
    @Override
    public void close() {
        CompletableFuture<Boolean> stopped =
                own(
                        () -> {
                            stopTasks(List.copyOf(connectors.values()));
                            connectors.forEach(Worker::stopPlugin);
                            connectors.clear();
                            return true;
                        });
        owner.shutdown();
        try {
            stopped.get(
                    config.millis(WorkerConfig.SHUTDOWN_TIMEOUT_MS) + 30_000,
                    TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            log.debug("stopped before, or some connector hangs", e);
        }
        committer.shutdownNow();
        resolver.close();
        plugins.close();
    }
}
