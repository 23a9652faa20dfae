package dev.millrace.console;

import dev.millrace.console.RecordsQuery.Start;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The console of one node: its page at {@code /} and the HTTP API behind it under {@code /api}.
 *
 * <pre>
 * GET  /api/cluster                nodes and controller
 * GET  /api/topics                 names, counts, sizes, rates
 * GET  /api/topics/{t}             partitions, configs
 * GET  /api/topics/{t}/records     a page of records
 * POST /api/topics/{t}/records     produce one
 * GET  /api/topics/{t}/tail        new records, Server-Sent Events
 * GET  /api/topics/{t}/table       latest value of each key; as Server-Sent Events: with changes
 * GET  /api/groups                 consumer groups and lag
 * GET  /api/events                 the list of topics with its changes, Server-Sent Events
 * </pre>
 *
 * Refusals are {@code {"error":{"message":...,"status":...}}} under the HTTP status of their kind.
 */
public final class ConsoleApi {
    private static final Logger LOG = LoggerFactory.getLogger(ConsoleApi.class);

    private static final int WORKERS = 4;
    private static final int MAX_REQUESTS_IN_FLIGHT = 64;
    private static final long MAX_BODY_BYTES = 2 * 1024 * 1024;
    private static final Duration TABLE_DEADLINE = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final ConsoleConfig config;
    private final KafkaClients clients;
    private final WorkerExecutor workers;
    private final ClusterReader cluster;
    private final GroupsReader groups;
    private final RecordReader reader;
    private final RecordWriter writer;
    private final LiveStreams streams;
    private final TopicsOverview overview;
    private final AtomicInteger inFlight = new AtomicInteger();

    private ConsoleApi(Vertx vertx, ConsoleConfig config) {
        this.vertx = vertx;
        this.config = config;
        clients = new KafkaClients(config);
        workers =
                vertx.createSharedWorkerExecutor("millrace-console", WORKERS, 1, TimeUnit.MINUTES);
        cluster = new ClusterReader(clients, config.bootstrapServers());
        groups = new GroupsReader(cluster::admin);
        reader = new RecordReader(clients);
        writer = new RecordWriter(clients, cluster);
        streams = new LiveStreams(config, clients);
        overview =
                new TopicsOverview(
                        vertx,
                        cluster,
                        reading -> workers.executeBlocking(reading, false),
                        config.bootstrapServers());
    }

    /**
     * Adds the console's routes to a router. The SQL screens of the page use {@code POST /sql} and
     * {@code /sql/ws}, which the SQL module mounts on the same router; before or after makes no
     * difference. Nothing is connected before the first visit.
     */
    public static ConsoleApi mount(Router router, Vertx vertx, ConsoleConfig config) {
        ConsoleApi console = new ConsoleApi(vertx, config);
        PageRoutes.mount(router, vertx);
        console.routes(router);
        return console;
    }

    /** Tails and tables that hold a consumer now. */
    int liveStreams() {
        return streams.running();
    }

    /** Ends every live stream and closes the clients. */
    public Future<Void> close() {
        overview.close();
        streams.close();
        return workers.<Void>executeBlocking(
                        () -> {
                            writer.close();
                            cluster.close();
                            return null;
                        },
                        false)
                .eventually(workers::close);
    }

