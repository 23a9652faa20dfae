package dev.millrace.broker.simulation;

import dev.millrace.log.LogConfig;
import java.util.Random;

/**
 * What differs from life to life.
 *
 * @param onDisk acknowledged is what all in-sync replicas have on their disks: every power may be
 *     lost, at any time. Without it no more than {@code minInsync - 1} replicas may lose records at
 *     a time
 * @param calm nobody is fenced but by silence, and leaders are not moved: then a broker that has
 *     not heard from the journal for a session is the only one that can have been replaced
 */
record Terms(int minInsync, boolean onDisk, boolean calm, int segmentBytes) {

    static Terms draw(Random random) {
        boolean calm = random.nextInt(4) == 0;
        int minInsync = random.nextInt(calm ? 2 : 4) == 0 ? 1 : 2;
        boolean onDisk = random.nextInt(3) == 0;
        int segmentBytes = random.nextBoolean() ? 900 : 1 << 20;
        return new Terms(minInsync, onDisk, calm, segmentBytes);
    }

    /** How many replicas may lack what they have acknowledged. */
    int mayLose() {
        return onDisk ? Integer.MAX_VALUE : minInsync - 1;
    }

    LogConfig log() {
        LogConfig base = LogConfig.DEFAULT;
        return new LogConfig(
                segmentBytes,
                Long.MAX_VALUE,
                0,
                base.segmentIndexBytes(),
                200,
                -1,
                -1,
                base.maxMessageBytes(),
                true,
                false,
                false,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                "producer",
                0,
                false,
                base.fileDeleteDelayMs(),
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                onDisk,
                base.compaction());
    }
}
