package dev.millrace.streams.http;

import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/**
 * How a key stands in a path.
 *
 * @param parse throws {@link IllegalArgumentException} on text that is no key
 * @param serializer as the producers of the store's topic use it: it decides on the partition
 */
public record KeyFormat<K>(Function<String, K> parse, Serializer<K> serializer) {
    public static KeyFormat<String> strings() {
        return new KeyFormat<>(text -> text, Serdes.String().serializer());
    }

    public static KeyFormat<Long> longs() {
        return new KeyFormat<>(Long::valueOf, Serdes.Long().serializer());
    }

    public static KeyFormat<Integer> integers() {
        return new KeyFormat<>(Integer::valueOf, Serdes.Integer().serializer());
    }

    public static KeyFormat<UUID> uuids() {
        return new KeyFormat<>(UUID::fromString, Serdes.UUID().serializer());
    }
}
