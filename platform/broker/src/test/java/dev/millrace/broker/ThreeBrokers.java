package dev.millrace.broker;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.journal.MetadataRequest;
import dev.millrace.cluster.journal.SharedJournal;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;

/** Brokers 1, 2 and 3 in one process, on a shared journal: one cluster for stock clients. */
final class ThreeBrokers {
    private static final String HOST = "127.0.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** What belongs to one of them while it runs. */
    private record Running(Vertx vertx, SharedCluster cluster, Broker broker) {}

    private final Path directory;
    private final Map<String, String> properties;
    private final SharedJournal journal;
    private final SharedLiveGroups liveGroups = new SharedLiveGroups();
    private final Map<Integer, Running> running = new TreeMap<>();
    private final Map<Integer, Integer> ports = new HashMap<>();

    ThreeBrokers(Path directory, Map<String, String> properties) throws Exception {
        this.directory = directory;
        this.properties =
                new HashMap<>(
                        Map.of(
                                "offsets.topic.num.partitions",
                                "3",
                                "offsets.topic.replication.factor",
                                "3",
                                "transaction.state.log.num.partitions",
                                "3",
                                "transaction.state.log.replication.factor",
                                "3",
                                "transaction.state.log.min.isr",
                                "2",
                                "num.network.threads",
                                "1",
                                "millrace.shutdown.grace.ms",
                                "200",
                                "replica.lag.time.max.ms",
                                "2000",
                                PeerListener.NAME,
                                HOST + ":0"));
        this.properties.putAll(properties);
        this.journal =
                new SharedJournal(
                        "AAAAAAAAAAAAAAAAAAAAAA", new ClusterRules(2_000, 500, 1, false, 0));
        for (int id = 1; id <= 3; id++) {
            start(id);
        }
        // Whichever is asked first: it hears of the others a little later than the journal.
        await().atMost(PATIENCE)
                .until(
                        () ->
                                running.values().stream()
                                        .allMatch(
                                                each ->
                                                        each
                                                                        .cluster
                                                                        .image()
                                                                        .brokers()
                                                                        .values()
                                                                        .stream()
                                                                        .filter(b -> b.isActive())
                                                                        .count()
                                                                == 3));
    }

    /** On the port that it had before, if it ran before. */
    void start(int id) throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        SharedCluster cluster = new SharedCluster(id, journal, liveGroups);
        Map<String, String> own = new HashMap<>(properties);
        own.putIfAbsent("broker.rack", rack(id));
        Broker broker =
                Broker.start(
                                vertx,
                                cluster,
                                new BrokerConfig(
                                        id,
                                        HOST,
                                        ports.getOrDefault(id, 0),
                                        List.of(directory.resolve("logs-" + id)),
                                        own))
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(20, TimeUnit.SECONDS);
        ports.put(id, broker.address().getPort());
        running.put(id, new Running(vertx, cluster, broker));
    }

    Clients clients() {
        return new Clients(bootstrapServers());
    }

    String bootstrapServers() {
        return IntStream.rangeClosed(1, 3)
                .mapToObj(id -> HOST + ":" + ports.get(id))
                .collect(Collectors.joining(","));
    }

    /** Each is in a rack of its own. */
    static String rack(int id) {
        return "rack-" + id;
    }

    String address(int id) {
        return HOST + ":" + ports.get(id);
    }

    Broker broker(int id) {
        return running(id).broker;
    }

    SharedCluster cluster(int id) {
        return running(id).cluster;
    }

    private Running running(int id) {
        Running found = running.get(id);
        if (found == null) {
            throw new IllegalStateException("broker " + id + " does not run");
        }
        return found;
    }

    MetadataImage.Partition state(TopicPartition tp) {
        return journal.image().topic(tp.topic()).orElseThrow().partitions().get(tp.partition());
    }

    int leaderOf(TopicPartition tp) {
        return state(tp).leader();
    }

    void awaitIsr(TopicPartition tp, Integer... members) {
        await().atMost(PATIENCE)
                .until(() -> state(tp).isr().stream().sorted().toList().equals(List.of(members)));
    }

    /** Its session is over: others lead what it led, whether or not it knows. */
    void fence(int id) {
        journal.ask(
                new MetadataRequest.FenceBroker(
                        id, requireNonNull(journal.image().brokers().get(id)).brokerEpoch()));
    }

    /** Without a word to anybody; the cluster finds out at once. */
    void kill(int id) throws Exception {
        Running gone = running(id);
        running.remove(id);
        gone.cluster.cutOff();
        stop(gone);
        fence(id);
    }

    /** Controlled shutdown. */
    void stop(int id) throws Exception {
        Running gone = running(id);
        running.remove(id);
        stop(gone);
        fence(id);
    }

    private static void stop(Running gone) throws Exception {
        gone.broker.stop().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        gone.cluster.close();
        gone.vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    void close() throws Exception {
        for (Running each : running.values()) {
            each.cluster.cutOff();
            stop(each);
        }
        running.clear();
    }
}
