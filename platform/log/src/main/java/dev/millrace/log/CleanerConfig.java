package dev.millrace.log;

/**
 * What one {@link Cleaner} may use.
 *
 * @param dedupeBytes bound on the map of keys: 24 bytes for each key of the section that is cleaned
 *     at once; {@code log.cleaner.dedupe.buffer.size} over the number of cleaners
 * @param loadFactor how full the map may become, {@code log.cleaner.io.buffer.load.factor}
 * @param ioBufferBytes each of the read and the write buffer; a larger batch gets a larger one
 */
public record CleanerConfig(long dedupeBytes, double loadFactor, int ioBufferBytes) {
    static final int MIN_IO_BUFFER_BYTES = 4 << 10;

    /** Kafka's defaults for one cleaner. */
    public static final CleanerConfig DEFAULT = new CleanerConfig(128L << 20, 0.9, 256 << 10);

    public CleanerConfig {
        // A slot has to stay free for a search to end at.
        int slots = OffsetMap.slots(dedupeBytes);
        if (!(loadFactor > 0 && loadFactor <= 1) || (int) (slots * loadFactor) < 1 || slots < 2) {
            throw new IllegalArgumentException(
                    "a dedupe buffer of "
                            + dedupeBytes
                            + " bytes, filled up to "
                            + loadFactor
                            + ", holds no key; expected at least "
                            + 2 * OffsetMap.ENTRY_BYTES
                            + " bytes and a factor above 0, at most 1");
        }
        ioBufferBytes = Math.max(ioBufferBytes, MIN_IO_BUFFER_BYTES);
    }

    int slots() {
        return OffsetMap.slots(dedupeBytes);
    }
}
