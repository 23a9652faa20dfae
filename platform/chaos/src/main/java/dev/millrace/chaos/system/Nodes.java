package dev.millrace.chaos.system;

import dev.millrace.chaos.place.Disks;
import dev.millrace.chaos.place.Network;
import dev.millrace.chaos.place.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of a cluster. Signals go to pids that this object has started, never to a name.
 * What a node prints is appended to {@code node-N/output} of the run's directory.
 *
 * <p>Called from one thread; {@link #close} from any.
 */
public final class Nodes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Nodes.class);
    private static final Duration GRACE = Duration.ofMinutes(1);

    private final SystemUnderTest system;
    private final Network network;
    private final Disks disks;
    private final Path directory;
    private final int count;
    private final IntFunction<Map<String, String>> environment;
    private final TreeMap<Integer, Process> processes = new TreeMap<>();
    private final Set<Integer> stopped = new HashSet<>();

    /**
     * @param environment of a node, besides what its system asks for
     */
    public Nodes(
            SystemUnderTest system,
            Network network,
            Disks disks,
            Path directory,
            int count,
            IntFunction<Map<String, String>> environment) {
        this.system = system;
        this.network = network;
        this.disks = disks;
        this.directory = directory;
        this.count = count;
        this.environment = environment;
    }

    public List<Integer> all() {
        return IntStream.rangeClosed(1, count).boxed().toList();
    }

    public void prepare() throws IOException {
        for (int node : all()) {
            Files.createDirectories(home(node));
            system.prepare(node, home(node), disks.of(node));
        }
    }

    /** Starts a node that does not run; does not wait for it. */
    public synchronized void start(int node) {
        if (runs(node)) {
            return;
        }
        ProcessBuilder builder =
                new ProcessBuilder(
                                network.at(
                                        node, disks.booted(node, system.command(node, home(node)))))
                        .directory(home(node).toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        home(node).resolve("output").toFile()));
        builder.environment().putAll(system.environment(node));
        builder.environment().putAll(environment.apply(node));
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            processes.put(node, process);
            network.started(node, process.pid());
        } catch (IOException e) {
            throw new UncheckedIOException("node " + node + " does not start", e);
        }
    }

    public void startAll() {
        all().forEach(this::start);
    }

    public synchronized boolean runs(int node) {
        Process process = processes.get(node);
        return process != null && process.isAlive();
    }

    /**
     * SIGKILL; the process is gone when this returns.
     *
     * @return {@link System#nanoTime()} when the signal had been sent
     */
    public synchronized long kill(int node) {
        Process process = processes.remove(node);
        stopped.remove(node);
        if (process == null) {
            return System.nanoTime();
        }
        process.destroyForcibly();
        long sentNs = System.nanoTime();
        process.onExit().join();
        return sentNs;
    }

    /** SIGTERM, and SIGKILL if that has not ended it within a minute; whether it ended in time. */
    public synchronized boolean stop(int node) {
        if (stopped.contains(node)) {
            resume(node); // SIGTERM would wait for it
        }
        Process process = processes.remove(node);
        if (process == null) {
            return true;
        }
        process.destroy();
        try {
            if (process.waitFor(GRACE.toSeconds(), TimeUnit.SECONDS)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.warn("node {} still runs {} s after SIGTERM: killed", node, GRACE.toSeconds());
        process.destroyForcibly().onExit().join();
        return false;
    }

    /** SIGSTOP: the process keeps its sockets and answers nothing. */
    public synchronized void suspend(int node) {
        signal("STOP", node).ifPresent(stopped::add);
    }

    /** SIGCONT. */
    public synchronized void resume(int node) {
        signal("CONT", node);
        stopped.remove(node);
    }

    private Optional<Integer> signal(String name, int node) {
        Process process = processes.get(node);
        if (process == null || !process.isAlive()) {
            return Optional.empty();
        }
        Shell.run("kill -" + name + " " + process.pid());
        return Optional.of(node);
    }

    /**
     * Continues the suspended and starts what does not run; the nodes that had ended by themselves.
     */
    public synchronized List<Integer> heal() {
        List.copyOf(stopped).forEach(this::resume);
        List<Integer> ended = new ArrayList<>();
        for (int node : all()) {
            Process process = processes.get(node);
            if (process != null && !process.isAlive()) {
                log.warn("node {} had ended by itself with {}", node, process.exitValue());
                ended.add(node);
            }
            start(node);
        }
        return ended;
    }

    /** Waits until every node accepts connections of clients. */
    public void awaitListening(Duration within) throws InterruptedException {
        long deadlineNs = System.nanoTime() + within.toNanos();
        for (int node : all()) {
            while (!listens(node)) {
                if (!runs(node)) {
                    throw new IllegalStateException(
                            "node " + node + " ended; see " + home(node).resolve("output"));
                }
                if (System.nanoTime() > deadlineNs) {
                    throw new IllegalStateException(
                            "node "
                                    + node
                                    + " does not listen after "
                                    + within.toSeconds()
                                    + " s; see "
                                    + home(node).resolve("output"));
                }
                Thread.sleep(50);
            }
        }
    }

    private boolean listens(int node) {
        var address = network.bind(node, Network.Port.CLIENTS);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.host(), address.port()), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    public Path home(int node) {
        return directory.resolve("node-" + node);
    }

    public Path disk(int node) {
        return disks.of(node);
    }

    @Override
    public void close() {
        // A suspended process takes SIGKILL as well.
        all().forEach(this::kill);
    }
}
