package dev.millrace.streams.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.state.HostInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers questions about the stores of an application, on any of its instances about any key:
 *
 * <pre>{@code
 * KafkaStreams streams = new KafkaStreams(topology, properties);   // application.server=host:7070
 * StoreServer server = StoreServer.of(streams, "host:7070")
 *         .keyValue("counts", KeyFormat.strings())
 *         .start();
 * streams.start();
 *
 * GET /stores/counts/keys/tea  ->  200 {"key":"tea","value":3,"timestamp":1700000000000}
 * }</pre>
 *
 * What is not there is 404; while a key moves, or whoever has it does not answer, it is 503 with
 * {@code Retry-After}. With {@code ?stale=true} a standby may answer then, and says so with the
 * header {@code Millrace-Stale}. A range is asked of all instances, and comes whole or not at all.
 *
 * <p>At most {@value #THREADS} questions are answered at once and {@value #MAX_WAITING} wait; the
 * connections of more are closed.
 */
public final class StoreServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreServer.class);
    private static final int THREADS = 8;
    private static final int MAX_WAITING = 256;
    private static final int BACKLOG = 128;
    private static final String RETRY_AFTER_SECONDS = "1";

    private final KafkaStreams streams;
    private final HostInfo self;
    private final Map<String, Served<?>> stores = new LinkedHashMap<>();
    private final ThreadPoolExecutor executor;
    private @Nullable HttpServer server;
    private @Nullable Router router;

    private StoreServer(KafkaStreams streams, HostInfo self) {
        this.streams = streams;
        this.self = self;
        AtomicInteger number = new AtomicInteger();
        executor =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        10,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(MAX_WAITING),
                        runnable -> {
                            Thread thread =
                                    new Thread(
                                            runnable,
                                            "millrace-stores-http-" + number.incrementAndGet());
                            thread.setDaemon(true);
                            return thread;
                        });
        executor.allowCoreThreadTimeOut(true);
    }

    /**
     * @param endpoint HOST:PORT; the instance's {@code application.server}, by which the others
     *     know it
     */
    public static StoreServer of(KafkaStreams streams, String endpoint) {
        HostInfo self = HostInfo.buildFromEndpoint(endpoint);
        if (self == null) {
            throw new IllegalArgumentException(
                    "The endpoint is HOST:PORT, the instance's application.server; it is empty");
        }
        return new StoreServer(streams, self);
    }

    public StoreServer keyValue(String store, KeyFormat<?> keys) {
        return serve(store, Served.Kind.KEY_VALUE, keys, UnaryOperator.identity());
    }

    /** Every instance has all of a global store. */
    public StoreServer global(String store, KeyFormat<?> keys) {
        return serve(store, Served.Kind.GLOBAL, keys, UnaryOperator.identity());
    }

    public StoreServer windows(String store, KeyFormat<?> keys) {
        return serve(store, Served.Kind.WINDOWS, keys, UnaryOperator.identity());
    }

    public StoreServer sessions(String store, KeyFormat<?> keys) {
        return serve(store, Served.Kind.SESSIONS, keys, UnaryOperator.identity());
    }

    public StoreServer versioned(String store, KeyFormat<?> keys) {
        return serve(store, Served.Kind.VERSIONED, keys, UnaryOperator.identity());
    }

    /**
     * How values of a store are shown, which is there already.
     *
     * @param render makes a text, number, map or list of a value; without it, of what JSON does not
     *     know its {@code toString()} is shown
     */
    public StoreServer rendered(String store, Function<Object, Object> render) {
        stores.computeIfPresent(store, (name, served) -> rendered(served, render));
        return this;
    }

    private static <K> Served<K> rendered(Served<K> served, Function<Object, Object> render) {
        return new Served<>(
                served.name(), served.kind(), served.keys(), render, served.partitioner());
    }

    /**
     * A store of values whose keys are partitioned in a way of their own.
     *
     * @param partitioner as the producers of its topic use it; asked without a value
     */
    public <K> StoreServer keyValue(
            String store, KeyFormat<K> keys, StreamPartitioner<K, ?> partitioner) {
        stores.put(
                store,
                new Served<>(
                        store, Served.Kind.KEY_VALUE, keys, UnaryOperator.identity(), partitioner));
        return this;
    }

    private <K> StoreServer serve(
            String store, Served.Kind kind, KeyFormat<K> keys, Function<Object, Object> render) {
        stores.put(store, new Served<>(store, kind, keys, render, null));
        return this;
    }

    /**
     * Listens, before or after the application starts: until it runs, answers are 503.
     *
     * @throws IOException when the port is taken
     */
    public StoreServer start() throws IOException {
        HttpServer made =
                HttpServer.create(new InetSocketAddress(self.host(), self.port()), BACKLOG);
        Router routes = new Router(streams, self, Map.copyOf(stores), new Peers(self, executor));
        made.createContext("/", exchange -> handle(routes, exchange));
        made.setExecutor(executor);
        made.start();
        server = made;
        router = routes;
        LOG.info("Stores {} are served at http://{}:{}", stores.keySet(), self.host(), self.port());
        return this;
    }

    /** Answers given here, by standbys, asked elsewhere, not given; and requests that wait. */
    public Map<String, Long> metrics() {
        Router routes = router;
        Map<String, Long> all = new TreeMap<>(routes == null ? Map.of() : routes.counts());
        all.put("waiting", (long) executor.getQueue().size());
        return all;
    }

    private void handle(Router routes, HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("GET")) {
            exchange.getResponseHeaders().set("Allow", "GET");
            send(
                    exchange,
                    new Refused(
                                    405,
                                    "method",
                                    "Stores are read: GET, not " + exchange.getRequestMethod())
                            .answer());
            return;
        }
        String partition = exchange.getRequestHeaders().getFirst(Peers.PARTITION);
        boolean forwarded = exchange.getRequestHeaders().containsKey(Peers.FORWARDED_BY);
        Question question;
        Integer known;
        try {
            question = Question.parse(exchange.getRequestURI());
            known = partition == null ? null : Integer.valueOf(partition);
        } catch (Refused e) {
            send(exchange, e.answer());
            return;
        } catch (NumberFormatException e) {
            send(
                    exchange,
                    new Refused(
                                    400,
                                    "bad_partition",
                                    Peers.PARTITION + " is no number: " + partition)
                            .answer());
            return;
        }
        // The answer of another instance is sent when it comes: no thread waits for it.
        routes.answer(question, forwarded, known)
                .thenAccept(
                        answer -> {
                            try {
                                send(exchange, answer);
                            } catch (IOException e) {
                                LOG.debug("The client did not wait for its answer", e);
                                exchange.close();
                            }
                        });
    }

    private void send(HttpExchange exchange, Answer answer) throws IOException {
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        if (answer.isUnavailable()) {
            exchange.getResponseHeaders().set("Retry-After", RETRY_AFTER_SECONDS);
        }
        if (answer.stale()) {
            exchange.getResponseHeaders().set(Peers.STALE, "true");
        }
        exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    /** Answers what is under way, for up to a second. */
    @Override
    public void close() {
        HttpServer listening = server;
        if (listening != null) {
            listening.stop(1);
        }
        executor.shutdown();
    }
}
