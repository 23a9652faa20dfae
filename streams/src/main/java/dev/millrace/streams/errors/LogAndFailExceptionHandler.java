package dev.millrace.streams.errors;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Stops at a record that cannot be deserialised. The default. */
public class LogAndFailExceptionHandler implements DeserializationExceptionHandler {
    @Override
    public DeserializationHandlerResponse handle(
            ConsumerRecord<byte[], byte[]> record, Exception exception) {
        return DeserializationHandlerResponse.FAIL;
    }
}
