package dev.millrace.log;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Bounds how many bytes a second some threads read and write together, on average. Any thread. */
public final class Throttle {
    /** No bound. */
    public static final double UNLIMITED = Double.MAX_VALUE;

    private static final long MAX_SLEEP_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final double MAX_WAIT_NS = TimeUnit.DAYS.toNanos(365);

    private final LongSupplier nanoClock;
    private final Sleeper sleeper;
    private double bytesPerSecond;

    /** When the bytes taken so far would be through at the bounded rate. */
    private long paidUntilNs;

    /** How to wait. */
    @FunctionalInterface
    interface Sleeper {
        void sleep(long ns) throws InterruptedException;
    }

    public Throttle(double bytesPerSecond) {
        this(bytesPerSecond, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
    }

    Throttle(double bytesPerSecond, LongSupplier nanoClock, Sleeper sleeper) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanoClock = nanoClock;
        this.sleeper = sleeper;
        this.paidUntilNs = nanoClock.getAsLong();
    }

    /** Another bound from now on. */
    public synchronized void update(double newBytesPerSecond) {
        bytesPerSecond = newBytesPerSecond;
        paidUntilNs = nanoClock.getAsLong();
    }

    /**
     * Takes note of {@code bytes} and waits if they came too early; calls {@code check} now and
     * then while it waits, which may throw.
     *
     * @throws CleaningAbortedException if the thread is interrupted
     */
    void pace(long bytes, Runnable check) {
        long until = take(bytes);
        for (long leftNs = leftNs(until); leftNs > 0; leftNs = leftNs(until)) {
            check.run();
            try {
                sleeper.sleep(Math.min(leftNs, MAX_SLEEP_NS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CleaningAbortedException("interrupted");
            }
        }
    }

    /** Zero or less once {@code until}, or an update, has come. */
    private synchronized long leftNs(long until) {
        return Math.min(until, paidUntilNs) - nanoClock.getAsLong();
    }

    private synchronized long take(long bytes) {
        long now = nanoClock.getAsLong();
        if (bytesPerSecond >= UNLIMITED) {
            return now;
        }
        double ns = bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1);
        paidUntilNs = Math.max(paidUntilNs, now) + (long) Math.min(ns, MAX_WAIT_NS);
        return paidUntilNs;
    }
}
