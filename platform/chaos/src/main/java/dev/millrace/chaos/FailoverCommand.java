package dev.millrace.chaos;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code chaos failover}. */
@Command(
        name = "failover",
        description = "Kills the leader of a partition again and again; how long until acks=all.",
        mixinStandardHelpOptions = true)
final class FailoverCommand implements Callable<Integer> {
    @Mixin ChaosOptions options;
    @Spec CommandSpec spec;

    @Option(names = "--kills", description = "default: ${DEFAULT-VALUE}", defaultValue = "30")
    int kills;

    @Override
    public Integer call() throws Exception {
        try (Stage stage = Stage.open(options, false)) {
            FailoverTime measurement =
                    new FailoverTime(
                            stage.system(),
                            stage.nodes(),
                            stage.cluster(),
                            spec.commandLine().getOut());
            measurement.print(measurement.run(kills));
            return 0;
        }
    }
}
