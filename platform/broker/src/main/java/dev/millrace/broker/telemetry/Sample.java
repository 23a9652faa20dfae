package dev.millrace.broker.telemetry;

import java.util.List;
import java.util.Map;

/**
 * What a client pushed of one metric and one set of labels.
 *
 * @param name as the client has it, with dots
 * @param labels by name, as the client has them
 * @param kind what the values count
 * @param points one for a number, several for a histogram or a summary, in Prometheus' order
 */
record Sample(String name, Map<String, String> labels, Kind kind, List<Point> points) {
    /** One number. */
    Sample(String name, Map<String, String> labels, Kind kind, double value) {
        this(name, labels, kind, List.of(new Point("", Map.of(), value)));
    }

    /**
     * @param suffix of the name, such as {@code _bucket}
     * @param more labels beside those of the sample, such as {@code le}
     */
    record Point(String suffix, Map<String, String> more, double value) {}

    enum Kind {
        /** What it is now. */
        GAUGE("gauge", false),
        /** What there has been since the client began. */
        TOTAL("counter", false),
        /** What there has been since the last push. */
        DELTA("counter", true),
        /** How often which values have come since the client began. */
        HISTOGRAM("histogram", false),
        /** How often which values have come since the last push. */
        HISTOGRAM_DELTA("histogram", true),
        /** Quantiles of what has come. */
        SUMMARY("summary", false);

        /** Prometheus' word. */
        final String type;

        /** It is to be added to what came before. */
        final boolean adds;

        Kind(String type, boolean adds) {
            this.type = type;
            this.adds = adds;
        }
    }
}
