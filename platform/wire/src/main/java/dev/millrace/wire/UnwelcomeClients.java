package dev.millrace.wire;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that were closed because of what they sent, or because there are too many: all are
 * counted, few are logged. Whoever can connect can send nonsense as often as it likes, and must not
 * fill a disk with our complaints. Any thread.
 */
final class UnwelcomeClients {
    private static final Logger LOG = LoggerFactory.getLogger(UnwelcomeClients.class);

    /** One line of each kind in this time, with the number of those left out. */
    static final long QUIET_MS = 10_000;

    private final LongAdder malformed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Seldom malformedLines;
    private final Seldom refusedLines;

    /**
     * @param nanoTime as {@link System#nanoTime}
     */
    UnwelcomeClients(LongSupplier nanoTime) {
        malformedLines = new Seldom(nanoTime);
        refusedLines = new Seldom(nanoTime);
    }

    /** It sent bytes that are no request; its connection is being closed. */
    void malformed(InetSocketAddress client, String reason) {
        malformed.increment();
        long more = malformedLines.next();
        if (more >= 0) {
            LOG.warn(
                    "Closing the connection of {}: it sent something that is no request ({}){}",
                    client,
                    reason,
                    others(more));
        } else {
            LOG.debug("Closing the connection of {}: no request ({})", client, reason);
        }
    }

    /** Its address has as many connections as it may have, or connects too fast. */
    void refused(InetAddress ip, String reason) {
        refused.increment();
        long more = refusedLines.next();
        if (more >= 0) {
            LOG.info("Closing a new connection of {}: {}{}", ip, reason, others(more));
        } else {
            LOG.debug("Closing a new connection of {}: {}", ip, reason);
        }
    }

    private static String others(long more) {
        return more == 0 ? "" : "; " + more + " more since the last such line";
    }

    long malformed() {
        return malformed.sum();
    }

    long refused() {
        return refused.sum();
    }

    /** Lets one event through in {@link #QUIET_MS}. */
    private static final class Seldom {
        private final LongSupplier nanoTime;
        private final AtomicLong quietUntilNs;
        private final AtomicLong leftOut = new AtomicLong();

        Seldom(LongSupplier nanoTime) {
            this.nanoTime = nanoTime;
            this.quietUntilNs = new AtomicLong(nanoTime.getAsLong());
        }

        /** How many were left out before this one; -1 if this one is left out too. */
        long next() {
            long nowNs = nanoTime.getAsLong();
            long untilNs = quietUntilNs.get();
            if (nowNs - untilNs >= 0
                    && quietUntilNs.compareAndSet(
                            untilNs, nowNs + TimeUnit.MILLISECONDS.toNanos(QUIET_MS))) {
                return leftOut.getAndSet(0);
            }
            leftOut.incrementAndGet();
            return -1;
        }
    }
}
