package dev.millrace.chaos;

import dev.millrace.chaos.check.History;
import dev.millrace.chaos.fault.Fault;
import dev.millrace.chaos.fault.Injector;
import dev.millrace.chaos.fault.Schedule;
import dev.millrace.chaos.load.Load;
import dev.millrace.chaos.place.Site;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code chaos run}. */
@Command(
        name = "run",
        description = "Puts load and faults on three nodes, and checks every offset.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    @Mixin ChaosOptions options;
    @Spec CommandSpec spec;

    @Option(
            names = "--seed",
            description = "of the schedule (default: ${DEFAULT-VALUE})",
            defaultValue = "1")
    long seed;

    @Option(
            names = "--minutes",
            description = "of faults; start and check come on top (default: ${DEFAULT-VALUE})",
            defaultValue = "1")
    double minutes;

    @Option(names = "--faults", split = ",", description = "only these kinds (default: all)")
    List<String> faults = new ArrayList<>();

    @Option(names = "--load", split = ",", description = "only these kinds (default: all)")
    List<String> kinds = new ArrayList<>();

    @Option(
            names = "--records-per-second",
            description = "of each writer (default: ${DEFAULT-VALUE})",
            defaultValue = "50")
    int perSecond;

    @Option(
            names = "--whole-within",
            description = "seconds from healing to everything in sync (default: ${DEFAULT-VALUE})",
            defaultValue = "90")
    int wholeWithinSeconds;

    @Option(
            names = "--longest-episode",
            description = "seconds that faults last at most (default: ${DEFAULT-VALUE})",
            defaultValue = "15")
    int longestSeconds;

    @Override
    public Integer call() throws Exception {
        try (Stage stage = Stage.open(options, faults.isEmpty() || faults.contains("clock-jump"))) {
            Site site = stage.site();
            Injector injector =
                    new Injector(
                            stage.nodes(),
                            site.network(),
                            site.disks(),
                            site.clocks(),
                            () -> inSync(stage.cluster()));
            History history = new History();
            ChaosReport report =
                    new ChaosReport(
                            spec.commandLine().getOut(), site.directory().resolve("report.md"));
            report.line(
                    "# "
                            + stage.system().name()
                            + ", seed "
                            + seed
                            + ", "
                            + minutes
                            + " min, "
                            + site.description());
            List<String> possible =
                    injector.possible(
                            site.network().isTransparent()
                                    || stage.system().peersMayBeBehindProxies(),
                            stage.system().flushesBeforeAcknowledging());
            List<String> impossible = new ArrayList<>(Fault.kinds());
            impossible.removeAll(possible);
            if (!impossible.isEmpty()) {
                report.line("");
                report.line("Not possible here: " + String.join(", ", impossible));
            }
            report.line("");
            Schedule schedule =
                    new Schedule(
                            seed, ChaosOptions.chosen(faults, possible), 1_000 * longestSeconds);
            try (Load load =
                    new Load(
                            stage.system().bootstrap(),
                            history,
                            seed,
                            ChaosOptions.chosen(kinds, Load.KINDS),
                            perSecond)) {
                ChaosRun run =
                        new ChaosRun(
                                stage,
                                injector,
                                schedule,
                                load,
                                history,
                                Duration.ofSeconds(wholeWithinSeconds),
                                report);
                return run.run(Duration.ofMillis(Math.round(minutes * 60_000))).isEmpty() ? 0 : 1;
            }
        }
    }

    private boolean inSync(Cluster cluster) {
        try {
            return cluster.awaitInSync(Duration.ofSeconds(wholeWithinSeconds));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
