package dev.millrace.chaos.system;

import dev.millrace.chaos.place.Network;
import dev.millrace.chaos.place.Network.Port;
import dev.millrace.chaos.place.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Apache Kafka in KRaft combined mode, every node broker and controller, with the settings of the
 * {@code server.properties} that it comes with; replication factors are those of three nodes.
 */
public final class ApacheKafka implements SystemUnderTest {
    // Identifiers as Kafka writes them: 22 characters of URL-safe base64.
    private static final String CLUSTER_ID = "bXJjaGFvcy1jbHVzdGVyMQ";
    private static final List<String> DIRECTORY_IDS =
            List.of("bXJjaGFvcy1kaXItbm9kZQ", "bXJjaGFvcy1kaXItbm9kZg", "bXJjaGFvcy1kaXItbm9kZw");

    private final Network network;
    private final int nodes;
    private final String classPath;
    private final Map<String, String> extraSettings;

    /**
     * @param classPath with kafka_2.13 and what it needs
     * @param extraSettings broker settings that differ
     */
    public ApacheKafka(
            Network network, int nodes, String classPath, Map<String, String> extraSettings) {
        this.network = network;
        this.nodes = nodes;
        this.classPath = classPath;
        this.extraSettings = extraSettings;
    }

    @Override
    public String name() {
        return "Apache Kafka";
    }

    @Override
    public void prepare(int node, Path directory, Path disk) throws IOException {
        Path data = disk.resolve("data");
        Path properties = directory.resolve("server.properties");
        Files.writeString(
                properties,
                String.join(
                        "\n",
                        "process.roles=broker,controller",
                        "node.id=" + node,
                        "broker.rack=r" + node,
                        "controller.quorum.bootstrap.servers="
                                + each(i -> network.reach(i, Port.PEERS).toString()),
                        "listeners=PLAINTEXT://"
                                + network.bind(node, Port.CLIENTS)
                                + ",CONTROLLER://"
                                + network.bind(node, Port.PEERS),
                        "advertised.listeners=PLAINTEXT://"
                                + network.reach(node, Port.CLIENTS)
                                + ",CONTROLLER://"
                                + network.reach(node, Port.PEERS),
                        "inter.broker.listener.name=PLAINTEXT",
                        "controller.listener.names=CONTROLLER",
                        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                        "log.dirs=" + data,
                        "offsets.topic.replication.factor=3",
                        "offsets.topic.num.partitions=4",
                        "transaction.state.log.replication.factor=3",
                        "transaction.state.log.min.isr=2",
                        "transaction.state.log.num.partitions=4",
                        "share.coordinator.state.topic.replication.factor=3",
                        "share.coordinator.state.topic.min.isr=2",
                        "group.initial.rebalance.delay.ms=0",
                        extraSettings.entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + entry.getValue())
                                .collect(Collectors.joining("\n")),
                        ""));
        String initial =
                each(i -> i + "@" + network.reach(i, Port.PEERS) + ":" + DIRECTORY_IDS.get(i - 1));
        Shell.Outcome formatted =
                Shell.attempt(
                        List.of(
                                java(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-cp",
                                classPath,
                                "kafka.tools.StorageTool",
                                "format",
                                "-t",
                                CLUSTER_ID,
                                "-c",
                                properties.toString(),
                                "--initial-controllers",
                                initial));
        if (!formatted.succeeded()) {
            throw new IOException("kafka-storage format failed: " + formatted.output());
        }
    }

    @Override
    public boolean flushesBeforeAcknowledging() {
        return "1".equals(extraSettings.get("log.flush.interval.messages"));
    }

    @Override
    public List<String> command(int node, Path directory) {
        return List.of(
                java(),
                "-Xms256m",
                "-Xmx512m",
                "-server",
                "-XX:+UseG1GC",
                "-XX:MaxGCPauseMillis=20",
                "-Djava.awt.headless=true",
                "-Dlogback.configurationFile=chaos-kafka-logback.xml",
                "-Dlog4j2.level=INFO",
                "-Dkafka.logs.dir=" + directory,
                "-cp",
                classPath,
                "kafka.Kafka",
                directory.resolve("server.properties").toString());
    }

    @Override
    public Map<String, String> environment(int node) {
        return Map.of();
    }

    @Override
    public String bootstrap() {
        return each(i -> network.reach(i, Port.CLIENTS).toString());
    }

    private String each(IntFunction<String> of) {
        return IntStream.rangeClosed(1, nodes).mapToObj(of).collect(Collectors.joining(","));
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
