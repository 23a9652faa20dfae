package dev.millrace.node;

import dev.millrace.broker.Broker;
import dev.millrace.broker.BrokerConfig;
import dev.millrace.broker.BrokerMetrics;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.ClusterConfig;
import dev.millrace.node.config.HostPort;
import dev.millrace.node.config.NodeConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node: the cluster's voice here, the broker, and the HTTP side, started as far as
 * possible at the same time and stopped in the reverse order.
 */
public final class Node {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);
    private static final int START_TIMEOUT_S = 120; // a large log may have to be recovered
    private static final int STOP_TIMEOUT_S = 10;
    private static final int FIRST_QUORUM_NOTE_S = 5;
    private static final int NEXT_QUORUM_NOTE_S = 30;

    /** What ends one part; errors are logged and do not keep the next part from ending. */
    @FunctionalInterface
    private interface Stop {
        void run() throws Exception;
    }

    private final Deque<Stop> stops = new ArrayDeque<>();
    private HostPort kafka = new HostPort("", 0);
    private HostPort http = new HostPort("", 0);
    private @Nullable HttpSide httpSide;
    private boolean stopped;
    private final CompletableFuture<String> failed = new CompletableFuture<>();

    private Node() {}

    /**
     * Starts everything and returns when clients can connect. Blocks; call from a thread of your
     * own.
     *
     * @throws NodeStartException with one line for the user; nothing is left running
     */
    public static Node start(NodeConfig config) {
        Node node = new Node();
        try {
            node.startParts(config);
            return node;
        } catch (ExecutionException e) {
            node.stop();
            throw failure(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            node.stop();
            throw new NodeStartException(
                    "the node was not ready within " + START_TIMEOUT_S + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            node.stop();
            throw new NodeStartException("interrupted while starting", e);
        } catch (RuntimeException e) {
            node.stop();
            throw e;
        }
    }

    private static String text(Throwable cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.toString() : message;
    }

    private static NodeStartException failure(Throwable cause) {
        if (cause instanceof NodeStartException known) {
            return known;
        }
        LOG.debug("start failed", cause);
        String text = cause.getMessage();
        return new NodeStartException(
                text == null || text.isBlank() ? cause.getClass().getSimpleName() : text, cause);
    }

    private void startParts(NodeConfig config)
            throws ExecutionException, InterruptedException, TimeoutException {
        // Before anything is created: a port in use must leave no trace.
        assertFree(config.kafka(), "--listen");
        assertFree(config.http(), "--http");
        Directories directories = Directories.open(config);
        stops.push(directories::close);

        CompletionStage<Cluster> clusterStarting = Cluster.start(config.cluster());
        Vertx vertx =
                Vertx.vertx(
                        new VertxOptions()
                                .setEventLoopPoolSize(
                                        Math.max(2, Runtime.getRuntime().availableProcessors())));
        stops.push(() -> await(vertx.close(), STOP_TIMEOUT_S));
        // Loads its classes while the journal opens; answers 503 until the broker listens.
        PrometheusMeterRegistry metrics = Metrics.registry();
        HttpSide httpSide = new HttpSide(vertx, config, metrics);
        Future<InetSocketAddress> httpListening = httpSide.listen();

        Cluster cluster = joined(clusterStarting, config.cluster());
        stops.push(cluster::close);
        cluster.onFailure(cause -> failed.complete(text(cause)));
        Broker broker =
                await(
                        Broker.start(
                                vertx,
                                cluster,
                                new BrokerConfig(
                                        config.nodeId(),
                                        config.kafka().host(),
                                        config.kafka().port(),
                                        config.logDirs(),
                                        config.properties()),
                                new BrokerMetrics(metrics)),
                        START_TIMEOUT_S);
        stops.push(() -> await(broker.stop(), STOP_TIMEOUT_S));
        broker.failed().onFailure(cause -> failed.complete(text(cause)));
        broker.onOfflineDirectory(
                path -> {
                    if (config.metadataDir().toAbsolutePath().startsWith(path.toAbsolutePath())) {
                        failed.complete(
                                "log directory "
                                        + path
                                        + ", which holds the metadata journal, is offline; free"
                                        + " space on the disk, or repair it, then start the node"
                                        + " again");
                    }
                });
        kafka = address(config.kafka(), broker.address().getPort());
        http = address(config.http(), await(httpListening, START_TIMEOUT_S).getPort());
        httpSide.showMetrics(broker::clientMetrics);
        httpSide.open(kafka, cluster);
        stops.push(() -> await(httpSide.close(), STOP_TIMEOUT_S));
        this.httpSide = httpSide;
    }

    /**
     * Waits for the cluster's metadata; in a cluster of several for as long as it takes, since the
     * others may be started later.
     */
    private static Cluster joined(CompletionStage<Cluster> starting, ClusterConfig config)
            throws ExecutionException, InterruptedException, TimeoutException {
        CompletableFuture<Cluster> cluster = starting.toCompletableFuture();
        if (config.isAlone()) {
            return cluster.get(START_TIMEOUT_S, TimeUnit.SECONDS);
        }
        for (int waitS = FIRST_QUORUM_NOTE_S; ; waitS = NEXT_QUORUM_NOTE_S) {
            try {
                return cluster.get(waitS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                if (config.voters().contains(config.self())) {
                    LOG.warn(
                            "No quorum yet: a majority of the voters {} has to run, and to reach"
                                    + " each other; this is {}, which goes on trying",
                            config.voters(),
                            config.self());
                } else {
                    LOG.warn(
                            "Not in a cluster yet: one of {} has to run, and to have a quorum;"
                                    + " this is {}, which goes on trying",
                            config.peers(),
                            config.self());
                }
            }
        }
    }

    private static <T> T await(Future<T> future, int timeoutSeconds)
            throws ExecutionException, InterruptedException, TimeoutException {
        return future.toCompletionStage()
                .toCompletableFuture()
                .get(timeoutSeconds, TimeUnit.SECONDS);
    }

    private static HostPort address(HostPort asked, int port) {
        return new HostPort(asked.host(), port);
    }

    private static void assertFree(HostPort address, String option) {
        if (address.port() == 0) {
            return;
        }
        try (ServerSocket probe = new ServerSocket()) {
            // As the servers themselves do: a closed listener's lingering connections do not count
            // as in use.
            probe.setReuseAddress(true);
            probe.bind(
                    new InetSocketAddress(InetAddress.getByName(address.host()), address.port()));
        } catch (UnknownHostException e) {
            throw new NodeStartException(
                    "there is no host '" + address.host() + "' to listen on", e);
        } catch (IOException e) {
            throw new NodeStartException(
                    "cannot listen on "
                            + address
                            + ": "
                            + String.valueOf(e.getMessage())
                            + (String.valueOf(e.getMessage()).contains("in use")
                                    ? "; another node may be running; choose another address with "
                                            + option
                                            + " HOST:PORT"
                                    : ""),
                    e);
        }
    }

    /**
     * Completes when the node cannot go on, because its journal or all of its log directories have
     * failed; with one line for the operator. The caller then stops it.
     */
    public CompletionStage<String> failed() {
        return failed;
    }

    /** Where Kafka clients connect. */
    public HostPort kafka() {
        return kafka;
    }

    /** Where the console and the HTTP API answer. */
    public HostPort http() {
        return http;
    }

    /**
     * Loads, in the background, what first requests would otherwise wait for. Called once the user
     * knows it is ready.
     */
    public void warmUp() {
        if (httpSide != null) {
            httpSide.warmUp();
        }
    }

    /** Ends everything, last started first, within seconds. Idempotent; any thread. */
    public synchronized void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        while (!stops.isEmpty()) {
            try {
                stops.pop().run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                LOG.warn("while stopping: {}", e.toString());
            }
        }
    }
}
