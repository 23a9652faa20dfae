package dev.millrace.bench;

import java.util.List;
import org.HdrHistogram.Histogram;

/** The percentiles that are reported, from a histogram of microseconds. */
final class Percentiles {
    private Percentiles() {}

    static List<Figure> of(String name, Histogram micros) {
        return List.of(
                Figure.less(name + " p50", (double) micros.getValueAtPercentile(50), "µs"),
                Figure.less(name + " p99", (double) micros.getValueAtPercentile(99), "µs"),
                Figure.less(name + " p99.9", (double) micros.getValueAtPercentile(99.9), "µs"));
    }
}
