package dev.millrace.log;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A guess at what the operating system still has in its page cache: what went through this process
 * a short while ago, with little after it. Reading that takes no time worth speaking of, so that an
 * event loop does it itself, and nobody has to bring it into memory first.
 *
 * <p>A wrong guess costs the loop a read of the disk; nothing asks the system what is true, because
 * asking costs as much as sending. One for each log directory; any thread.
 */
final class Warmth {
    private static final int MAX_AGE_S = 60;
    private static final int SHARE_OF_MEMORY = 8;

    private final AtomicLong passedBytes = new AtomicLong();
    private final int maxPassedMb;

    /**
     * @param memoryBytes of the machine or the container
     */
    Warmth(long memoryBytes) {
        maxPassedMb = (int) Math.min(Integer.MAX_VALUE, (memoryBytes / SHARE_OF_MEMORY) >> 20);
    }

    static Warmth ofThisMachine() {
        return new Warmth(
                ManagementFactory.getOperatingSystemMXBean()
                                instanceof com.sun.management.OperatingSystemMXBean system
                        ? system.getTotalMemorySize()
                        : 0);
    }

    /** Bytes were written to files, or read from them. */
    void passed(int bytes) {
        passedBytes.addAndGet(bytes);
    }

    Moment at(long nowMs) {
        return new Moment((int) (nowMs / 1000), (int) (passedBytes.get() >> 20), maxPassedMb);
    }

    /**
     * When something was touched, or is asked for.
     *
     * @param passedMb how much had passed by then
     */
    record Moment(int second, int passedMb, int maxPassedMb) {
        private long stamp() {
            return ((long) second << Integer.SIZE) | Integer.toUnsignedLong(passedMb);
        }

        private boolean isSoonAfter(long stamp) {
            int ageS = second - (int) (stamp >> Integer.SIZE);
            return ageS >= 0 && ageS <= MAX_AGE_S && passedMb - (int) stamp <= maxPassedMb;
        }
    }

    /** The parts of one file, and when each was touched last. Any thread; the last one counts. */
    static final class OfFile {
        private static final int PART_SHIFT = 20; // 1 MiB
        private static final long[] NONE = {};
        private static final long NEVER = (-2L * MAX_AGE_S) << Integer.SIZE;

        private volatile long[] stamps = NONE;

        /** Bytes were appended; what is before them in the same part was not long before. */
        void written(int from, int to, Moment now) {
            touch(from >> PART_SHIFT, (to - 1) >> PART_SHIFT, now);
        }

        /**
         * Bytes were read: the parts that end among them count, since who reads in order has read
         * their beginning just before.
         */
        void read(int from, int to, Moment now) {
            touch(from >> PART_SHIFT, (to >> PART_SHIFT) - 1, now);
        }

        private void touch(int first, int last, Moment now) {
            if (last < first) {
                return;
            }
            long[] current = stamps.length > last ? stamps : grow(last + 1);
            Arrays.fill(current, first, last + 1, now.stamp());
        }

        private synchronized long[] grow(int parts) {
            long[] current = stamps;
            if (current.length < parts) {
                long[] grown = Arrays.copyOf(current, Math.max(parts, current.length * 2));
                Arrays.fill(grown, current.length, grown.length, NEVER);
                current = grown;
                stamps = grown;
            }
            return current;
        }

        /** Whether all of it was touched a short while ago. */
        boolean has(int from, int to, Moment now) {
            long[] current = stamps;
            int last = (to - 1) >> PART_SHIFT;
            if (to <= from || last >= current.length) {
                return false;
            }
            for (int part = from >> PART_SHIFT; part <= last; part++) {
                if (!now.isSoonAfter(current[part])) {
                    return false;
                }
            }
            return true;
        }
    }
}
