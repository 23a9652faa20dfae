package dev.millrace.bench;

/**
 * One figure of one run.
 *
 * @param unit of {@code value}, as printed
 * @param higherIsBetter what a ratio above 1 means
 */
public record Figure(String name, double value, String unit, boolean higherIsBetter) {
    static Figure more(String name, double value, String unit) {
        return new Figure(name, value, unit, true);
    }

    static Figure less(String name, double value, String unit) {
        return new Figure(name, value, unit, false);
    }
}
