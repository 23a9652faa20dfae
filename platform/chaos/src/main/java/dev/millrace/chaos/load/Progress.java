package dev.millrace.chaos.load;

import java.util.concurrent.TimeUnit;

/** When a workload last succeeded, and the longest it had to wait. Thread safe. */
public final class Progress {
    private final String name;
    private long lastNs = System.nanoTime();
    private long successes;
    private long longestNs;
    private long longestSinceMarkNs;

    Progress(String name) {
        this.name = name;
    }

    synchronized void succeeded() {
        long nowNs = System.nanoTime();
        if (successes == 0) {
            lastNs = nowNs; // what came before is the start of the cluster
        }
        longestNs = Math.max(longestNs, nowNs - lastNs);
        longestSinceMarkNs = Math.max(longestSinceMarkNs, nowNs - lastNs);
        lastNs = nowNs;
        successes++;
    }

    public String name() {
        return name;
    }

    public synchronized long successes() {
        return successes;
    }

    public synchronized boolean succeededSince(long ns) {
        return successes > 0 && lastNs - ns > 0;
    }

    /** Begins a new count of {@link #longestGapSinceMarkMs}. */
    public synchronized void mark() {
        longestSinceMarkNs = 0;
    }

    public synchronized long longestGapSinceMarkMs() {
        return TimeUnit.NANOSECONDS.toMillis(longestSinceMarkNs);
    }

    public synchronized long longestGapMs() {
        return TimeUnit.NANOSECONDS.toMillis(longestNs);
    }
}
