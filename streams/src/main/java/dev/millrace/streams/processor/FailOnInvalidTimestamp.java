package dev.millrace.streams.processor;

import dev.millrace.streams.errors.StreamsException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The record's own timestamp; a negative one stops processing. The default. */
public class FailOnInvalidTimestamp implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        long timestamp = record.timestamp();
        if (timestamp < 0) {
            throw new StreamsException(
                    "Input record of "
                            + record.topic()
                            + "-"
                            + record.partition()
                            + " offset "
                            + record.offset()
                            + " has invalid (negative) timestamp "
                            + timestamp
                            + ". Use LogAndSkipOnInvalidTimestamp to drop such records, or another TimestampExtractor.");
        }
        return timestamp;
    }
}
