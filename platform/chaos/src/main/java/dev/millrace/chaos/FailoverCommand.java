package dev.millrace.chaos;

import dev.millrace.chaos.fault.Fault;
import dev.millrace.chaos.fault.Injector;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code chaos failover}. */
@Command(
        name = "failover",
        description =
                "Takes the leader of a partition away again and again; how long until acks=all.",
        mixinStandardHelpOptions = true)
final class FailoverCommand implements Callable<Integer> {
    @Mixin ChaosOptions options;
    @Spec CommandSpec spec;

    @Option(names = "--kills", description = "default: ${DEFAULT-VALUE}", defaultValue = "30")
    int kills;

    @Option(
            names = "--fault",
            description =
                    "kill, pause, isolate, one-way-out, one-way-in or bridge (default:"
                            + " ${DEFAULT-VALUE})",
            defaultValue = "kill")
    String fault = "kill";

    @Override
    public Integer call() throws Exception {
        try (Stage stage = Stage.open(options, false)) {
            FailoverTime measurement =
                    new FailoverTime(
                            stage.system(),
                            stage.nodes(),
                            stage.cluster(),
                            new Injector(
                                    stage.nodes(),
                                    stage.site().network(),
                                    stage.site().disks(),
                                    stage.site().clocks(),
                                    () -> true),
                            spec.commandLine().getOut());
            measurement.print(measurement.run(kills, this::fault));
            return 0;
        }
    }

    private Fault fault(int leader) {
        return switch (fault) {
            case "kill" -> new Fault.Kill(leader);
            case "pause" -> new Fault.Pause(leader);
            case "isolate" -> new Fault.Isolate(leader, false);
            case "one-way-out" -> new Fault.OneWay(leader, true);
            case "one-way-in" -> new Fault.OneWay(leader, false);
            // The leader and one of its followers do not see each other.
            case "bridge" -> new Fault.Bridge(leader % ChaosOptions.NODES + 1);
            default -> throw new IllegalArgumentException("--fault is not " + fault);
        };
    }
}
