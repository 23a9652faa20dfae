package dev.millrace.node;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.console.ConsoleApi;
import dev.millrace.console.ConsoleConfig;
import dev.millrace.node.config.HostPort;
import dev.millrace.node.config.NodeConfig;
import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.http.SqlHttp;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The node's HTTP listener: console, its API, SQL, {@code /metrics}, {@code /health}. It listens at
 * once, so that a port in use is known early and class loading overlaps with the rest of the start;
 * until {@link #open} every request is answered 503.
 */
final class HttpSide {
    private final Vertx vertx;
    private final NodeConfig config;
    private final Router router;
    private @Nullable SqlEngine engine;
    private @Nullable ConsoleApi console;
    private volatile boolean open;
    private volatile @Nullable Cluster cluster;
    private volatile Supplier<String> moreMetrics = () -> "";

    HttpSide(Vertx vertx, NodeConfig config, PrometheusMeterRegistry metrics) {
        this.vertx = vertx;
        this.config = config;
        this.router = Router.router(vertx);
        router.get("/metrics")
                .handler(
                        context ->
                                context.response()
                                        .putHeader(
                                                "Content-Type",
                                                "text/plain; version=0.0.4; charset=utf-8")
                                        .end(metrics.scrape() + moreMetrics.get()));
        router.get("/health").handler(context -> health(context.response()));
        router.get("/api/cluster/status").handler(context -> status(context.response()));
    }

    private void health(HttpServerResponse response) {
        Cluster joined = cluster;
        BrokerRegistration self =
                joined == null ? null : joined.image().brokers().get(config.nodeId());
        String problem = "";
        if (joined == null || self == null) {
            problem = "this node is not in the cluster";
        } else if (!joined.isCurrent()) {
            problem = "the cluster has no quorum, or this node cannot reach it";
        } else if (self.fenced()) {
            problem = "this node is fenced until it has caught up";
        }
        JsonObject body = new JsonObject().put("status", problem.isEmpty() ? "ready" : "not ready");
        if (!problem.isEmpty()) {
            body.put("reason", problem);
            response.setStatusCode(503);
        }
        response.putHeader("Content-Type", "application/json").end(body.encode());
    }

    private void status(HttpServerResponse response) {
        Cluster joined = cluster;
        if (joined == null) {
            response.setStatusCode(503).end();
            return;
        }
        // While there is no leader to ask, the rest is still worth to be known.
        Future.fromCompletionStage(joined.quorum(), vertx.getOrCreateContext())
                .map(Optional::of)
                .otherwise(Optional.empty())
                .onSuccess(
                        quorum ->
                                response.putHeader("Content-Type", "application/json")
                                        .end(
                                                ClusterStatus.of(
                                                                config.cluster(),
                                                                joined.image(),
                                                                quorum)
                                                        .encode()));
    }

    /**
     * @param text Prometheus' text format, shown behind the node's own
     */
    void showMetrics(Supplier<String> text) {
        moreMetrics = text;
    }

    /** Completes with the address that was bound. */
    Future<InetSocketAddress> listen() {
        HttpServerOptions options =
                new HttpServerOptions()
                        .setHost(config.http().host())
                        .setPort(config.http().port())
                        .setIdleTimeout(600)
                        .setCompressionSupported(true);
        return vertx.createHttpServer(options)
                .requestHandler(this::handle)
                .listen()
                .map(server -> new InetSocketAddress(config.http().host(), server.actualPort()));
    }

    private void handle(HttpServerRequest request) {
        if (open) {
            router.handle(request);
            return;
        }
        request.response()
                .setStatusCode(503)
                .putHeader("Retry-After", "1")
                .putHeader("Content-Type", "application/json")
                .end("{\"error\":{\"message\":\"the node is starting\"}}");
    }

    /**
     * @param kafka where this node's broker listens by now
     */
    void open(HostPort kafka, Cluster joined) {
        cluster = joined;
        // Definitions live as long as committed offsets do.
        int copies =
                Integer.parseInt(
                        config.properties().getOrDefault("offsets.topic.replication.factor", "1"));
        SqlEngine started =
                SqlEngine.start(
                        vertx,
                        SqlConfig.of(kafka.toString(), config.stateDir().resolve("sql"))
                                .withDefinitionsReplication(copies));
        engine = started;
        SqlHttp.mount(router, started);
        console = ConsoleApi.mount(router, vertx, ConsoleConfig.of(kafka.toString()));
        open = true;
    }

    /** Loads what a first query would wait for, in the background. */
    void warmUp() {
        if (engine != null) {
            engine.warmUp();
        }
    }

    /** Ends queries and live streams. Blocks while the engine's applications close. */
    Future<Void> close() {
        if (engine != null) {
            engine.close();
        }
        return console == null ? Future.succeededFuture() : console.close();
    }
}
