package dev.millrace.connect;

import dev.millrace.connect.plugin.Plugins;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.errors.AlreadyExistsException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.NotFoundException;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.source.SourceConnector;
import org.jspecify.annotations.Nullable;

/**
 * The part of Kafka Connect's REST API that a standalone worker needs.
 *
 * <pre>
 * GET    /                                {"version","commit","kafka_cluster_id"}
 * GET    /connectors[?expand=status|info] names, or an object by name
 * POST   /connectors                      {"name","config":{}} : 201, 400, 409
 * GET    /connectors/:name[/config|/status|/tasks|/offsets]
 * PUT    /connectors/:name/config         201 or 200 with the connector
 * PUT    /connectors/:name/pause|resume   202
 * POST   /connectors/:name/restart        204
 * DELETE /connectors/:name                204
 * GET    /connectors/:name/tasks/:task/status
 * GET    /connector-plugins[?connectorsOnly=false]
 * errors {"error_code":404,"message":"Connector x not found"}
 * </pre>
 */
final class RestApi {
    private static final long LISTEN_TIMEOUT_S = 10;
    private static final Set<Class<?>> CONNECTORS =
            Set.of(SinkConnector.class, SourceConnector.class);
    private static final long MAX_BODY_BYTES = 1 << 20;
    private static final String VERSION =
            Objects.requireNonNullElse(
                    RestApi.class.getPackage().getImplementationVersion(), "0.1.0");

    private final Worker worker;
    private final WorkerConfig config;
    private final Vertx vertx;
    private String workerId = "";
    private int port;

    private RestApi(Vertx vertx, Worker worker, WorkerConfig config) {
        this.vertx = vertx;
        this.worker = worker;
        this.config = config;
    }

