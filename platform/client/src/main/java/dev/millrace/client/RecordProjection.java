package dev.millrace.client;

import dev.millrace.client.codec.Codec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;

/** Each record, decoded. */
final class RecordProjection<K, V> implements Projection<ConsumerRecord<K, V>> {
    private final Decoder<K, V> decoder;

    RecordProjection(Decoder<K, V> decoder) {
        this.decoder = decoder;
    }

    @Override
    public void onRecord(ConsumerRecord<byte[], byte[]> raw, Sink<ConsumerRecord<K, V>> out) {
        out.emit(
                new ConsumerRecord<>(
                        raw.topic(),
                        raw.partition(),
                        raw.offset(),
                        raw.timestamp(),
                        raw.timestampType(),
                        raw.serializedKeySize(),
                        raw.serializedValueSize(),
                        decoder.key(raw),
                        decoder.value(raw),
                        raw.headers(),
                        raw.leaderEpoch()));
    }

    /** Decodes with an error that names the record. */
    record Decoder<K, V>(Codec<K> keys, Codec<V> values) {
        K key(ConsumerRecord<byte[], byte[]> raw) {
            return decode(keys, "key", raw, raw.key());
        }

        V value(ConsumerRecord<byte[], byte[]> raw) {
            return decode(values, "value", raw, raw.value());
        }

        private static <T> T decode(
                Codec<T> codec, String part, ConsumerRecord<byte[], byte[]> raw, byte[] data) {
            Deserializer<T> deserializer = codec.deserializer();
            Headers headers = raw.headers();
            try {
                return deserializer.deserialize(raw.topic(), headers, data);
            } catch (RuntimeException e) {
                throw new ClientException.Undecodable(
                        "the "
                                + part
                                + " of "
                                + raw.topic()
                                + "-"
                                + raw.partition()
                                + "@"
                                + raw.offset()
                                + " ("
                                + (data == null ? 0 : data.length)
                                + " bytes) is not a "
                                + codec.name()
                                + ": "
                                + e.getMessage(),
                        e);
            }
        }
    }
}
