package dev.millrace.client;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What to read of a topic, and how.
 *
 * @param from where to begin; with a group, only Beginning or Latest, for partitions without a
 *     committed offset
 * @param bounded complete when everything that was there at subscription has been handed down
 * @param group share the partitions with other members and remember the offsets
 * @param partitions only these; empty for all (and those that are added later)
 * @param uncommitted also hand down records of open and aborted transactions
 */
public record ReadOptions(
        ReadFrom from,
        boolean bounded,
        Optional<String> group,
        Set<Integer> partitions,
        boolean uncommitted) {

    public ReadOptions {
        partitions = Set.copyOf(partitions);
        if (group.isPresent()) {
            if (bounded) {
                throw new IllegalArgumentException(
                        "a group never ends: use untilNow() without group(), or take(n)");
            }
            if (!partitions.isEmpty()) {
                throw new IllegalArgumentException(
                        "a group is given its partitions: use partitions() without group()");
            }
            if (from instanceof ReadFrom.Offsets || from instanceof ReadFrom.Timestamp) {
                throw new IllegalArgumentException(
                        "a group begins at its committed offsets, else at the beginning or the"
                                + " end: "
                                + from
                                + " needs a reader without group()");
            }
        }
    }

    private ReadOptions(ReadFrom from) {
        this(from, false, Optional.empty(), Set.of(), false);
    }

    public static ReadOptions fromBeginning() {
        return new ReadOptions(new ReadFrom.Beginning());
    }

    public static ReadOptions fromLatest() {
        return new ReadOptions(new ReadFrom.Latest());
    }

    /**
     * @param byPartition first offset to read, by partition
     */
    public static ReadOptions fromOffsets(Map<Integer, Long> byPartition) {
        return new ReadOptions(new ReadFrom.Offsets(byPartition));
    }

    public static ReadOptions fromTimestamp(Instant instant) {
        return new ReadOptions(new ReadFrom.Timestamp(instant));
    }

    public ReadOptions untilNow() {
        return new ReadOptions(from, true, group, partitions, uncommitted);
    }

    public ReadOptions group(String groupId) {
        return new ReadOptions(from, bounded, Optional.of(groupId), partitions, uncommitted);
    }

    public ReadOptions partitions(Set<Integer> only) {
        return new ReadOptions(from, bounded, group, only, uncommitted);
    }

    public ReadOptions readUncommitted() {
        return new ReadOptions(from, bounded, group, partitions, true);
    }
}
