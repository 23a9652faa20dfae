package dev.millrace.node.cli;

import dev.millrace.cluster.ReplicaPlan;
import dev.millrace.cluster.ReplicaPlan.ImpossibleException;
import dev.millrace.cluster.ReplicaPlan.Move;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace cluster rebalance}. */
@Command(
        name = "rebalance",
        description = {
            "Evens out replicas and leaders over the nodes, and copies as little as can be: for"
                    + " instance after a node was added. Shows the plan and asks, or --yes."
        },
        mixinStandardHelpOptions = true)
final class RebalanceCommand implements Callable<Integer> {
    private static final int MAX_SHOWN = 20;

    @Spec private CommandSpec spec;
    @Mixin private BootstrapOption bootstrap;

    @Option(names = "--dry-run", description = "Show the whole plan, and change nothing.")
    private boolean dryRun;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Option(
            names = {"-t", "--topic"},
            paramLabel = "NAME",
            description = "Only this topic; may be repeated (default: all, also internal ones).")
    private List<String> topics = List.of();

    @Option(
            names = {"-r", "--replication-factor"},
            paramLabel = "N",
            description = "Give each partition that many replicas as well.")
    private Optional<Integer> replicationFactor = Optional.empty();

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
            ClusterView view = ClusterView.of(admin, bootstrap);
            Map<TopicPartition, List<Integer>> replicas = replicas(view);
            List<Move> moves = plan(view, replicas);
            print(out, replicas, moves);
            if (dryRun || moves.isEmpty()) {
                return 0;
            }
            if (!yes && !agreed(out)) {
                out.println("nothing was changed");
                out.flush();
                return 1;
            }
            Reassigning reassigning = new Reassigning(admin, bootstrap, out, timeoutSeconds);
            reassigning.run(moves, Set.of());
            reassigning.elect(moves.stream().map(Move::partition).collect(Collectors.toSet()));
            out.println("done");
            out.flush();
            return 0;
        }
    }

    private Map<TopicPartition, List<Integer>> replicas(ClusterView view) {
        if (!view.reassigning().isEmpty()) {
            throw new CommandFailure(
                    view.reassigning().size()
                            + " partitions are being reassigned already: wait until"
                            + " 'millrace cluster status' shows none");
        }
        Map<TopicPartition, List<Integer>> replicas = new HashMap<>(view.replicas());
        for (String topic : topics) {
            if (replicas.keySet().stream().noneMatch(each -> each.topic().equals(topic))) {
                throw new CommandFailure("there is no topic '" + topic + "'");
            }
        }
        if (!topics.isEmpty()) {
            replicas.keySet().removeIf(partition -> !topics.contains(partition.topic()));
        }
        return replicas;
    }

    private List<Move> plan(ClusterView view, Map<TopicPartition, List<Integer>> replicas) {
        try {
            return replicationFactor.isPresent()
                    ? ReplicaPlan.replicate(view.planned(), replicas, replicationFactor.get())
                    : ReplicaPlan.balance(view.planned(), replicas);
        } catch (ImpossibleException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
    }

    private void print(
            PrintWriter out, Map<TopicPartition, List<Integer>> replicas, List<Move> moves) {
        if (moves.isEmpty()) {
            out.println("replicas and leaders are even: nothing to do");
            out.flush();
            return;
        }
        int copied = moves.stream().mapToInt(move -> move.added().size()).sum();
        out.println(
                moves.size()
                        + " of "
                        + replicas.size()
                        + " partitions change, "
                        + copied
                        + " replicas are copied");
        Table table = new Table(">NODE", ">REPLICAS NOW", ">THEN");
        Map<Integer, Integer> now = ReplicaPlan.replicasAfter(replicas, List.of());
        Map<Integer, Integer> then = ReplicaPlan.replicasAfter(replicas, moves);
        Set<Integer> ids = new TreeSet<>(now.keySet());
        ids.addAll(then.keySet());
        ids.forEach(id -> table.row(id, now.getOrDefault(id, 0), then.getOrDefault(id, 0)));
        table.print(out);
        int shown = dryRun ? moves.size() : Math.min(MAX_SHOWN, moves.size());
        for (Move move : moves.subList(0, shown)) {
            out.println("  " + move.partition() + "  " + move.from() + " -> " + move.to());
        }
        if (shown < moves.size()) {
            out.println("  and " + (moves.size() - shown) + " more: --dry-run shows all");
        }
        out.flush();
    }

    private static boolean agreed(PrintWriter out) {
        out.print("Go on? [y/N] ");
        out.flush();
        try {
            String answer =
                    new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()))
                            .readLine();
            if (answer == null) {
                throw new CommandFailure("nobody is there to ask: say --yes, or --dry-run");
            }
            return answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
        } catch (IOException e) {
            throw new CommandFailure("no answer: " + e.getMessage());
        }
    }
}
