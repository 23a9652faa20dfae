package dev.millrace.client;

import java.time.Instant;
import java.util.Map;

/** Where a reader begins. */
public sealed interface ReadFrom {
    /** The first record that is still there. */
    record Beginning() implements ReadFrom {}

    /** After the last record that is there when the subscription begins. */
    record Latest() implements ReadFrom {}

    /**
     * The given offset of each partition; partitions that are not named begin at their first
     * record.
     */
    record Offsets(Map<Integer, Long> byPartition) implements ReadFrom {
        public Offsets {
            byPartition = Map.copyOf(byPartition);
            byPartition.forEach(
                    (partition, offset) -> {
                        if (offset < 0) {
                            throw new IllegalArgumentException(
                                    "offset of partition "
                                            + partition
                                            + ": expected 0 or more, got "
                                            + offset);
                        }
                    });
        }
    }

    /** The first record with this timestamp or a later one. */
    record Timestamp(Instant instant) implements ReadFrom {}
}
