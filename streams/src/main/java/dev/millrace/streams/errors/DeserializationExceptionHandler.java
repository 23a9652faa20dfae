package dev.millrace.streams.errors;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Decides about a source record whose key or value cannot be deserialised. Must have a public
 * no-argument constructor.
 */
@FunctionalInterface
public interface DeserializationExceptionHandler {
    DeserializationHandlerResponse handle(
            ConsumerRecord<byte[], byte[]> record, Exception exception);

    /** What happens next. */
    enum DeserializationHandlerResponse {
        /** The record is dropped. */
        CONTINUE,
        FAIL
    }
}
