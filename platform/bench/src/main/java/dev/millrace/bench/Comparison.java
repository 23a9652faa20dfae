package dev.millrace.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The figures of all rounds: medians with their range, and pair by pair ratios where there is a
 * peer.
 */
final class Comparison {
    private final Map<String, List<Figure>> ours = new LinkedHashMap<>();
    private final Map<String, List<Figure>> peers = new LinkedHashMap<>();

    void addOurs(List<Figure> figures) {
        figures.forEach(f -> ours.computeIfAbsent(f.name(), name -> new ArrayList<>()).add(f));
    }

    void addPeer(List<Figure> figures) {
        figures.forEach(f -> peers.computeIfAbsent(f.name(), name -> new ArrayList<>()).add(f));
    }

    void print(PrintWriter out) {
        for (Map.Entry<String, List<Figure>> entry : ours.entrySet()) {
            List<Figure> runs = entry.getValue();
            Figure first = runs.get(0);
            StringBuilder line = new StringBuilder();
            line.append(String.format(Locale.ROOT, "%-16s %s", first.name(), spread(runs)));
            List<Figure> peerRuns = peers.get(entry.getKey());
            if (peerRuns != null) {
                double[] ratios = ratios(runs, peerRuns);
                line.append(
                        String.format(
                                Locale.ROOT,
                                "   peer %s   ratio %.2f (%.2f..%.2f) %s",
                                spread(peerRuns),
                                median(ratios),
                                ratios[0],
                                ratios[ratios.length - 1],
                                first.higherIsBetter() ? "more is better" : "less is better"));
            }
            out.println(line);
        }
        out.flush();
    }

    /** One JSON object a figure; a value that could not be measured is null. */
    void printJson(PrintWriter out) {
        ours.forEach(
                (name, runs) -> {
                    ObjectNode line =
                            JsonNodeFactory.instance
                                    .objectNode()
                                    .put("name", name)
                                    .put("unit", runs.get(0).unit());
                    add(line.putArray("values"), values(runs));
                    List<Figure> peerRuns = peers.get(name);
                    if (peerRuns != null) {
                        add(line.putArray("peer"), values(peerRuns));
                        add(line.putArray("ratios"), ratios(runs, peerRuns));
                    }
                    out.println(line);
                });
        out.flush();
    }

    private static void add(ArrayNode array, double[] values) {
        for (double value : values) {
            array.add(Double.isNaN(value) ? null : Double.valueOf(value));
        }
    }

    private static String spread(List<Figure> runs) {
        double[] values = values(runs);
        Arrays.sort(values);
        String unit = runs.get(0).unit();
        if (values.length == 1) {
            return number(values[0]) + " " + unit;
        }
        return number(median(values))
                + " "
                + unit
                + " ("
                + number(values[0])
                + ".."
                + number(values[values.length - 1])
                + ")";
    }

    /** Sorted. */
    private static double[] ratios(List<Figure> runs, List<Figure> peerRuns) {
        double[] ratios = new double[Math.min(runs.size(), peerRuns.size())];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = runs.get(i).value() / peerRuns.get(i).value();
        }
        Arrays.sort(ratios);
        return ratios;
    }

    private static double[] values(List<Figure> runs) {
        return runs.stream().mapToDouble(Figure::value).toArray();
    }

    /**
     * @param sorted not empty
     */
    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "unknown";
        }
        return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%,.0f" : "%.2f", value);
    }
}
