package dev.millrace.chaos;

import dev.millrace.chaos.check.Checker;
import dev.millrace.chaos.check.Contents;
import dev.millrace.chaos.check.History;
import dev.millrace.chaos.check.Violation;
import dev.millrace.chaos.fault.Episode;
import dev.millrace.chaos.fault.Fault;
import dev.millrace.chaos.fault.Injector;
import dev.millrace.chaos.fault.Schedule;
import dev.millrace.chaos.load.Load;
import dev.millrace.chaos.load.Progress;
import dev.millrace.chaos.place.Site;
import dev.millrace.chaos.system.Nodes;
import dev.millrace.chaos.system.ReplicaFiles;
import dev.millrace.chaos.system.SystemUnderTest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One run: start, load, episodes of faults until the time is over, then the end of the load, a look
 * at everything and the verdict.
 */
final class ChaosRun {
    private static final Duration START_WITHIN = Duration.ofSeconds(90);
    private static final Duration FINISH_WITHIN = Duration.ofMinutes(1);
    private static final long LOOK_AGAIN_MS = 200;

    private final Site site;
    private final SystemUnderTest system;
    private final Nodes nodes;
    private final Injector injector;
    private final Schedule schedule;
    private final Load load;
    private final History history;
    private final Cluster cluster;
    private final Duration wholeWithin;
    private final ChaosReport report;

    ChaosRun(
            Stage stage,
            Injector injector,
            Schedule schedule,
            Load load,
            History history,
            Duration wholeWithin,
            ChaosReport report) {
        this.site = stage.site();
        this.system = stage.system();
        this.nodes = stage.nodes();
        this.cluster = stage.cluster();
        this.injector = injector;
        this.schedule = schedule;
        this.load = load;
        this.history = history;
        this.wholeWithin = wholeWithin;
        this.report = report;
    }

    /**
     * @return what was violated; nothing, if all is well
     */
    List<Violation> run(Duration length) throws IOException, InterruptedException {
        nodes.prepare();
        nodes.startAll();
        nodes.awaitListening(START_WITHIN);
        cluster.createTopics(Load.topics(), START_WITHIN);
        load.start();
        String missing = awaitWhole(System.nanoTime(), START_WITHIN);
        boolean whole = missing.isEmpty();
        if (!whole) {
            history.add(
                    new Violation(
                            "a new cluster serves everything within "
                                    + START_WITHIN.toSeconds()
                                    + " s",
                            missing));
        }
        long endNs = System.nanoTime() + length.toNanos();
        while (whole && System.nanoTime() < endNs) {
            whole = play(schedule.next());
        }
        return verdict(whole);
    }

    /** Whether the cluster was whole again in time. */
    private boolean play(Episode episode) throws InterruptedException {
        report.begin(episode);
        load.progress().forEach(Progress::mark);
        long beganNs = System.nanoTime();
        boolean second = false;
        for (Fault fault : episode.faults()) {
            if (second) {
                Thread.sleep(episode.secondAfterMs());
            }
            injector.begin(fault);
            second = true;
        }
        long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
        Thread.sleep(Math.max(0, episode.lastsMs() - elapsedMs));
        for (int node : injector.heal()) {
            history.add(
                    new Violation(
                            "a node ends only when it is told to",
                            "node " + node + " during " + episode.faults()));
        }
        long healedNs = System.nanoTime();
        String missing = awaitWhole(healedNs, wholeWithin);
        long wholeAfterMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - healedNs);
        if (!missing.isEmpty()) {
            history.add(
                    new Violation(
                            "everything is available again within "
                                    + wholeWithin.toSeconds()
                                    + " s",
                            "after " + episode.faults() + " missing: " + missing));
        }
        report.end(load.progress(), wholeAfterMs, missing);
        Thread.sleep(episode.calmMs());
        return missing.isEmpty();
    }

    /**
     * What is missing when the time is over; nothing, if all replicas are in sync and all loads go
     * on.
     */
    private String awaitWhole(long sinceNs, Duration within) throws InterruptedException {
        long deadlineNs = System.nanoTime() + within.toNanos();
        while (true) {
            String missing = cluster.missing();
            if (missing.isEmpty()) {
                missing =
                        load.progress().stream()
                                .filter(progress -> !progress.succeededSince(sinceNs))
                                .map(progress -> "success of " + progress.name())
                                .collect(Collectors.joining(", "));
            }
            if (missing.isEmpty() || System.nanoTime() > deadlineNs) {
                return missing;
            }
            Thread.sleep(LOOK_AGAIN_MS);
        }
    }

    private List<Violation> verdict(boolean whole) throws IOException, InterruptedException {
        load.finish(FINISH_WITHIN);
        List<Violation> violations = new ArrayList<>();
        Contents contents =
                new ContentsReader(system.bootstrap(), Load.partitions(), FINISH_WITHIN).read();
        violations.addAll(new Checker(history, contents).check());
        nodes.all().forEach(nodes::stop);
        if (whole) {
            violations.addAll(
                    new ReplicaFiles(
                                    nodes.all().stream()
                                            .collect(
                                                    Collectors.toMap(
                                                            Function.identity(), nodes::disk)))
                            .compare(Load.partitions()));
        }
        if (!violations.isEmpty()) {
            site.keepDisks(nodes.all());
        }
        report.verdict(history.summary(), load.progress(), violations);
        return violations;
    }
}
