package dev.millrace.chaos;

import dev.millrace.chaos.fault.Fault;
import dev.millrace.chaos.fault.Injector;
import dev.millrace.chaos.system.Nodes;
import dev.millrace.chaos.system.SystemUnderTest;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * From the SIGKILL of a partition's leader, or another fault, to the first acknowledged record that
 * was sent after it, acks=all, as two producers see it that send a record every 5 ms.
 */
final class FailoverTime {
    private static final String TOPIC = "failover";
    private static final Duration WITHIN = Duration.ofMinutes(2);

    private final SystemUnderTest system;
    private final Nodes nodes;
    private final Cluster cluster;
    private final Injector injector;
    private final PrintWriter out;

    /**
     * @param controller whether the node was the one that decides about leaders
     * @param stockMs a producer with Kafka's defaults
     * @param eagerMs one whose backoffs are a few milliseconds
     */
    record Kill(int node, boolean controller, long stockMs, long eagerMs) {}

    FailoverTime(
            SystemUnderTest system,
            Nodes nodes,
            Cluster cluster,
            Injector injector,
            PrintWriter out) {
        this.injector = injector;
        this.system = system;
        this.nodes = nodes;
        this.cluster = cluster;
        this.out = out;
    }

    /**
     * @param fault of the node that leads
     */
    List<Kill> run(int kills, IntFunction<Fault> fault)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        nodes.prepare();
        nodes.startAll();
        nodes.awaitListening(WITHIN);
        cluster.createTopics(Map.of(TOPIC, 1), WITHIN);
        List<Kill> measured = new ArrayList<>();
        try (Prober stock = Prober.start(system.bootstrap(), TOPIC, Map.of());
                Prober eager =
                        Prober.start(
                                system.bootstrap(),
                                TOPIC,
                                Map.of(
                                        "retry.backoff.ms", 5,
                                        "retry.backoff.max.ms", 20,
                                        "reconnect.backoff.ms", 5,
                                        "reconnect.backoff.max.ms", 20))) {
            for (int i = 1; i <= kills; i++) {
                if (!cluster.awaitInSync(WITHIN)) {
                    throw new IllegalStateException(
                            "not in sync after " + WITHIN.toSeconds() + " s: " + cluster.missing());
                }
                // Steady before each kill: both are served by the leader of now.
                stock.awaitAcknowledgedSince(System.nanoTime(), WITHIN);
                eager.awaitAcknowledgedSince(System.nanoTime(), WITHIN);
                int leader = cluster.leaderOf(TOPIC);
                boolean controller = cluster.controller() == leader;
                Fault chosen = fault.apply(leader);
                long beginsNs = System.nanoTime();
                injector.begin(chosen);
                // A cut takes effect when all its rules are there.
                long killedNs = chosen instanceof Fault.Kill ? beginsNs : System.nanoTime();
                Kill kill =
                        new Kill(
                                leader,
                                controller,
                                stock.awaitAcknowledgedSince(killedNs, WITHIN),
                                eager.awaitAcknowledgedSince(killedNs, WITHIN));
                measured.add(kill);
                out.println(i + ". " + kill);
                out.flush();
                injector.heal();
                nodes.awaitListening(WITHIN);
            }
        }
        return measured;
    }

    void print(List<Kill> measured) {
        out.println();
        out.println(
                "| " + system.name() + " | times | stock p50 / max | short backoffs p50 / max |");
        out.println("|---|---|---|---|");
        row("all", measured, kill -> true);
        row("leader only", measured, kill -> !kill.controller());
        row("leader and controller", measured, Kill::controller);
        out.flush();
    }

    private void row(String name, List<Kill> measured, Predicate<Kill> which) {
        List<Kill> chosen = measured.stream().filter(which).toList();
        if (!chosen.isEmpty()) {
            out.println(
                    "| "
                            + name
                            + " | "
                            + chosen.size()
                            + " | "
                            + figures(chosen, Kill::stockMs)
                            + " | "
                            + figures(chosen, Kill::eagerMs)
                            + " |");
        }
    }

    private static String figures(List<Kill> kills, ToLongFunction<Kill> of) {
        long[] sorted = kills.stream().mapToLong(of).sorted().toArray();
        return String.format(
                Locale.ROOT,
                "%.2f / %.2f s",
                sorted[(sorted.length - 1) / 2] / 1000.0,
                sorted[sorted.length - 1] / 1000.0);
    }
}
