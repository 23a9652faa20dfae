package dev.millrace.wire;

import dev.millrace.wire.quota.SlidingRate;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Decides on newcomers, one after the other, as Kafka's acceptor does: the first in line waits for
 * the listener's creation rate, then for a free place; then its IP's own rate and count say whether
 * it stays. Belongs to the accepting loop; knows no socket.
 */
final class ConnectionAdmission {
    /** The first in line waits until somebody leaves. */
    static final long UNTIL_SOMEBODY_LEAVES = -1;

    /** IPs whose rate is remembered; more are not expected to connect within the windows. */
    private static final int MAX_REMEMBERED_IPS = 10_000;

    /** What becomes of a newcomer. */
    sealed interface Verdict {}

    record Stays() implements Verdict {}

    /** Its IP has as many connections as it may have. */
    record Refused(int max) implements Verdict {}

    /** Its IP connects too fast: closed, but not before it has waited. */
    record RefusedAfter(long delayMs) implements Verdict {}

    private final Map<InetAddress, Integer> counts = new HashMap<>();
    private final Map<InetAddress, SlidingRate> ipRates = new HashMap<>();
    private ConnectionLimits limits;
    private SlidingRate rate;
    private int total;
    private boolean firstCounted;
    private long firstWaitsUntilMs;

    ConnectionAdmission(ConnectionLimits limits) {
        this.limits = limits;
        this.rate = newRate();
    }

    private SlidingRate newRate() {
        return new SlidingRate(limits.windows(), limits.windowMs());
    }

    /** False if they are what they were. */
    boolean limits(ConnectionLimits changed) {
        if (changed.equals(limits)) {
            return false;
        }
        boolean sameWindows =
                changed.windows() == limits.windows() && changed.windowMs() == limits.windowMs();
        limits = changed;
        if (!sameWindows) {
            rate = newRate();
            ipRates.clear();
        }
        return true;
    }

    /**
     * How long the first in line has to wait: 0 = it may be {@link #admit admitted}, or {@link
     * #UNTIL_SOMEBODY_LEAVES}.
     */
    long waitMs(long nowMs) {
        if (!firstCounted) {
            firstCounted = true;
            rate.record(1, nowMs);
            firstWaitsUntilMs =
                    nowMs
                            + Math.min(
                                    limits.windowMs(),
                                    rate.throttleMs(limits.creationRate(), nowMs));
        }
        if (firstWaitsUntilMs > nowMs) {
            return firstWaitsUntilMs - nowMs;
        }
        return total >= limits.max() ? UNTIL_SOMEBODY_LEAVES : 0;
    }

    /** The first in line has waited long enough. Who stays is counted until {@link #left}. */
    Verdict admit(InetAddress ip, long nowMs) {
        firstCounted = false;
        long delayMs = ipDelayMs(ip, nowMs);
        if (delayMs > 0) {
            rate.record(-1, nowMs);
            return new RefusedAfter(delayMs);
        }
        int count = counts.getOrDefault(ip, 0);
        if (count >= limits.maxOf(ip)) {
            return new Refused(limits.maxOf(ip));
        }
        counts.put(ip, count + 1);
        total++;
        return new Stays();
    }

    private long ipDelayMs(InetAddress ip, long nowMs) {
        int limit = limits.creationRateOf(ip);
        if (limit == ConnectionLimits.UNLIMITED) {
            return 0;
        }
        if (ipRates.size() >= MAX_REMEMBERED_IPS && !ipRates.containsKey(ip)) {
            ipRates.values().removeIf(idle -> idle.rate(nowMs) <= 0);
            if (ipRates.size() >= MAX_REMEMBERED_IPS) {
                ipRates.clear();
            }
        }
        SlidingRate ipRate = ipRates.computeIfAbsent(ip, first -> newRate());
        ipRate.record(1, nowMs);
        long delayMs = Math.min(limits.windowMs(), ipRate.throttleMs(limit, nowMs));
        if (delayMs > 0) {
            ipRate.record(-1, nowMs);
        }
        return delayMs;
    }

    /** Somebody who stayed has gone. */
    void left(InetAddress ip) {
        total--;
        counts.computeIfPresent(ip, (same, count) -> count == 1 ? null : count - 1);
    }

    /** How many are here above {@code max.connections}, which may have been lowered. */
    int excess() {
        return Math.max(0, total - limits.max());
    }
}
