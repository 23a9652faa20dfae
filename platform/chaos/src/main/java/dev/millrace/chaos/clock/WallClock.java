package dev.millrace.chaos.clock;

import java.time.Instant;

/** What the node's classes call in place of the methods of the same names. */
public final class WallClock {
    static volatile long shiftMs;

    private WallClock() {}

    /** In place of {@link System#currentTimeMillis()}. */
    public static long currentTimeMillis() {
        return System.currentTimeMillis() + shiftMs;
    }

    /** In place of {@link Instant#now()}. */
    public static Instant now() {
        return Instant.now().plusMillis(shiftMs);
    }
}
