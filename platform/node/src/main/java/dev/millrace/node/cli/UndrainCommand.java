package dev.millrace.node.cli;

import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace cluster undrain}. */
@Command(
        name = "undrain",
        description =
                "Lets a node that was drained have replicas again; what is under way is taken back.",
        mixinStandardHelpOptions = true)
final class UndrainCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private BootstrapOption bootstrap;

    @Parameters(paramLabel = "NODE", description = "Its node.id.")
    private int nodeId;

    @Override
    public Integer call() {
        try (Admin admin = bootstrap.admin()) {
            DrainCommand.undrain(admin, bootstrap, spec.commandLine().getOut(), nodeId);
            return 0;
        }
    }
}
