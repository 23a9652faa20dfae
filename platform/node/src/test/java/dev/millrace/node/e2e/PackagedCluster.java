package dev.millrace.node.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/** Nodes of the distribution, each in a process of its own; three, unless more are asked for. */
public final class PackagedCluster implements AutoCloseable {
    public static final int NODES = 3;
    static final int MAX_NODES = 6;

    private final Path directory;
    private final List<String> settings;
    private final List<Integer> ports =
            new ArrayList<>(); // Kafka, HTTP, peers and the two after it
    private final Map<Integer, PackagedNode> running = new TreeMap<>();

    /**
     * @param settings of all nodes, as options: {@code --set name=value}
     */
    public PackagedCluster(Path directory, String... settings) {
        this.directory = directory;
        this.settings = List.of(settings);
        Set<Integer> taken = new HashSet<>();
        for (int id = 1; id <= MAX_NODES; id++) {
            ports.add(freePorts(taken));
        }
    }

    /** Five in a row, below those that the system hands out. */
    private static int freePorts(Set<Integer> taken) {
        for (int tries = 0; tries < 1_000; tries++) {
            int first = 10_000 + 5 * ThreadLocalRandom.current().nextInt(4_000);
            boolean free = taken.add(first);
            for (int port = first; port < first + 5 && free; port++) {
                free = isFree(port);
            }
            if (free) {
                return first;
            }
        }
        throw new AssertionError("no five free ports in a row");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    public String kafka(int id) {
        return "127.0.0.1:" + ports.get(id - 1);
    }

    String http(int id) {
        return "127.0.0.1:" + (ports.get(id - 1) + 1);
    }

    String peer(int id) {
        return "127.0.0.1:" + (ports.get(id - 1) + 2);
    }

    String bootstrap() {
        return List.of(1, 2, 3).stream().map(this::kafka).collect(Collectors.joining(","));
    }

    /** Begins to start a node; {@link #awaitStarted} or {@link #start} waits for its ready line. */
    public CompletableFuture<PackagedNode> starting(int id) {
        return starting(id, List.of(1, 2, 3));
    }

    /**
     * @param peers that it is told of; none = it is the first
     */
    CompletableFuture<PackagedNode> starting(int id, List<Integer> peers) {
        List<String> options = new ArrayList<>(options(id, peers));
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return PackagedNode.start(data(id), options.toArray(String[]::new));
                    } catch (IOException | InterruptedException e) {
                        throw new CompletionException(e);
                    }
                });
    }

    public Path data(int id) {
        return directory.resolve("node-" + id);
    }

    /** But {@code --data}. */
    List<String> options(int id, List<Integer> peers) {
        List<String> options =
                new ArrayList<>(
                        List.of(
                                "--listen",
                                kafka(id),
                                "--http",
                                http(id),
                                "--set",
                                "node.id=" + id,
                                "--set",
                                "millrace.peer.listener=" + peer(id)));
        options.addAll(settings);
        if (!peers.isEmpty()) {
            options.add("--set");
            options.add(
                    "millrace.cluster.peers="
                            + peers.stream().map(this::peer).collect(Collectors.joining(",")));
        }
        return options;
    }

    void start(int id, List<Integer> peers) {
        running.put(id, starting(id, peers).join());
    }

    public void awaitStarted(Map<Integer, CompletableFuture<PackagedNode>> starting) {
        starting.forEach((id, node) -> running.put(id, node.join()));
    }

    public void start(int id) {
        running.put(id, starting(id).join());
    }

    /** SIGKILL. */
    public void kill(int id) {
        node(id).kill();
        running.remove(id);
    }

    /** SIGTERM; the exit code. */
    int stop(int id) throws InterruptedException {
        PackagedNode node = node(id);
        running.remove(id);
        return node.stop();
    }

    PackagedNode node(int id) {
        PackagedNode node = running.get(id);
        if (node == null) {
            throw new AssertionError("node " + id + " does not run");
        }
        return node;
    }

    /** One that runs. */
    int any() {
        return running.keySet().iterator().next();
    }

    @Override
    public void close() {
        running.values().forEach(PackagedNode::close);
    }
}
