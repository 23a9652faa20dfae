package dev.millrace.cluster;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The features this version of Millrace knows, with the levels it can work at. A broker registers
 * them, and a level is finalized only if every registered broker supports it.
 *
 * <p>Kafka has more: {@code kraft.version} speaks of a quorum format that the journal does not
 * have, {@code eligible.leader.replicas.version}, {@code share.version} and {@code streams.version}
 * of functions that are not there.
 */
public final class SupportedFeatures {
    /** 1 = transactions bump the producer epoch and add partitions implicitly, 2 = KIP-890 full. */
    public static final String TRANSACTION_VERSION = "transaction.version";

    /** 1 = consumer groups with server-side assignment (KIP-848). */
    public static final String GROUP_VERSION = "group.version";

    /**
     * Kafka's number for the format of its metadata records. Ours is another format; the level says
     * to tools that what they may ask for is what Kafka 4.3 offers, and cannot be changed.
     */
    public static final String METADATA_VERSION = "metadata.version";

    /** {@code 4.3-IV0}. */
    public static final short METADATA_VERSION_4_3 = 30;

    /**
     * What the metadata journal is written in. As long as a level is not finalized nothing is
     * written that the version before does not know, and that version can be rolled in again.
     *
     * <pre>
     *   1   entries and records as in the first version; also where no level is finalized
     *   2   entries name their cluster, and those of another are refused
     * </pre>
     */
    public static final String JOURNAL_VERSION = "millrace.journal.version";

    /** {@link #JOURNAL_VERSION} from which on entries name their cluster. */
    public static final short JOURNAL_NAMES_CLUSTER = 2;

    public static final Map<String, VersionRange> RANGES =
            Map.of(
                    JOURNAL_VERSION, new VersionRange((short) 1, JOURNAL_NAMES_CLUSTER),
                    METADATA_VERSION, new VersionRange(METADATA_VERSION_4_3, METADATA_VERSION_4_3),
                    TRANSACTION_VERSION, new VersionRange((short) 0, (short) 2),
                    GROUP_VERSION, new VersionRange((short) 0, (short) 1));

    private SupportedFeatures() {}

    /** What a new cluster starts with. */
    public static Map<String, Short> highest() {
        return highest(RANGES);
    }

    /** What a new cluster starts with whose first leader knows these. */
    public static Map<String, Short> highest(Map<String, VersionRange> supported) {
        return supported.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> e.getValue().max()));
    }

    /**
     * Which of the finalized levels a version with these ranges cannot work at.
     *
     * @return a line for its operator; empty if it can
     */
    public static Optional<String> misfit(
            Map<String, VersionRange> supported, FinalizedFeatures finalized) {
        for (Map.Entry<String, Short> each : new TreeMap<>(finalized.levels()).entrySet()) {
            VersionRange range = supported.get(each.getKey());
            if (range == null || !range.contains(each.getValue())) {
                return Optional.of(
                        "the cluster has finalized level "
                                + each.getValue()
                                + " of "
                                + each.getKey()
                                + ", this version of Millrace "
                                + (range == null
                                        ? "does not know it"
                                        : "works at levels " + range.min() + " to " + range.max())
                                + "; start this node in a later version");
            }
        }
        return Optional.empty();
    }

    /** Both ends belong to the range. */
    public record VersionRange(short min, short max) {
        public boolean contains(short level) {
            return min <= level && level <= max;
        }
    }
}
