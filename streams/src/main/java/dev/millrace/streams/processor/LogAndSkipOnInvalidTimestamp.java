package dev.millrace.streams.processor;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The record's own timestamp; records with a negative one are dropped. */
public class LogAndSkipOnInvalidTimestamp extends RecordTimestamp {
    private static final Logger LOG = LoggerFactory.getLogger(LogAndSkipOnInvalidTimestamp.class);

    @Override
    public long onInvalidTimestamp(
            ConsumerRecord<Object, Object> record, long recordTimestamp, long partitionTime) {
        LOG.warn(
                "Record of {}-{} offset {} is dropped: its timestamp {} is negative",
                record.topic(),
                record.partition(),
                record.offset(),
                recordTimestamp);
        return recordTimestamp;
    }
}
