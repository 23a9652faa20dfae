package dev.millrace.streams.processor;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Event time of a source record. */
@FunctionalInterface
public interface TimestampExtractor {
    /**
     * @param record with deserialised key and value
     * @param partitionTime highest timestamp taken from this partition so far, -1 before the first
     * @return milliseconds since the epoch; a negative one drops the record
     */
    long extract(ConsumerRecord<Object, Object> record, long partitionTime);
}
