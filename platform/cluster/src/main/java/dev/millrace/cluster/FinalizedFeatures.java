package dev.millrace.cluster;

import java.util.Map;

/**
 * The feature levels the whole cluster has agreed on.
 *
 * @param levels by feature name, each at least 1; what is absent is at level 0, that is, off
 * @param epoch index of the journal entry that changed a level last; grows. 0 = never finalized.
 *     Clients keep the levels with the largest epoch they have seen.
 * @see "KIP-584: versioning scheme for features"
 */
public record FinalizedFeatures(Map<String, Short> levels, long epoch) {
    public static final FinalizedFeatures NONE = new FinalizedFeatures(Map.of(), 0);

    public FinalizedFeatures {
        levels = Map.copyOf(levels);
    }

    public short level(String feature) {
        return levels.getOrDefault(feature, (short) 0);
    }
}
