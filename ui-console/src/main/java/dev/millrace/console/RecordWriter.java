package dev.millrace.console;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Produces single records. Blocks: worker threads only. The producer is made at first use. */
final class RecordWriter implements AutoCloseable {
    private final KafkaClients clients;
    private final ClusterReader cluster;
    private @Nullable Producer<byte[], byte[]> producer;

    RecordWriter(KafkaClients clients, ClusterReader cluster) {
        this.clients = clients;
        this.cluster = cluster;
    }

    /**
     * Writes {@code {"key":..., "value":..., "headers":{...}, "partition":n}}; strings become their
     * UTF-8 bytes, null or absent no bytes, everything else its JSON text.
     *
     * @return where the record is, once all in-sync replicas have it
     */
    JsonObject write(String topic, String body) {
        JsonObject request;
        try {
            request = new JsonObject(body);
        } catch (DecodeException malformed) {
            throw ApiException.badRequest(
                    "the body is not a JSON object; expected {\"key\":...,\"value\":...}: "
                            + malformed.getMessage());
        }
        int partitions = cluster.describeOne(topic).partitions().size();
        Integer partition = partition(request, topic, partitions);
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                        topic,
                        partition,
                        bytes(request.getValue("key")),
                        bytes(request.getValue("value")));
        if (request.getValue("headers") instanceof JsonObject headers) {
            headers.forEach(
                    header -> record.headers().add(header.getKey(), bytes(header.getValue())));
        }
        try {
            RecordMetadata written =
                    producer()
                            .send(record)
                            .get(3 * KafkaClients.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            return new JsonObject()
                    .put("topic", topic)
                    .put("partition", written.partition())
                    .put("offset", written.offset())
                    .put("timestamp", written.timestamp());
        } catch (ExecutionException failure) {
            throw new java.util.concurrent.CompletionException(failure.getCause());
        } catch (TimeoutException late) {
            throw new java.util.concurrent.CompletionException(late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new java.util.concurrent.CompletionException(interrupted);
        }
    }

    private static @Nullable Integer partition(JsonObject request, String topic, int partitions) {
        Object value = request.getValue("partition");
        if (value == null) {
            return null;
        }
        if (value instanceof Integer number && number >= 0 && number < partitions) {
            return number;
        }
        throw ApiException.badRequest(
                "partition is " + value + "; topic '" + topic + "' has 0 to " + (partitions - 1));
    }

    private static byte @Nullable [] bytes(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        String text =
                value instanceof String string
                        ? string
                        : value instanceof JsonObject || value instanceof JsonArray
                                ? value.toString()
                                : Json.encode(value);
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private synchronized Producer<byte[], byte[]> producer() {
        if (producer == null) {
            producer = clients.producer();
        }
        return producer;
    }

    @Override
    public synchronized void close() {
        if (producer != null) {
            producer.close(java.time.Duration.ofSeconds(1));
        }
    }
}