    private void routes(Router router) {
        router.get("/api/cluster").handler(request -> answer(request, cluster::cluster));
        router.get("/api/topics").handler(request -> reply(request, overview.current()));
        router.get("/api/events").handler(this::events);
        router.get("/api/topics/:topic")
                .handler(request -> answer(request, () -> cluster.topic(topic(request))));
        router.get("/api/topics/:topic/records").handler(this::records);
        router.post("/api/topics/:topic/records")
                .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY_BYTES))
                .handler(this::checkWrite)
                .handler(this::produce);
        router.get("/api/topics/:topic/tail").handler(this::tail);
        router.get("/api/topics/:topic/table").handler(this::table);
        router.get("/api/groups").handler(request -> answer(request, groups::groups));
        router.route("/api/*")
                .handler(
                        request ->
                                refuse(
                                        request,
                                        new ApiException(
                                                404,
                                                request.request().method()
                                                        + " "
                                                        + request.normalizedPath()
                                                        + " does not exist")));
        router.route("/api/*").failureHandler(this::failed);
    }

    private void events(RoutingContext request) {
        overview.follow(SseStream.open(vertx, request));
    }

    private void records(RoutingContext request) {
        guarded(
                request,
                () -> {
                    RecordsQuery query = RecordsQuery.parse(request.queryParams(), config);
                    answer(request, () -> reader.page(topic(request), query));
                });
    }

    private void tail(RoutingContext request) {
        guarded(
                request,
                () -> {
                    String resume = request.request().getHeader("Last-Event-ID");
                    Start start =
                            resume == null || resume.isBlank()
                                    ? RecordsQuery.start(request.queryParams(), new Start.Latest())
                                    : new Start.From(Positions.parse(resume));
                    stream(request, new RecordTail(config, start));
                });
    }

    private void table(RoutingContext request) {
        String accept = request.request().getHeader("Accept");
        if (accept != null && accept.contains("text/event-stream")) {
            guarded(request, () -> stream(request, new TopicTable(config)));
        } else {
            guarded(
                    request,
                    () -> {
                        Set<Integer> partitions = RecordsQuery.partitions(request.queryParams());
                        answer(request, () -> snapshot(topic(request), partitions));
                    });
        }
    }

    private JsonObject snapshot(String topic, Set<Integer> partitions) {
        try (TopicConsumer consumer =
                TopicConsumer.open(clients, "millrace-console-table", topic, partitions)) {
            return new TopicTable(config).snapshot(consumer, TABLE_DEADLINE);
        }
    }

    /** The topic is looked up first, so that a wrong name is an HTTP 404 and not a dead stream. */
    private void stream(RoutingContext request, LiveStreams.Feed feed) {
        String topic = topic(request);
        Set<Integer> partitions = RecordsQuery.partitions(request.queryParams());
        blocking(() -> cluster.describeOne(topic))
                .onSuccess(
                        exists ->
                                guarded(
                                        request,
                                        () -> {
                                            if (request.response().closed()) {
                                                return;
                                            }
                                            streams.admit();
                                            streams.run(
                                                    "millrace-console-" + topic,
                                                    partitions,
                                                    topic,
                                                    SseStream.open(vertx, request),
                                                    feed);
                                        }))
                .onFailure(failure -> refuse(request, failure));
    }

    /** A page from elsewhere must not be able to write through the browser of someone who can. */
    private void checkWrite(RoutingContext request) {
        String type = request.request().getHeader("Content-Type");
        String origin = request.request().getHeader("Origin");
        String host = request.request().getHeader("Host");
        if (type == null || !type.startsWith("application/json")) {
            refuse(request, new ApiException(415, "Content-Type must be application/json"));
        } else if (origin != null && !origin.replaceFirst("^https?://", "").equals(host)) {
            refuse(request, new ApiException(403, "requests from " + origin + " are not accepted"));
        } else {
            request.next();
        }
    }

    private void produce(RoutingContext request) {
        String body = request.body().asString();
        answer(request, () -> writer.write(topic(request), body == null ? "" : body));
    }

    private static String topic(RoutingContext request) {
        return request.pathParam("topic");
    }

    private void answer(RoutingContext request, Supplier<JsonObject> blocking) {
        reply(request, blocking(blocking::get));
    }

    private <T> Future<T> blocking(Callable<T> question) {
        if (inFlight.incrementAndGet() > MAX_REQUESTS_IN_FLIGHT) {
            inFlight.decrementAndGet();
            return Future.failedFuture(
                    new ApiException(503, "too many requests at the same time; try again"));
        }
        return workers.executeBlocking(question, false)
                .onComplete(done -> inFlight.decrementAndGet());
    }

    private void reply(RoutingContext request, Future<JsonObject> answer) {
        answer.onSuccess(
                        json ->
                                request.response()
                                        .putHeader("Content-Type", "application/json")
                                        .putHeader("Cache-Control", "no-store")
                                        .putHeader("X-Content-Type-Options", "nosniff")
                                        .end(json.toBuffer()))
                .onFailure(failure -> refuse(request, failure));
    }

    private void guarded(RoutingContext request, Runnable handler) {
        try {
            handler.run();
        } catch (ApiException refusal) {
            refuse(request, refusal);
        }
    }

    private void failed(RoutingContext request) {
        Throwable cause = request.failure();
        refuse(
                request,
                cause != null
                        ? cause
                        : new ApiException(
                                request.statusCode(),
                                request.statusCode() == 413
                                        ? "the body is larger than " + MAX_BODY_BYTES + " bytes"
                                        : "the request was refused"));
    }

    private void refuse(RoutingContext request, Throwable failure) {
        ApiException answer = ApiException.from(failure, config.bootstrapServers());
        if (answer.status() == 500) {
            LOG.warn("{} {}", request.request().method(), request.normalizedPath(), failure);
        }
        if (request.response().ended() || request.response().closed()) {
            return;
        }
        request.response()
                .setStatusCode(answer.status())
                .putHeader("Content-Type", "application/json")
                .putHeader("X-Content-Type-Options", "nosniff")
                .end(LiveStreams.errorJson(answer).toBuffer());
    }
}
