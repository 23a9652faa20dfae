package dev.millrace.node.cli;

import dev.millrace.cluster.ReplicaPlan;
import dev.millrace.cluster.ReplicaPlan.ImpossibleException;
import dev.millrace.cluster.ReplicaPlan.Move;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace cluster drain}. */
@Command(
        name = "drain",
        description = {
            "Moves all that a node leads and holds to the others, so that it can be stopped for good.",
            "The node is cordoned first (cordoned.log.dirs=*): it gets no new replicas, also after a"
                    + " restart, until 'cluster undrain'. Stopped halfway, the command goes on where"
                    + " it was when it is given again."
        },
        mixinStandardHelpOptions = true)
final class DrainCommand implements Callable<Integer> {
    private static final int MAX_ROUNDS = 5;

    @Spec private CommandSpec spec;
    @Mixin private BootstrapOption bootstrap;

    @Parameters(paramLabel = "NODE", description = "Its node.id.")
    private int nodeId;

    @Option(names = "--cancel", description = "The same as 'cluster undrain NODE'.")
    private boolean cancel;

    @Option(names = "--dry-run", description = "Say what would be moved, and change nothing.")
    private boolean dryRun;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            description = "Give up waiting after that long (default: ${DEFAULT-VALUE}).")
    private long timeoutSeconds;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (Admin admin = bootstrap.admin()) {
            if (cancel) {
                undrain(admin, bootstrap, out, nodeId);
                return 0;
            }
            ClusterView view = ClusterView.of(admin, bootstrap);
            boolean runs = !view.node(nodeId).isFenced();
            List<Move> moves = plan(view);
            print(out, view, moves);
            if (dryRun) {
                return 0;
            }
            if (runs && !view.isCordoned(nodeId)) {
                ClusterView.cordon(admin, bootstrap, nodeId, true);
            }
            Reassigning reassigning = new Reassigning(admin, bootstrap, out, timeoutSeconds);
            // A topic may have been created just before the node was cordoned.
            for (int round = 0; round < MAX_ROUNDS; round++) {
                view = ClusterView.of(admin, bootstrap);
                if (view.heldBy(nodeId).isEmpty()) {
                    break;
                }
                handOver(view, reassigning);
                reassigning.run(plan(view), view.leaving(nodeId));
            }
            Set<TopicPartition> left = ClusterView.of(admin, bootstrap).heldBy(nodeId);
            if (!left.isEmpty()) {
                throw new CommandFailure(
                        "node "
                                + nodeId
                                + " still has "
                                + left.size()
                                + " partitions, which others create; give the command again");
            }
            out.println(
                    "node "
                            + nodeId
                            + " holds nothing any more: "
                            + (runs ? "stop it (SIGTERM), then give" : "give")
                            + " 'millrace cluster remove "
                            + nodeId
                            + "', or 'cluster undrain "
                            + nodeId
                            + "' to keep it");
            out.flush();
            return 0;
        }
    }

    private List<Move> plan(ClusterView view) {
        List<ReplicaPlan.Node> nodes =
                view.planned().stream()
                        .map(
                                node ->
                                        node.id() == nodeId
                                                ? new ReplicaPlan.Node(nodeId, node.rack(), false)
                                                : node)
                        .toList();
        try {
            return ReplicaPlan.drain(nodes, view.replicas(), nodeId);
        } catch (ImpossibleException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
    }

    private void print(PrintWriter out, ClusterView view, List<Move> moves) {
        Map<Integer, Integer> gains = new TreeMap<>();
        moves.forEach(move -> move.added().forEach(id -> gains.merge(id, 1, Integer::sum)));
        Set<String> lost = new TreeSet<>();
        for (Move move : moves) {
            if (view.isr(move.partition()).stream().allMatch(id -> id == nodeId)
                    && view.node(nodeId).isFenced()) {
                lost.add(move.partition().toString());
            }
        }
        out.println(
                "node "
                        + nodeId
                        + " leads "
                        + view.ledBy(nodeId).size()
                        + " partitions and holds "
                        + view.heldBy(nodeId).size()
                        + "; to copy: "
                        + (gains.isEmpty() ? "nothing" : gains.toString()));
        if (!lost.isEmpty()) {
            out.println(
                    "only node "
                            + nodeId
                            + ", which does not run, has all of "
                            + String.join(", ", lost)
                            + ": start it, else these cannot be moved");
        }
        if (dryRun) {
            moves.forEach(
                    move ->
                            out.println(
                                    "  "
                                            + move.partition()
                                            + "  "
                                            + move.from()
                                            + " -> "
                                            + move.to()));
        }
        out.flush();
    }

    /** Others lead while the node still has its copies: of each partition who leads least. */
    private void handOver(ClusterView view, Reassigning reassigning) {
        Map<TopicPartition, List<Integer>> replicas = view.replicas();
        Map<Integer, Integer> leaders = view.leaders();
        Map<TopicPartition, List<Integer>> orders = new HashMap<>();
        for (TopicPartition partition : view.ledBy(nodeId)) {
            List<Integer> ids = replicas.getOrDefault(partition, List.of());
            boolean still = ids.contains(nodeId) && !view.reassigning().contains(partition);
            Optional<Integer> heir =
                    view.isr(partition).stream()
                            .filter(id -> id != nodeId && ids.contains(id))
                            .min(Comparator.comparing(id -> leaders.getOrDefault(id, 0)));
            if (still && heir.isPresent()) {
                leaders.merge(heir.get(), 1, Integer::sum);
                List<Integer> order = new ArrayList<>(ids);
                order.remove(heir.get());
                order.remove((Integer) nodeId);
                order.add(0, heir.get());
                order.add(nodeId);
                orders.put(partition, order);
            }
        }
        if (!orders.isEmpty()) {
            reassigning.reorder(orders);
        }
    }

    /** Takes back what is under way, and lets the node have replicas again. */
    static void undrain(Admin admin, BootstrapOption bootstrap, PrintWriter out, int nodeId) {
        ClusterView view = ClusterView.of(admin, bootstrap);
        if (view.node(nodeId).isFenced()) {
            throw new CommandFailure(
                    "node " + nodeId + " does not run: start it, and give the command again");
        }
        Set<TopicPartition> leaving = view.leaving(nodeId);
        if (!leaving.isEmpty()) {
            new Reassigning(admin, bootstrap, out, 60).cancel(leaving);
        }
        ClusterView.cordon(admin, bootstrap, nodeId, false);
        out.println(
                "node "
                        + nodeId
                        + " takes replicas again; "
                        + leaving.size()
                        + " moves were taken back, it holds "
                        + ClusterView.of(admin, bootstrap).heldBy(nodeId).size()
                        + " partitions. 'millrace cluster rebalance' gives it its share.");
        out.flush();
    }
}
