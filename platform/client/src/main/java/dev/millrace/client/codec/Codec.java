package dev.millrace.client.codec;

import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/**
 * A named pair of serializer and deserializer. It is a Kafka {@link Serde}, so the same constant
 * serves this client, Kafka Streams and Millrace Streams. Both halves must be stateless: one
 * instance is used by many threads.
 *
 * @param name what error messages call the format, for instance {@code JsonObject}
 */
public record Codec<T>(String name, Serializer<T> serializer, Deserializer<T> deserializer)
        implements Serde<T> {

    public static <T> Codec<T> of(String name, Serde<T> serde) {
        return new Codec<>(name, serde.serializer(), serde.deserializer());
    }

    @Override
    public String toString() {
        return name;
    }
}
