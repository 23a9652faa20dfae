package dev.millrace.streams.processor;

import dev.millrace.streams.errors.StreamsException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The record's own timestamp; a negative one becomes the highest of the partition so far. */
public class UsePartitionTimeOnInvalidTimestamp extends RecordTimestamp {
    @Override
    public long onInvalidTimestamp(
            ConsumerRecord<Object, Object> record, long recordTimestamp, long partitionTime) {
        if (partitionTime < 0) {
            throw new StreamsException(
                    "Could not infer new timestamp for input record "
                            + record
                            + " because partition time is unknown.");
        }
        return partitionTime;
    }
}