    static RestApi listen(Vertx vertx, Worker worker, WorkerConfig config, URI listener) {
        RestApi api = new RestApi(vertx, worker, config);
        String host = listener.getHost() == null ? "0.0.0.0" : listener.getHost();
        HttpServer server = vertx.createHttpServer().requestHandler(api.router());
        try {
            api.port =
                    server.listen(listener.getPort(), host)
                            .toCompletionStage()
                            .toCompletableFuture()
                            .get(LISTEN_TIMEOUT_S, TimeUnit.SECONDS)
                            .actualPort();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while starting", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new ConnectException(
                    "listeners: cannot listen on "
                            + listener
                            + " ("
                            + e.getCause()
                            + "): is another worker running?",
                    e);
        }
        api.workerId = host + ":" + api.port;
        return api;
    }

    int port() {
        return port;
    }

    private Router router() {
        Router router = Router.router(vertx);
        router.route().handler(BodyHandler.create(false).setBodyLimit(MAX_BODY_BYTES));
        router.get("/").handler(this::root);
        router.get("/connectors").handler(this::listConnectors);
        router.post("/connectors").handler(this::create);
        router.get("/connector-plugins").handler(this::listPlugins);
        router.get("/connectors/:name").handler(c -> one(c, this::info));
        router.get("/connectors/:name/config").handler(c -> one(c, view -> json(view.settings())));
        router.get("/connectors/:name/status").handler(c -> one(c, this::status));
        router.get("/connectors/:name/tasks").handler(c -> one(c, RestApi::tasks));
        router.get("/connectors/:name/tasks/:task/status")
                .handler(c -> one(c, view -> taskStatus(view, c.pathParam("task"))));
        router.get("/connectors/:name/offsets")
                .handler(c -> answer(c, worker.sourceOffsets(name(c)), 200, RestApi::offsets));
        router.put("/connectors/:name/config").handler(this::replace);
        router.put("/connectors/:name/pause").handler(c -> pause(c, true));
        router.put("/connectors/:name/resume").handler(c -> pause(c, false));
        router.post("/connectors/:name/restart")
                .handler(c -> answer(c, worker.restart(name(c)), 204, view -> null));
        router.delete("/connectors/:name")
                .handler(c -> answer(c, worker.delete(name(c)), 204, nothing -> null));
        router.errorHandler(404, c -> error(c, 404, "HTTP 404 Not Found"));
        router.errorHandler(405, c -> error(c, 405, "HTTP 405 Method Not Allowed"));
        return router;
    }

    private static String name(RoutingContext context) {
        return context.pathParam("name");
    }

    private void root(RoutingContext context) {
        JsonObject root = new JsonObject().put("version", VERSION).put("commit", "unknown");
        clusterId()
                .onComplete(
                        id ->
                                send(
                                        context,
                                        200,
                                        root.put(
                                                "kafka_cluster_id",
                                                id.succeeded() ? id.result() : null)));
    }

    private Future<String> clusterId() {
        return vertx.executeBlocking(
                () -> {
                    Map<String, Object> settings =
                            new HashMap<>(config.originalsWithPrefix("admin."));
                    settings.put(WorkerConfig.BOOTSTRAP_SERVERS, config.bootstrapServers());
                    try (Admin admin = Admin.create(settings)) {
                        return admin.describeCluster().clusterId().get(5, TimeUnit.SECONDS);
                    }
                });
    }

    private void listConnectors(RoutingContext context) {
        List<String> expand = context.queryParam("expand");
        answer(
                context,
                worker.list(),
                200,
                views -> {
                    if (expand.isEmpty()) {
                        return new JsonArray(views.stream().map(ConnectorView::name).toList());
                    }
                    JsonObject byName = new JsonObject();
                    for (ConnectorView view : views) {
                        JsonObject expanded = new JsonObject();
                        if (expand.contains("status")) {
                            expanded.put("status", status(view));
                        }
                        if (expand.contains("info")) {
                            expanded.put("info", info(view));
                        }
                        byName.put(view.name(), expanded);
                    }
                    return byName;
                });
    }

    private void create(RoutingContext context) {
        JsonObject body = body(context);
        if (body == null) {
            return;
        }
        Map<String, String> settings = settings(body.getJsonObject("config", new JsonObject()));
        settings.put(ConnectorConfig.NAME, body.getString("name", ""));
        answer(context, worker.create(settings), 201, this::info);
    }

    private void replace(RoutingContext context) {
        JsonObject body = body(context);
        if (body == null) {
            return;
        }
        Map<String, String> settings = settings(body);
        settings.put(ConnectorConfig.NAME, name(context));
        answer(context, worker.createOrReplace(settings), 200, this::info);
    }

    private static @Nullable JsonObject body(RoutingContext context) {
        try {
            JsonObject body = context.body().asJsonObject();
            if (body != null) {
                return body;
            }
        } catch (DecodeException | ClassCastException e) {
            error(context, 400, "expected a JSON object: " + e.getMessage());
            return null;
        }
        error(context, 400, "expected a JSON object, got nothing");
        return null;
    }

    private static Map<String, String> settings(JsonObject config) {
        Map<String, String> settings = new HashMap<>();
        config.forEach(
                entry -> {
                    if (entry.getValue() != null) {
                        settings.put(entry.getKey(), entry.getValue().toString());
                    }
                });
        return settings;
    }

    private void pause(RoutingContext context, boolean pause) {
        answer(context, worker.pause(name(context), pause), 202, nothing -> null);
    }

    private void one(RoutingContext context, Function<ConnectorView, @Nullable Object> body) {
        answer(context, worker.get(name(context)), 200, body);
    }

    private JsonObject info(ConnectorView view) {
        JsonArray tasks = new JsonArray();
        for (int task = 0; task < view.taskSettings().size(); task++) {
            tasks.add(taskId(view, task));
        }
        return new JsonObject()
                .put("name", view.name())
                .put("config", json(view.settings()))
                .put("tasks", tasks)
                .put("type", view.type());
    }

    private JsonObject status(ConnectorView view) {
        JsonArray tasks = new JsonArray();
        for (int task = 0; task < view.tasks().size(); task++) {
            tasks.add(status(new JsonObject().put("id", task), view.tasks().get(task)));
        }
        return new JsonObject()
                .put("name", view.name())
                .put("connector", status(new JsonObject(), view.status()))
                .put("tasks", tasks)
                .put("type", view.type());
    }

    private JsonObject status(JsonObject json, Status status) {
        json.put("state", status.state().name()).put("worker_id", workerId);
        status.trace().ifPresent(trace -> json.put("trace", trace));
        return json;
    }

    private JsonObject taskStatus(ConnectorView view, String task) {
        for (int number = 0; number < view.tasks().size(); number++) {
            if (task.equals("" + number)) {
                return status(new JsonObject().put("id", number), view.tasks().get(number));
            }
        }
        throw new NotFoundException("No status found for task " + view.name() + "-" + task);
    }

    private static JsonArray tasks(ConnectorView view) {
        JsonArray tasks = new JsonArray();
        for (int task = 0; task < view.taskSettings().size(); task++) {
            tasks.add(
                    new JsonObject()
                            .put("id", taskId(view, task))
                            .put("config", json(view.taskSettings().get(task))));
        }
        return tasks;
    }

    private static JsonObject taskId(ConnectorView view, int task) {
        return new JsonObject().put("connector", view.name()).put("task", task);
    }

    private static JsonObject offsets(Map<Map<String, Object>, Map<String, Object>> found) {
        JsonArray offsets = new JsonArray();
        found.forEach(
                (partition, offset) ->
                        offsets.add(
                                new JsonObject()
                                        .put("partition", new JsonObject(partition))
                                        .put("offset", new JsonObject(offset))));
        return new JsonObject().put("offsets", offsets);
    }

    private void listPlugins(RoutingContext context) {
        boolean onlyConnectors = !context.queryParam("connectorsOnly").contains("false");
        answer(
                context,
                worker.plugins(),
                200,
                listed -> {
                    JsonArray plugins = new JsonArray();
                    for (Plugins.Listed plugin : listed) {
                        if (!onlyConnectors || CONNECTORS.contains(plugin.service())) {
                            plugins.add(
                                    new JsonObject()
                                            .put("class", plugin.className())
                                            .put("type", type(plugin.service())));
                        }
                    }
                    return plugins;
                });
    }

    /** SinkConnector: sink; HeaderConverter: header_converter. */
    private static String type(Class<?> service) {
        return service.getSimpleName()
                .replaceFirst("Connector$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", "_")
                .toLowerCase(Locale.ROOT);
    }

    private static JsonObject json(Map<String, String> settings) {
        return new JsonObject(new HashMap<>(settings));
    }

    private static <T> void answer(
            RoutingContext context,
            CompletableFuture<T> result,
            int status,
            Function<T, @Nullable Object> body) {
        Future.fromCompletionStage(result, context.vertx().getOrCreateContext())
                .<@Nullable Object>map(body)
                .onSuccess(json -> send(context, status, json))
                .onFailure(failure -> failed(context, failure));
    }

    private static void failed(RoutingContext context, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        int status =
                cause instanceof NotFoundException
                        ? 404
                        : cause instanceof AlreadyExistsException
                                ? 409
                                : cause instanceof ConfigException ? 400 : 500;
        error(context, status, String.valueOf(cause.getMessage()));
    }

    private static void error(RoutingContext context, int status, String message) {
        send(context, status, new JsonObject().put("error_code", status).put("message", message));
    }

    private static void send(RoutingContext context, int status, @Nullable Object json) {
        context.response().setStatusCode(status);
        if (json == null) {
            context.end();
        } else {
            context.response().putHeader("content-type", "application/json");
            context.end(Json.encode(json));
        }
    }
}
