package dev.millrace.console;

import dev.millrace.broker.TestBroker;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A console on a broker, at a port of its own: what tests talk to. Topics get names that no earlier
 * run used, because the broker may be one that lives longer than the tests.
 */
final class ConsoleServer implements AutoCloseable {
    private static final AtomicInteger NEXT_TOPIC = new AtomicInteger();
    private static final String RUN = Long.toString(System.nanoTime() & 0xFFFFFF, 36);

    private static final Sql NO_SQL = (router, vertx, bootstrapServers) -> () -> {};

    private final Vertx vertx = Vertx.vertx();
    private final TestBroker broker;
    private final ConsoleConfig config;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<String> created = new ArrayList<>();
    private final Router router = Router.router(vertx);
    private final ConsoleApi console;
    private final Runnable endSql;
    private HttpServer http;

    /** Mounts SQL on the console's router; what it returns ends it. */
    interface Sql {
        Runnable mount(Router router, Vertx vertx, String bootstrapServers);
    }

    private ConsoleServer(TestBroker broker, ConsoleConfig config, Sql sql) {
        this.broker = broker;
        this.config = config;
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
        admin = Admin.create(settings);
        producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        console = ConsoleApi.mount(router, vertx, config);
        endSql = sql.mount(router, vertx, broker.bootstrapServers());
        http = listen(0);
    }

    static ConsoleServer start() {
        TestBroker broker = TestBroker.start();
        return new ConsoleServer(broker, ConsoleConfig.of(broker.bootstrapServers()), NO_SQL);
    }

    static ConsoleServer startWithSql(Sql sql) {
        TestBroker broker = TestBroker.start();
        return new ConsoleServer(broker, ConsoleConfig.of(broker.bootstrapServers()), sql);
    }

    /**
     * With tight limits: 2 streams, a ring of 50 records, tables of 20 keys, values of 32 bytes.
     */
    static ConsoleServer startWithSmallLimits() {
        TestBroker broker = TestBroker.start();
        return new ConsoleServer(
                broker,
                new ConsoleConfig(broker.bootstrapServers(), Map.of(), 2, 100, 32, 50, 20),
                NO_SQL);
    }

    int port() {
        return http.actualPort();
    }

    String url(String path) {
        return "http://127.0.0.1:" + port() + path;
    }

    String bootstrapServers() {
        return config.bootstrapServers();
    }

    ConsoleApi console() {
        return console;
    }

    Admin admin() {
        return admin;
    }

    String newTopic(String prefix, int partitions) {
        return newTopic(prefix, partitions, Map.of());
    }

    String newTopic(String prefix, int partitions, Map<String, String> configs) {
        String name = prefix + "_" + RUN + "_" + NEXT_TOPIC.incrementAndGet();
        createTopic(name, partitions, configs);
        return name;
    }

    void createTopic(String name, int partitions, Map<String, String> configs) {
        get(
                admin.createTopics(
                                List.of(new NewTopic(name, partitions, (short) 1).configs(configs)))
                        .all()
                        .toCompletionStage()
                        .toCompletableFuture());
        created.add(name);
    }

    void produce(String topic, int partition, byte @Nullable [] key, byte @Nullable [] value) {
        get(producer.send(new ProducerRecord<>(topic, partition, key, value)));
    }

    void produce(String topic, int partition, @Nullable String key, @Nullable String value) {
        produce(topic, partition, bytes(key), bytes(value));
    }

    /** Sends without waiting for each; {@link #flush()} waits for all. */
    void send(String topic, String key, String value) {
        producer.send(new ProducerRecord<>(topic, bytes(key), bytes(value)));
    }

    void flush() {
        producer.flush();
    }

    static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** As if the node went away: its port refuses until {@link #comeBack}. */
    int goAway() {
        int port = port();
        get(http.close().toCompletionStage().toCompletableFuture());
        return port;
    }

    void comeBack(int port) {
        http = listen(port);
    }

    private HttpServer listen(int port) {
        return get(
                vertx.createHttpServer()
                        .requestHandler(router)
                        .listen(port, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture());
    }

    static <T> T get(java.util.concurrent.Future<T> answer) {
        try {
            return answer.get(20, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public void close() {
        endSql.run();
        get(console.close().toCompletionStage().toCompletableFuture());
        get(vertx.close().toCompletionStage().toCompletableFuture());
        if (!created.isEmpty()) {
            get(admin.deleteTopics(created).all().toCompletionStage().toCompletableFuture());
        }
        producer.close();
        admin.close();
        broker.close();
    }
}
