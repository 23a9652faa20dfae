package dev.millrace.broker;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.ClusterConfig;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A broker for the tests of modules that speak the Kafka protocol: an embedded single node in a
 * temporary directory, or the broker named by the system property {@code millrace.test.bootstrap}
 * (for instance Apache Kafka, to see that a module works there too).
 */
public final class TestBroker implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final long TIMEOUT_S = 60;

    /** Test logs are small and many: what is large by default is not here. */
    private static final Map<String, String> SMALL =
            Map.of("offsets.topic.num.partitions", "4", "log.segment.delete.delay.ms", "0");

    /** Null where the broker is an external one. */
    private @Nullable Node node;

    private String bootstrapServers;

    private TestBroker(@Nullable Node node, String bootstrapServers) {
        this.node = node;
        this.bootstrapServers = bootstrapServers;
    }

    private record Node(
            Path directory,
            Map<String, String> properties,
            Vertx vertx,
            Cluster cluster,
            Broker broker) {}

    /** With Kafka's defaults, but fewer partitions of {@code __consumer_offsets}. */
    public static TestBroker start() {
        return start(Map.of());
    }

    /**
     * @param properties settings under Kafka's names; an external broker does not get them
     */
    public static TestBroker start(Map<String, String> properties) {
        String external = System.getProperty("millrace.test.bootstrap");
        if (external != null) {
            return new TestBroker(null, external);
        }
        Path directory;
        try {
            directory = Files.createTempDirectory("millrace-test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> all = new HashMap<>(SMALL);
        all.putAll(properties);
        Node node = startNode(directory, Map.copyOf(all), 0);
        return new TestBroker(node, HOST + ":" + node.broker.address().getPort());
    }

    /** Journal, logs and listener on {@code directory}, for a process that is killed. */
    static void startUntilKilled(Path directory, Map<String, String> properties, int port) {
        startNode(directory, properties, port);
    }

    private static Node startNode(Path directory, Map<String, String> properties, int port) {
        Vertx vertx = Vertx.vertx();
        Cluster cluster =
                await(Cluster.start(ClusterConfig.alone(1, directory.resolve("metadata"))));
        BrokerConfig config =
                new BrokerConfig(1, HOST, port, logDirs(directory, properties), properties);
        Broker broker = await(Broker.start(vertx, cluster, config).toCompletionStage());
        return new Node(directory, properties, vertx, cluster, broker);
    }

    /** {@code log.dirs} below the directory of the test. */
    private static List<Path> logDirs(Path directory, Map<String, String> properties) {
        return Arrays.stream(properties.getOrDefault("log.dirs", "logs").split(",", -1))
                .map(directory::resolve)
                .toList();
    }

    /** HOST:PORT */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Whether the broker runs in this process, so that it can be restarted. */
    public boolean embedded() {
        return node != null;
    }

    /** The one in this process. */
    Broker broker() {
        if (node == null) {
            throw new IllegalStateException("an external broker is not seen from inside");
        }
        return node.broker;
    }

    /** Stops the embedded broker cleanly and starts it again on its data and its port. */
    public void restart() {
        Node old = node;
        if (old == null) {
            throw new IllegalStateException("an external broker is not restarted");
        }
        int port = old.broker.address().getPort();
        stop(old);
        node = startNode(old.directory, old.properties, port);
    }

    /** Where the embedded broker keeps its partitions. */
    public Path logs() {
        if (node == null) {
            throw new IllegalStateException("an external broker keeps its logs to itself");
        }
        return node.directory.resolve("logs");
    }

    private static void stop(Node node) {
        await(node.broker.stop().toCompletionStage());
        node.cluster.close();
        await(node.vertx.close().toCompletionStage());
    }

    @Override
    public void close() {
        Node open = node;
        if (open == null) {
            return;
        }
        node = null;
        stop(open);
        try (Stream<Path> files = Files.walk(open.directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("not done after " + TIMEOUT_S + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
