package dev.millrace.chaos;

import dev.millrace.chaos.check.Violation;
import dev.millrace.chaos.fault.Episode;
import dev.millrace.chaos.fault.Fault;
import dev.millrace.chaos.load.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Prints how a run goes, and leaves the same in {@code report.md}. */
final class ChaosReport {
    private static final int SHOWN_OF_A_RULE = 5;

    private final PrintWriter out;
    private final Path file;
    private final List<String> lines = new ArrayList<>();
    private final Map<String, Integer> injected = new TreeMap<>();
    private int episodes;
    private String current = "";

    ChaosReport(PrintWriter out, Path file) {
        this.out = out;
        this.file = file;
    }

    void line(String line) {
        out.println(line);
        out.flush();
        lines.add(line);
    }

    void begin(Episode episode) {
        episodes++;
        episode.faults().forEach(fault -> injected.merge(fault.kind(), 1, Integer::sum));
        current =
                episode.faults().stream().map(Fault::toString).collect(Collectors.joining(" + "))
                        + " for "
                        + episode.lastsMs()
                        + " ms";
        out.println(
                LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS)
                        + " episode "
                        + episodes
                        + ": "
                        + current);
        out.flush();
    }

    /**
     * @param missing when the time for it was over; empty if the cluster was whole
     */
    void end(List<Progress> progress, long wholeAfterMs, String missing) {
        String gaps =
                progress.stream()
                        .map(
                                p ->
                                        String.format(
                                                Locale.ROOT,
                                                "%s %.1f",
                                                p.name(),
                                                p.longestGapSinceMarkMs() / 1000.0))
                        .collect(Collectors.joining(", "));
        line(
                String.format(
                        Locale.ROOT,
                        "- %d. %s; whole %.1f s after healing%s; longest waits (s): %s",
                        episodes,
                        current,
                        wholeAfterMs / 1000.0,
                        missing.isEmpty() ? "" : " NOT: " + missing,
                        gaps));
    }

    void verdict(String summary, List<Progress> progress, List<Violation> violations) {
        line("");
        line(episodes + " episodes; faults: " + injected);
        line(summary);
        for (Progress one : progress) {
            line(
                    String.format(
                            Locale.ROOT,
                            "- %s: %d successes, longest wait %.1f s",
                            one.name(),
                            one.successes(),
                            one.longestGapMs() / 1000.0));
        }
        line("");
        line(violations.size() + " violations");
        Map<String, List<Violation>> byRule =
                violations.stream()
                        .collect(
                                Collectors.groupingBy(
                                        Violation::rule, TreeMap::new, Collectors.toList()));
        byRule.forEach(
                (rule, of) -> {
                    line("- " + rule + ": " + of.size());
                    of.stream()
                            .limit(SHOWN_OF_A_RULE)
                            .forEach(violation -> line("    " + violation.detail()));
                });
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
