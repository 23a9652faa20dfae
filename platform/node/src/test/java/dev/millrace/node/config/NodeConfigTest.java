package dev.millrace.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeConfigTest {
    @TempDir private Path dir;

    @Test
    void without_anything_said_a_node_is_1_on_loopback_with_its_data_in_the_current_directory() {
        NodeConfig config = of(null, null, null, null);
        assertThat(config.nodeId()).isEqualTo(1);
        assertThat(config.kafka()).hasToString("127.0.0.1:9092");
        assertThat(config.http()).hasToString("127.0.0.1:8080");
        assertThat(config.logDirs()).containsExactly(Path.of("data/topics"));
        assertThat(config.metadataDir()).isEqualTo(Path.of("data/metadata"));
        assertThat(config.stateDir()).isEqualTo(Path.of("data/state"));
        assertThat(config.warnings()).isEmpty();
    }

    @Test
    void a_classic_server_properties_is_taken_and_what_has_no_effect_is_said() throws IOException {
        NodeConfig config =
                of(
                        file(
                                "broker.id=2",
                                "listeners=PLAINTEXT://127.0.0.1:9093",
                                "log.dirs=/tmp/kafka-logs-2, /tmp/kafka-logs-3",
                                "num.io.threads=8",
                                "zookeeper.connect=localhost:2181"),
                        null,
                        null,
                        null);
        assertThat(config.nodeId()).isEqualTo(2);
        assertThat(config.kafka()).hasToString("127.0.0.1:9093");
        assertThat(config.logDirs())
                .containsExactly(Path.of("/tmp/kafka-logs-2"), Path.of("/tmp/kafka-logs-3"));
        assertThat(config.metadataDir()).isEqualTo(Path.of("/tmp/kafka-logs-2/.metadata"));
        assertThat(config.warnings())
                .hasSize(2)
                .anyMatch(w -> w.startsWith("num.io.threads has no effect"))
                .anyMatch(w -> w.startsWith("zookeeper.connect has no effect"));
    }

    @Test
    void the_command_line_wins_over_set_and_set_over_the_file() throws IOException {
        Path file = file("num.partitions=1", "listeners=PLAINTEXT://127.0.0.1:1111");
        NodeConfig config =
                of(
                        file,
                        null,
                        "127.0.0.1:3333",
                        null,
                        "num.partitions=2",
                        "listeners=PLAINTEXT://127.0.0.1:2222");
        assertThat(config.properties()).containsEntry("num.partitions", "2");
        assertThat(config.kafka()).hasToString("127.0.0.1:3333");
    }

    @Test
    void data_says_where_everything_lies_also_against_the_file() throws IOException {
        NodeConfig config = of(file("log.dirs=/elsewhere"), dir.resolve("d"), null, null);
        assertThat(config.logDirs()).containsExactly(dir.resolve("d/topics"));
        assertThat(config.warnings()).anyMatch(w -> w.contains("log.dirs is ignored"));
    }

    @Test
    void clients_are_told_a_name_they_can_reach() {
        assertThat(of(null, null, "127.0.0.1:9092", null).properties())
                .containsEntry("advertised.listeners", "PLAINTEXT://127.0.0.1:9092");
        assertThat(of(null, null, "0.0.0.0:9092", null).properties().get("advertised.listeners"))
                .doesNotContain("0.0.0.0")
                .endsWith(":9092");
        assertThat(
                        of(
                                        null,
                                        null,
                                        "0.0.0.0:9092",
                                        null,
                                        "advertised.listeners=PLAINTEXT://mill.example:19092")
                                .properties())
                .containsEntry("advertised.listeners", "PLAINTEXT://mill.example:19092");
        assertThatThrownBy(
                        () ->
                                of(
                                        null,
                                        null,
                                        null,
                                        null,
                                        "advertised.listeners=PLAINTEXT://0.0.0.0:9092"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("reach");
    }

    @ParameterizedTest
    @CsvSource({
        "num.partitons=1, did you mean 'num.partitions'",
        "quite.something.else=1, unknown setting 'quite.something.else'",
        "num.partitions=0, from 1 to 2147483647",
        "num.partitions=two, not 'two'",
        "auto.create.topics.enable=yes, true or false",
        "compression.type=rar, zstd",
        "log.cleanup.policy=keep, 'a list of compact, delete'",
        "authorizer.class.name=my.Authorizer, classes of plugins are not loaded",
        "remote.log.storage.system.enable=true, there is no remote storage",
        "listeners=SSL://:9092, PLAINTEXT://HOST:PORT",
        "nonsense, KEY=VALUE"
    })
    void what_is_not_understood_is_refused_with_what_was_expected(String set, String says) {
        assertThatThrownBy(() -> of(null, null, null, null, set))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(says);
    }

    @Test
    void contradictions_are_refused() throws IOException {
        assertThatThrownBy(() -> of(null, null, null, null, "node.id=1", "broker.id=2"))
                .hasMessageContaining("differ");
        Path twice = file("num.partitions=1", "num.partitions=2");
        assertThatThrownBy(() -> of(twice, null, null, null))
                .hasMessageContaining("more than once");
        assertThatThrownBy(() -> of(dir.resolve("none"), null, null, null))
                .hasMessageContaining("no configuration file");
        assertThatThrownBy(() -> of(null, null, "9092", null)).hasMessageContaining("HOST:PORT");
        assertThatThrownBy(() -> of(null, null, "127.0.0.1:99999", null))
                .hasMessageContaining("HOST:PORT");
    }

    @Test
    void a_cluster_is_made_of_the_addresses_of_its_nodes() {
        NodeConfig config =
                of(
                        null,
                        dir,
                        null,
                        null,
                        "node.id=2",
                        "broker.rack=r",
                        "millrace.peer.listener=10.0.0.2:9093",
                        "millrace.cluster.peers=10.0.0.3:9093,"
                                + " 10.0.0.2:9093,10.0.0.1:9093,10.0.0.4:9093");

        assertThat(config.cluster().isAlone()).isFalse();
        assertThat(config.cluster().self()).hasToString("10.0.0.2:9093");
        assertThat(config.cluster().self().journalPort()).isEqualTo(9094);
        assertThat(config.cluster().self().hazelcastPort()).isEqualTo(9095);
        assertThat(config.cluster().peers()).hasSize(4);
        assertThat(config.cluster().voters())
                .as("an odd number, the same on all nodes")
                .extracting(Object::toString)
                .containsExactly("10.0.0.1:9093", "10.0.0.2:9093", "10.0.0.3:9093");
        assertThat(config.properties())
                .containsEntry("offsets.topic.replication.factor", "3")
                .containsEntry("transaction.state.log.min.isr", "2");
    }

    @Test
    void a_node_is_alone_unless_it_is_told_of_others() {
        NodeConfig config = of(null, dir, null, null, "node.id=7");

        assertThat(config.cluster().isAlone()).isTrue();
        assertThat(config.properties()).doesNotContainKey("offsets.topic.replication.factor");
    }

    @Test
    void a_node_with_a_listener_for_others_is_a_cluster_that_they_can_join() {
        NodeConfig first = of(null, dir, null, null, "millrace.peer.listener=h:9510");

        assertThat(first.warnings()).isEmpty();
        assertThat(first.cluster().isAlone()).isFalse();
        assertThat(first.cluster().voters()).containsExactly(first.cluster().self());
        assertThat(first.cluster().targetVoters()).isEqualTo(3);
        assertThat(first.properties()).doesNotContainKey("offsets.topic.replication.factor");
    }

    @Test
    void a_node_that_is_not_among_the_peers_joins_them() {
        NodeConfig fourth =
                of(
                        null,
                        dir,
                        null,
                        null,
                        "node.id=4",
                        "millrace.peer.listener=h:9540",
                        "millrace.cluster.peers=h:9510,h:9520,h:9530");

        assertThat(fourth.cluster().voters()).hasSize(3).doesNotContain(fourth.cluster().self());
        assertThat(fourth.properties()).containsEntry("offsets.topic.replication.factor", "3");
    }

    @Test
    void voters_that_are_named_are_as_many_as_there_are_to_be() {
        NodeConfig config =
                of(
                        null,
                        dir,
                        null,
                        null,
                        "node.id=1",
                        "millrace.peer.listener=a:1",
                        "millrace.cluster.peers=a:1,b:1,c:1",
                        "millrace.cluster.voters=a:1");

        assertThat(config.cluster().targetVoters()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "node.id=1 millrace.cluster.peers=a:1,b:1 | say with millrace.peer.listener",
                "millrace.peer.listener=a:1 millrace.cluster.peers=a:1,b:1 | node.id of its own",
                "node.id=1 millrace.peer.listener=a:2 millrace.cluster.peers=a:1,b:1 | at least 3"
                        + " apart",
                "node.id=1 millrace.peer.listener=a:1 millrace.cluster.peers=a:1,a:3 | at least 3"
                        + " apart",
                "node.id=1 millrace.peer.listener=a:1 millrace.cluster.peers=a:1,a:1 | twice",
                "node.id=1 millrace.peer.listener=a:1 millrace.cluster.peers=a:1,b:1,c:1"
                        + " millrace.cluster.voters=a:1,b:1 | 1, 3 or 5",
                "node.id=1 millrace.peer.listener=a:1 millrace.cluster.peers=a:1,b:1"
                        + " broker.session.timeout.ms=600 | at least twice",
                "millrace.cluster.peers=a | HOST:PORT"
            })
    void a_cluster_that_cannot_be_is_refused(String sets, String says) {
        assertThatThrownBy(() -> of(null, dir, null, null, sets.split(" ", -1)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(says);
    }

    private Path file(String... lines) throws IOException {
        return Files.write(dir.resolve("server.properties"), List.of(lines));
    }

    private static NodeConfig of(
            @Nullable Path file,
            @Nullable Path data,
            @Nullable String listen,
            @Nullable String http,
            String... sets) {
        return NodeConfig.of(new NodeConfig.Sources(file, data, listen, http, List.of(sets)));
    }
}
