package dev.millrace.broker;

import dev.millrace.log.CleanerConfig;
import dev.millrace.log.Throttle;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigException;

/**
 * The {@code log.cleaner.*} settings of a broker, with Kafka's names and defaults; those that are
 * defaults of topics are with the topics' settings.
 *
 * @param enabled {@code log.cleaner.enable}
 * @param threads {@code log.cleaner.threads}; none is as if not enabled
 * @param backoffMs {@code log.cleaner.backoff.ms}: pause when no log is dirty enough
 * @param ioMaxBytesPerSecond {@code log.cleaner.io.max.bytes.per.second}, read and written, of all
 *     threads together
 * @param ioBufferBytes {@code log.cleaner.io.buffer.size} of all threads together
 * @param dedupeBufferBytes {@code log.cleaner.dedupe.buffer.size} of all threads together; not more
 *     than an eighth of the heap is used
 * @param loadFactor {@code log.cleaner.io.buffer.load.factor}
 */
record CleanerSettings(
        boolean enabled,
        int threads,
        long backoffMs,
        double ioMaxBytesPerSecond,
        int ioBufferBytes,
        long dedupeBufferBytes,
        double loadFactor) {
    /** Of these settings. */
    static final Set<String> NAMES =
            Set.of(
                    "log.cleaner.threads",
                    "log.cleaner.backoff.ms",
                    "log.cleaner.io.max.bytes.per.second",
                    "log.cleaner.io.buffer.size",
                    "log.cleaner.dedupe.buffer.size",
                    "log.cleaner.io.buffer.load.factor");

    private static final String ENABLE = "log.cleaner.enable";
    private static final String THREADS = "log.cleaner.threads";
    private static final String BACKOFF_MS = "log.cleaner.backoff.ms";
    private static final String IO_MAX = "log.cleaner.io.max.bytes.per.second";
    private static final String IO_BUFFER = "log.cleaner.io.buffer.size";
    private static final String DEDUPE_BUFFER = "log.cleaner.dedupe.buffer.size";
    private static final String LOAD_FACTOR = "log.cleaner.io.buffer.load.factor";

    private static final long MIN_DEDUPE_BYTES = 1 << 20;
    private static final int HEAP_SHARE = 8;

    private static final ConfigDef DEFINITION =
            new ConfigDef()
                    .define(ENABLE, ConfigDef.Type.BOOLEAN, true, Importance.MEDIUM, "")
                    .define(THREADS, ConfigDef.Type.INT, 1, Range.atLeast(0), Importance.MEDIUM, "")
                    .define(
                            BACKOFF_MS,
                            ConfigDef.Type.LONG,
                            15_000L,
                            Range.atLeast(0),
                            Importance.MEDIUM,
                            "")
                    .define(
                            IO_MAX,
                            ConfigDef.Type.DOUBLE,
                            Throttle.UNLIMITED,
                            Range.atLeast(1),
                            Importance.MEDIUM,
                            "")
                    .define(
                            IO_BUFFER,
                            ConfigDef.Type.INT,
                            512 << 10,
                            Range.atLeast(0),
                            Importance.MEDIUM,
                            "")
                    .define(DEDUPE_BUFFER, ConfigDef.Type.LONG, 128L << 20, Importance.MEDIUM, "")
                    .define(
                            LOAD_FACTOR,
                            ConfigDef.Type.DOUBLE,
                            0.9,
                            Range.between(0.01, 1),
                            Importance.MEDIUM,
                            "");

    /**
     * @throws ConfigException a value of the wrong type, or out of its range
     */
    static CleanerSettings from(Map<String, String> properties) {
        AbstractConfig values = new AbstractConfig(DEFINITION, properties, false);
        CleanerSettings settings =
                new CleanerSettings(
                        values.getBoolean(ENABLE),
                        values.getInt(THREADS),
                        values.getLong(BACKOFF_MS),
                        values.getDouble(IO_MAX),
                        values.getInt(IO_BUFFER),
                        values.getLong(DEDUPE_BUFFER),
                        values.getDouble(LOAD_FACTOR));
        if (settings.active() && settings.dedupeBufferBytes / settings.threads < MIN_DEDUPE_BYTES) {
            throw new ConfigException(
                    DEDUPE_BUFFER,
                    settings.dedupeBufferBytes,
                    "expected at least 1 MiB for each of " + THREADS + "=" + settings.threads);
        }
        return settings;
    }

    boolean active() {
        return enabled && threads > 0;
    }

    /** What each of the threads gets. */
    CleanerConfig perThread() {
        long heapBound = Math.max(MIN_DEDUPE_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
        return new CleanerConfig(
                Math.min(dedupeBufferBytes, heapBound) / threads,
                loadFactor,
                ioBufferBytes / threads / 2);
    }
}
