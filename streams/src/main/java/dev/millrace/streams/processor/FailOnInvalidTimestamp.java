package dev.millrace.streams.processor;

import dev.millrace.streams.errors.StreamsException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The record's own timestamp; a negative one stops processing. The default. */
public class FailOnInvalidTimestamp extends RecordTimestamp {
    @Override
    public long onInvalidTimestamp(
            ConsumerRecord<Object, Object> record, long recordTimestamp, long partitionTime) {
        throw new StreamsException(
                "Input record of "
                        + record.topic()
                        + "-"
                        + record.partition()
                        + " offset "
                        + record.offset()
                        + " has invalid (negative) timestamp "
                        + recordTimestamp
                        + ". Use LogAndSkipOnInvalidTimestamp to drop such records, or another TimestampExtractor.");
    }
}
