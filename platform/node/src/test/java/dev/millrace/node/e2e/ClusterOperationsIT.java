package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster grows from one node, and one of its nodes is replaced while clients write. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterOperationsIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int SIGTERM = 128 + 15;

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
    void a_node_that_was_alone_becomes_the_first_of_three_and_loses_nothing() throws Exception {
        try (PackagedNode alone = PackagedNode.start(cluster.data(1), "--set", "node.id=1")) {
            String bootstrap = alone.kafka();
            assertThat(run("topics", "create", "kept", "-b", bootstrap).exitCode()).isZero();
            String lines =
                    IntStream.range(0, 100).mapToObj(i -> i + "\n").collect(Collectors.joining());
            assertThat(
                            PackagedNode.millrace(lines, "produce", "kept", "-b", bootstrap)
                                    .exitCode())
                    .isZero();
            assertThat(alone.stop()).isIn(0, SIGTERM);
        }

        cluster.start(1, List.of());
        Map<Integer, CompletableFuture<PackagedNode>> joining = new TreeMap<>();
        joining.put(2, cluster.starting(2, List.of(1)));
        joining.put(3, cluster.starting(3, List.of(1)));
        cluster.awaitStarted(joining);

        awaitJournal(1, "voter", 1, 2, 3);
        PackagedNode.Outcome replicated =
                run("cluster", "rebalance", "-r", "3", "--yes", "-b", cluster.kafka(3));
        assertThat(replicated.out()).as(replicated.err()).contains("done");
        JsonObject status = status(2);
        assertThat(status.getInteger("underReplicated")).isZero();
        assertThat(nodes(status)).allMatch(node -> node.getInteger("leaders") > 0);
        cluster.kill(1);
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptions()
                .until(() -> status(2).getInteger("withoutLeader") == 0 && !leads(1));
        PackagedNode.Outcome read =
                run(
                        "consume",
                        "kept",
                        "--from-beginning",
                        "--max",
                        "100",
                        "-b",
                        cluster.kafka(3));
        assertThat(read.out().lines()).hasSize(100);
        cluster.start(1, List.of());
    }

    @Test
    @Order(2)
    void a_node_of_another_cluster_or_with_the_id_of_one_that_runs_is_refused() throws Exception {
        try (PackagedNode other =
                PackagedNode.start(
                        cluster.data(6), cluster.options(6, List.of()).toArray(String[]::new))) {
            assertThat(other.stop()).isIn(0, SIGTERM);
        }
        String ours = status(1).getString("clusterId");

        PackagedNode.Outcome foreign = start(cluster.data(6), cluster.options(6, List.of(1, 2)));
        PackagedNode.Outcome twin =
                start(
                        dir.resolve("twin"),
                        cluster.options(5, List.of(1, 2)).stream()
                                .map(each -> each.equals("node.id=5") ? "node.id=3" : each)
                                .toList());

        assertThat(foreign.exitCode()).isEqualTo(1);
        assertThat(foreign.err()).contains("is of cluster " + ours, "millrace.cluster.peers");
        assertThat(twin.exitCode()).isEqualTo(1);
        assertThat(twin.err()).contains("node.id 3 belongs to the node at " + cluster.peer(3));
        assertThat(nodes(status(1))).hasSize(3);
        assertThat(run("topics", "list", "-b", cluster.kafka(3)).exitCode()).isZero();
    }

    @Test
    @Order(3)
    void a_node_is_replaced_while_clients_write() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.kafka(1)))) {
            NewTopic topic =
                    new NewTopic("ledger", Map.of(0, List.of(2, 1, 3)))
                            .configs(Map.of("min.insync.replicas", "2"));
            admin.createTopics(List.of(topic)).all().get();
        }
        String bootstrap = cluster.kafka(1) + "," + cluster.kafka(3);
        try (Ledger ledger = new Ledger(bootstrap, "ledger")) {
            cluster.start(4, List.of(1, 3));
            assertThat(run("cluster", "remove", "2", "-b", cluster.kafka(3)).err())
                    .contains("cluster drain 2");

            PackagedNode.Outcome drained = run("cluster", "drain", "2", "-b", cluster.kafka(3));

            assertThat(drained.out()).as(drained.err()).contains("holds nothing any more");
            assertThat(node(status(3), 2).getString("state")).isEqualTo("drained");
            assertThat(run("topics", "create", "new", "-p", "4", "-r", "3", "-b", bootstrap).err())
                    .isEmpty();
            assertThat(node(status(3), 2).getInteger("replicas")).isZero();
            PackagedNode.Outcome tooFew = run("cluster", "drain", "3", "-b", cluster.kafka(3));
            assertThat(tooFew.err()).contains("cannot hold", "3 replicas");

            assertThat(cluster.stop(2)).isIn(0, SIGTERM);
            PackagedNode.Outcome removed = run("cluster", "remove", "2", "-b", cluster.kafka(3));

            assertThat(removed.exitCode()).as(removed.err()).isZero();
            awaitJournal(3, "voter", 1, 3, 4);
            long sent = ledger.finish();
            assertThat(ledger.failures()).isEmpty();
            assertThat(Ledger.read(bootstrap, "ledger"))
                    .isEqualTo(LongStream.range(0, sent).boxed().toList());
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            assertThat(quorum.voters())
                    .extracting(QuorumInfo.ReplicaState::replicaId)
                    .containsExactlyInAnyOrder(1, 3, 4)
                    .contains(quorum.leaderId());
            assertThat(quorum.observers()).isEmpty();
        }
    }

    private static PackagedNode.Outcome run(String... arguments) throws Exception {
        return PackagedNode.millrace("", arguments);
    }

    /** Of a node that is expected to end by itself. */
    private static PackagedNode.Outcome start(Path data, List<String> options) throws Exception {
        List<String> line = new ArrayList<>(List.of("start", "--data", data.toString()));
        line.addAll(options);
        return PackagedNode.millrace("", line.toArray(String[]::new));
    }

    private static void awaitJournal(int asked, String role, int... nodeIds) {
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptions()
                .until(
                        () ->
                                IntStream.of(nodeIds)
                                        .allMatch(id -> role.equals(journal(asked, id))));
    }

    private static String journal(int asked, int nodeId) {
        try {
            return node(status(asked), nodeId).getString("journal", "");
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean leads(int nodeId) throws IOException, InterruptedException {
        return node(status(2), nodeId).getInteger("leaders") > 0;
    }

    private static JsonObject node(JsonObject status, int nodeId) {
        return nodes(status).stream()
                .filter(node -> node.getInteger("id") == nodeId)
                .findFirst()
                .orElseThrow();
    }

    private static List<JsonObject> nodes(JsonObject status) {
        return status.getJsonArray("nodes").stream().map(JsonObject.class::cast).toList();
    }

    private static JsonObject status(int id) throws IOException, InterruptedException {
        return new JsonObject(
                PackagedNode.millrace(
                                "", "cluster", "status", "--json", "--http", cluster.http(id))
                        .out());
    }
}
