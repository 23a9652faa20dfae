package dev.millrace.streams.kstream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Durations of windows in milliseconds, with the name of the parameter in the complaint. */
final class Durations {
    private Durations() {}

    static long millis(@Nullable Duration duration, String name) {
        if (duration == null) {
            throw new IllegalArgumentException(name + " shouldn't be null.");
        }
        try {
            return duration.toMillis();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    name + " (" + duration + ") can't be converted to milliseconds.", e);
        }
    }

    static long notNegative(long millis, String what) {
        if (millis < 0) {
            throw new IllegalArgumentException(what + " must not be negative.");
        }
        return millis;
    }
}
