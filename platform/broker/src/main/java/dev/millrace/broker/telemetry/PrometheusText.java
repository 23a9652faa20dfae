package dev.millrace.broker.telemetry;

/** How Prometheus writes names and numbers. */
final class PrometheusText {
    private static final int MAX_LABEL_LENGTH = 256;

    private PrometheusText() {}

    static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        return Double.toString(value);
    }

    /** Letters, digits, '_' and ':'; never a digit first. */
    static String metricName(String name) {
        String legal = name.replaceAll("[^a-zA-Z0-9_:]", "_");
        return legal.isEmpty() || Character.isDigit(legal.charAt(0)) ? "_" + legal : legal;
    }

    static String labelName(String name) {
        String legal = name.replaceAll("[^a-zA-Z0-9_]", "_");
        return legal.isEmpty() || Character.isDigit(legal.charAt(0)) ? "_" + legal : legal;
    }

    static String escaped(String value) {
        String bounded =
                value.length() > MAX_LABEL_LENGTH ? value.substring(0, MAX_LABEL_LENGTH) : value;
        return bounded.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
