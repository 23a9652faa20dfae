package dev.millrace.connect;

import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Connect worker of one process: connectors from files, source offsets in a file, Kafka Connect's
 * REST API. Its files are those of Apache Kafka's {@code connect-standalone}.
 */
public final class ConnectStandalone implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ConnectStandalone.class);
    private static final long START_TIMEOUT_MS = 60_000;

    private final Worker worker;
    private final Vertx vertx;
    private final RestApi rest;
    private final CountDownLatch closed = new CountDownLatch(1);

    private ConnectStandalone(Worker worker, Vertx vertx, RestApi rest) {
        this.worker = worker;
        this.vertx = vertx;
        this.rest = rest;
    }

    /**
     * Starts the worker and its connectors, and returns when they run.
     *
     * @param connectors settings by connector
     * @throws ConnectException (or Kafka's {@code ConfigException}, its sibling) with one line that
     *     says what is wrong; nothing runs then
     */
    public static ConnectStandalone start(
            Map<String, String> workerSettings, List<Map<String, String>> connectors) {
        WorkerConfig config = new WorkerConfig(workerSettings);
        URI listener = config.listener();
        Worker worker = new Worker(config);
        Vertx vertx = Vertx.vertx();
        try {
            RestApi rest = RestApi.listen(vertx, worker, config, listener);
            for (Map<String, String> connector : connectors) {
                ConnectorView started = await(worker.create(connector));
                started.status()
                        .trace()
                        .ifPresent(
                                trace -> {
                                    throw new ConnectException(
                                            "connector "
                                                    + started.name()
                                                    + " failed: "
                                                    + trace.lines().findFirst().orElse(""));
                                });
            }
            return new ConnectStandalone(worker, vertx, rest);
        } catch (RuntimeException e) {
            worker.close();
            vertx.close();
            throw e;
        }
    }

    /**
     * Reads the files and starts.
     *
     * @param workerFile Java properties
     * @param connectorFiles Java properties, or JSON: a flat object of settings, or {@code {"name",
     *     "config": {...}}}
     */
    public static ConnectStandalone start(Path workerFile, Path... connectorFiles) {
        Map<String, String> workerSettings = readProperties(workerFile);
        List<Map<String, String>> connectors =
                Arrays.stream(connectorFiles).map(ConnectStandalone::readConnector).toList();
        return start(workerSettings, connectors);
    }

    /** Returns when the process has been told to end and everything is closed. */
    public void awaitEnd() throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "connect-shutdown"));
        closed.await();
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get(START_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | CompletionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof RuntimeException known) {
                throw known;
            }
            throw new ConnectException(String.valueOf(cause), cause);
        } catch (TimeoutException e) {
            throw new ConnectException("not started within " + START_TIMEOUT_MS + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while starting", e);
        }
    }

    private static Map<String, String> readProperties(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new ConnectException("there is no file " + file, e);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConnectException(file + " is not a properties file: " + e.getMessage(), e);
        }
        Map<String, String> settings = new TreeMap<>();
        properties
                .stringPropertyNames()
                .forEach(k -> settings.put(k, properties.getProperty(k).trim()));
        return settings;
    }

    private static Map<String, String> readConnector(Path file) {
        if (!file.toString().endsWith(".json")) {
            return readProperties(file);
        }
        try {
            JsonObject json = new JsonObject(Files.readString(file));
            JsonObject config = json.getJsonObject("config");
            Map<String, String> settings = new HashMap<>();
            (config == null ? json : config)
                    .forEach(
                            entry ->
                                    settings.put(entry.getKey(), String.valueOf(entry.getValue())));
            if (config != null) {
                settings.put(ConnectorConfig.NAME, json.getString("name"));
            }
            return settings;
        } catch (NoSuchFileException e) {
            throw new ConnectException("there is no file " + file, e);
        } catch (IOException | DecodeException | ClassCastException e) {
            throw new ConnectException(file + " is not a JSON object: " + e.getMessage(), e);
        }
    }

    /** Port of the REST API. */
    public int restPort() {
        return rest.port();
    }

    /** Stops tasks and connectors, and commits the last offsets. Idempotent. */
    @Override
    public void close() {
        try {
            worker.close();
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.warn("the REST API did not stop properly", e);
        } finally {
            closed.countDown();
        }
    }
}
