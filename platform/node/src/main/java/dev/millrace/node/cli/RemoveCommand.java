package dev.millrace.node.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace cluster remove}. */
@Command(
        name = "remove",
        description = {
            "Forgets a node that has been stopped and holds no replicas, and takes it out of the"
                    + " metadata journal; if it was a voter, an observer takes its place.",
            "The same as kafka-cluster unregister. A node that is started again with an empty"
                    + " directory joins anew."
        },
        mixinStandardHelpOptions = true)
final class RemoveCommand implements Callable<Integer> {
    private static final long STOPPED_WITHIN_MS = 8_000;
    private static final long POLL_MS = 500;

    @Spec private CommandSpec spec;
    @Mixin private BootstrapOption bootstrap;

    @Parameters(paramLabel = "NODE", description = "Its node.id.")
    private int nodeId;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (Admin admin = bootstrap.admin()) {
            ClusterView view = ClusterView.of(admin, bootstrap);
            int held = view.heldBy(nodeId).size();
            if (held > 0) {
                view.node(nodeId);
                throw new CommandFailure(
                        "node "
                                + nodeId
                                + " holds "
                                + held
                                + " partitions: give 'millrace cluster drain "
                                + nodeId
                                + "' first");
            }
            // The cluster needs a moment to see that a node has stopped.
            long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOPPED_WITHIN_MS);
            while (!view.node(nodeId).isFenced() && System.nanoTime() - untilNs < 0) {
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
                view = ClusterView.of(admin, bootstrap);
            }
            if (!view.node(nodeId).isFenced()) {
                throw new CommandFailure(
                        "node " + nodeId + " runs: stop it first (SIGTERM), then remove it");
            }
            Await.answer(admin.unregisterBroker(nodeId).all(), bootstrap);
            out.println("node " + nodeId + " is no longer part of the cluster");
            out.flush();
            return 0;
        }
    }
}
