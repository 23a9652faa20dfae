package dev.millrace.wire;

import java.util.Map;

/**
 * The features in an ApiVersions answer, by which clients choose among protocols.
 *
 * @param supported levels that this broker can work at
 * @param finalized levels in force
 * @param epoch grows whenever a level in force changes; -1 if nothing is known of them
 * @see "KIP-584: versioning scheme for features"
 */
public record AdvertisedFeatures(
        Map<String, Range> supported, Map<String, Short> finalized, long epoch) {
    public static final AdvertisedFeatures NONE = new AdvertisedFeatures(Map.of(), Map.of(), -1);

    /** Both ends belong to the range. */
    public record Range(short min, short max) {}
}
