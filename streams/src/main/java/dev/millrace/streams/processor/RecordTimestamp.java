package dev.millrace.streams.processor;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The record's own timestamp, where it has a valid one. */
abstract class RecordTimestamp implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        long timestamp = record.timestamp();
        return timestamp < 0 ? onInvalidTimestamp(record, timestamp, partitionTime) : timestamp;
    }

    /**
     * @param recordTimestamp negative
     * @return milliseconds since the epoch; a negative one drops the record
     */
    public abstract long onInvalidTimestamp(
            ConsumerRecord<Object, Object> record, long recordTimestamp, long partitionTime);
}
