package dev.millrace.streams.internals;

import dev.millrace.streams.StreamsConfig;

/** What Kafka Streams' tests ask of its class of this name. */
public final class StreamsConfigUtils {
    private StreamsConfigUtils() {}

    public static long totalCacheSize(StreamsConfig config) {
        return config.cacheMaxBytes();
    }
}
