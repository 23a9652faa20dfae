package dev.millrace.console;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** A record as the API shows it. */
final class RecordJson {
    /** Headers of one record that are shown; a record with more is marked. */
    private static final int MAX_HEADERS = 100;

    private RecordJson() {}

    static JsonObject of(ConsumerRecord<byte[], byte[]> consumed, int maxBytes) {
        JsonObject json =
                new JsonObject()
                        .put("partition", consumed.partition())
                        .put("offset", consumed.offset())
                        .put("timestamp", consumed.timestamp())
                        .put("timestampType", consumed.timestampType().toString())
                        .put("key", DecodedBytes.of(consumed.key(), maxBytes).toJson())
                        .put("value", DecodedBytes.of(consumed.value(), maxBytes).toJson());
        JsonArray headers = new JsonArray();
        for (Header header : consumed.headers()) {
            if (headers.size() == MAX_HEADERS) {
                json.put("headersTruncated", true);
                break;
            }
            headers.add(
                    new JsonObject()
                            .put("key", header.key())
                            .put("value", DecodedBytes.of(header.value(), maxBytes).toJson()));
        }
        return json.put("headers", headers);
    }

    /** What a record costs in memory, roughly. */
    static int sizeBytes(ConsumerRecord<byte[], byte[]> consumed) {
        return 200
                + Math.max(0, consumed.serializedKeySize())
                + Math.max(0, consumed.serializedValueSize());
    }
}
