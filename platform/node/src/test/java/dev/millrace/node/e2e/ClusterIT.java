package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartitionInfo;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three processes are a cluster that survives the loss of any one. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String TOPIC = "ledger";
    private static final int SIGTERM = 128 + 15;

    /** On an idle machine it takes less than half of it. */
    private static final Duration FAILOVER_WITHIN = Duration.ofSeconds(10);

    @TempDir private static Path dir;
    private static PackagedCluster cluster;

    @BeforeAll
    static void choosePorts() {
        cluster = new PackagedCluster(dir);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    @Order(1)
    void a_node_waits_for_a_quorum_and_serves_nothing_until_there_is_one() throws Exception {
        Map<Integer, CompletableFuture<PackagedNode>> starting = new TreeMap<>();
        starting.put(3, cluster.starting(3));
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptions()
                .until(() -> get(3, "/health").statusCode() == 503);
        assertThat(starting.get(3)).isNotDone();

        starting.put(1, cluster.starting(1));
        starting.put(2, cluster.starting(2));
        cluster.awaitStarted(starting);

        for (int id = 1; id <= PackagedCluster.NODES; id++) {
            assertThat(get(id, "/health").statusCode()).isEqualTo(200);
        }
        assertThat(status().getJsonArray("nodes"))
                .hasSize(3)
                .allMatch(node -> ((JsonObject) node).getString("state").equals("ready"));
        PackagedNode.Outcome shown =
                PackagedNode.millrace("", "cluster", "status", "--http", cluster.http(2));
        assertThat(shown.out()).contains("NODE").contains("0 under-replicated");
    }

    @Test
    @Order(2)
    void what_was_acknowledged_survives_kill_9_of_its_leader_in_order_and_once() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrap()))) {
            NewTopic topic =
                    new NewTopic(TOPIC, 1, (short) 3).configs(Map.of("min.insync.replicas", "2"));
            admin.createTopics(List.of(topic)).all().get();
            try (Ledger ledger = new Ledger(cluster.bootstrap(), TOPIC)) {
                awaitProgress(ledger, 2_000, SOON);
                int leader = partition(admin).leader().id();

                cluster.kill(leader);
                // What was under way to it may still be answered; then nothing is.
                long before = ledger.acknowledged();
                awaitProgress(ledger, before + 2_000, FAILOVER_WITHIN);

                assertThat(partition(admin).leader().id()).isNotEqualTo(leader);
                assertThat(partition(admin).isr()).hasSize(2);
                cluster.start(leader);
                Awaitility.await().atMost(SOON).until(() -> partition(admin).isr().size() == 3);
                long sent = ledger.finish();

                assertThat(ledger.failures()).isEmpty();
                assertThat(ledger.acknowledged()).isEqualTo(sent);
                assertThat(Ledger.read(cluster.bootstrap(), TOPIC))
                        .isEqualTo(LongStream.range(0, sent).boxed().toList());
            }
        }
        awaitWell();
    }

    @Test
    @Order(3)
    void a_rolling_restart_loses_and_fails_nothing() throws Exception {
        String topic = "rolling";
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrap()))) {
            NewTopic wanted =
                    new NewTopic(topic, 1, (short) 3).configs(Map.of("min.insync.replicas", "2"));
            admin.createTopics(List.of(wanted)).all().get();
        }
        try (Ledger ledger = new Ledger(cluster.bootstrap(), topic)) {
            for (int id = 1; id <= PackagedCluster.NODES; id++) {
                awaitProgress(ledger, ledger.acknowledged() + 500, SOON);
                assertThat(cluster.stop(id)).as("exit code of node %d", id).isIn(0, SIGTERM);
                awaitProgress(ledger, ledger.acknowledged() + 500, FAILOVER_WITHIN);
                cluster.start(id);
                awaitWell();
            }
            long sent = ledger.finish();

            assertThat(ledger.failures()).isEmpty();
            assertThat(Ledger.read(cluster.bootstrap(), topic))
                    .isEqualTo(LongStream.range(0, sent).boxed().toList());
        }
    }

    private static void awaitProgress(Ledger ledger, long acknowledged, Duration within) {
        Awaitility.await()
                .atMost(within)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> ledger.acknowledged() >= acknowledged);
    }

    /** All nodes ready, no partition lacks a replica. */
    private static void awaitWell() {
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptions()
                .until(
                        () ->
                                status().getInteger("underReplicated") == 0
                                        && status().getJsonArray("nodes").stream()
                                                .allMatch(
                                                        node ->
                                                                ((JsonObject) node)
                                                                        .getString("state")
                                                                        .equals("ready")));
    }

    private static TopicPartitionInfo partition(Admin admin) throws Exception {
        return admin.describeTopics(List.of(TOPIC))
                .topicNameValues()
                .get(TOPIC)
                .get()
                .partitions()
                .get(0);
    }

    private static JsonObject status() throws Exception {
        return new JsonObject(get(cluster.any(), "/api/cluster/status").body());
    }

    private static HttpResponse<String> get(int id, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + cluster.http(id) + path))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
