package dev.millrace.streams.http;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.state.HostInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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
 * <p>At most {@value #THREADS} questions are answered at once and {@value #MAX_WAITING} wait; of
 * more the answer is 503. A client has 5 s to send a request, of 16 KiB at most, and 10 s to take
 * the answer; a connection without requests is closed after 30 s; there are 1024 of them at most.
 */
public final class StoreServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreServer.class);
    private static final int THREADS = 8;
    private static final int MAX_WAITING = 256;

    /** As requests have them. */
    private static final String FORWARDED_BY = Peers.FORWARDED_BY.toLowerCase(Locale.ROOT);

    private static final String PARTITION = Peers.PARTITION.toLowerCase(Locale.ROOT);

    private final KafkaStreams streams;
    private final HostInfo self;
    private final Map<String, Served<?>> stores = new LinkedHashMap<>();
    private final ThreadPoolExecutor executor;
    private @Nullable HttpPort port;
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
        Router routes = new Router(streams, self, Map.copyOf(stores), new Peers(self, executor));
        port =
                new HttpPort(
                        new InetSocketAddress(self.host(), self.port()),
                        HttpLimits.DEFAULT,
                        (request, reply) -> handle(routes, request, reply),
                        executor);
        router = routes;
        LOG.info("Stores {} are served at http://{}:{}", stores.keySet(), self.host(), self.port());
        return this;
    }

    /**
     * Answers given here, by standbys, asked elsewhere, not given; requests that wait, that did not
     * arrive in time; connections, and those that were one too many.
     */
    public Map<String, Long> metrics() {
        Router routes = router;
        HttpPort listening = port;
        Map<String, Long> all = new TreeMap<>(routes == null ? Map.of() : routes.counts());
        all.putAll(listening == null ? Map.of() : listening.counts());
        all.put("waiting", (long) executor.getQueue().size());
        return all;
    }

    /** The answer of another instance is sent when it comes: no thread waits for it. */
    private static void handle(Router routes, HttpHead request, Consumer<Answer> reply) {
        try {
            if (!request.method().equals("GET")) {
                throw new Refused(405, "method", "Stores are read: GET, not " + request.method());
            }
            if (request.hasBody()) {
                throw new Refused(400, "bad_request", "A question has no body");
            }
            boolean forwarded = request.headers().containsKey(FORWARDED_BY);
            routes.answer(Question.parse(request.target()), forwarded, partition(request))
                    .thenAccept(reply);
        } catch (Refused e) {
            reply.accept(e.answer());
        }
    }

    private static @Nullable Integer partition(HttpHead request) {
        String partition = request.headers().get(PARTITION);
        try {
            return partition == null ? null : Integer.valueOf(partition);
        } catch (NumberFormatException e) {
            throw new Refused(
                    400, "bad_partition", Peers.PARTITION + " is no number: " + partition);
        }
    }

    /** Answers what is under way, for up to a second. */
    @Override
    public void close() {
        HttpPort listening = port;
        if (listening != null) {
            listening.close();
        }
        executor.shutdown();
    }
}
