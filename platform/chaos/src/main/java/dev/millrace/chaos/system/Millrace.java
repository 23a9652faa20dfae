package dev.millrace.chaos.system;

import dev.millrace.chaos.place.Network;
import dev.millrace.chaos.place.Network.Port;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Our distribution, with the settings that its documentation asks of a node of a cluster. */
public final class Millrace implements SystemUnderTest {
    private final Network network;
    private final int nodes;
    private final Path distribution;
    private final Map<String, String> extraSettings;

    /**
     * @param distribution the unpacked one: {@code bin/millrace} is in it
     * @param extraSettings broker settings that differ
     */
    public Millrace(
            Network network, int nodes, Path distribution, Map<String, String> extraSettings) {
        this.network = network;
        this.nodes = nodes;
        this.distribution = distribution;
        this.extraSettings = extraSettings;
    }

    @Override
    public String name() {
        return "Millrace";
    }

    @Override
    public void prepare(int node, Path directory, Path disk) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("node.id", Integer.toString(node));
        settings.put("broker.rack", "r" + node);
        settings.put("listeners", "PLAINTEXT://" + network.bind(node, Port.CLIENTS));
        settings.put("advertised.listeners", "PLAINTEXT://" + network.reach(node, Port.CLIENTS));
        settings.put("millrace.http.listener", network.bind(node, Port.CLIENTS).host() + ":0");
        settings.put("millrace.peer.listener", network.bind(node, Port.PEERS).toString());
        settings.put("millrace.cluster.peers", each(i -> network.bind(i, Port.PEERS).toString()));
        settings.put("log.dirs", disk.resolve("topics").toString());
        settings.put("metadata.log.dir", disk.resolve("metadata").toString());
        settings.put("millrace.state.dir", disk.resolve("state").toString());
        settings.put("offsets.topic.replication.factor", "3");
        settings.put("offsets.topic.num.partitions", "4");
        settings.put("transaction.state.log.replication.factor", "3");
        settings.put("transaction.state.log.min.isr", "2");
        settings.put("transaction.state.log.num.partitions", "4");
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.putAll(extraSettings);
        Files.writeString(
                directory.resolve("server.properties"),
                settings.entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + entry.getValue())
                                .collect(Collectors.joining("\n"))
                        + "\n");
    }

    @Override
    public boolean flushesBeforeAcknowledging() {
        return "disk".equals(extraSettings.get("millrace.ack.durability"));
    }

    @Override
    public boolean peersMayBeBehindProxies() {
        return false;
    }

    @Override
    public List<String> command(int node, Path directory) {
        return List.of(
                distribution.resolve("bin/millrace").toString(),
                "start",
                "--config",
                directory.resolve("server.properties").toString());
    }

    @Override
    public Map<String, String> environment(int node) {
        return Map.of("MILLRACE_HEAP_OPTS", "-Xms128m -Xmx512m");
    }

    @Override
    public String bootstrap() {
        return each(i -> network.reach(i, Port.CLIENTS).toString());
    }

    private String each(IntFunction<String> of) {
        return IntStream.rangeClosed(1, nodes).mapToObj(of).collect(Collectors.joining(","));
    }
}
