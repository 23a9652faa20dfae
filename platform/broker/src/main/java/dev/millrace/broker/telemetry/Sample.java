package dev.millrace.broker.telemetry;

import java.util.Map;

/**
 * One value a client pushed.
 *
 * @param name as the client has it, with dots
 * @param labels by name, as the client has them
 * @param kind what the value counts
 */
record Sample(String name, Map<String, String> labels, Kind kind, double value) {
    enum Kind {
        /** What it is now. */
        GAUGE,
        /** What there has been since the client began. */
        TOTAL,
        /** What there has been since the last push. */
        DELTA
    }
}
