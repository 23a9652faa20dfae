package dev.millrace.streams.errors;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Drops records that cannot be deserialised. */
public class LogAndContinueExceptionHandler implements DeserializationExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(LogAndContinueExceptionHandler.class);

    @Override
    public DeserializationHandlerResponse handle(
            ConsumerRecord<byte[], byte[]> record, Exception exception) {
        LOG.warn(
                "Record of {}-{} offset {} is dropped: it cannot be deserialised",
                record.topic(),
                record.partition(),
                record.offset(),
                exception);
        return DeserializationHandlerResponse.CONTINUE;
    }
}
