package dev.millrace.connect;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * Remembers the record it was made from, so that a task's report of it can be made a dead letter.
 */
final class RawSinkRecord extends SinkRecord {
    private final transient ConsumerRecord<byte[], byte[]> raw;

    RawSinkRecord(SinkRecord record, ConsumerRecord<byte[], byte[]> raw) {
        super(
                record.topic(),
                record.kafkaPartition(),
                record.keySchema(),
                record.key(),
                record.valueSchema(),
                record.value(),
                record.kafkaOffset(),
                record.timestamp(),
                record.timestampType(),
                record.headers(),
                raw.topic(),
                raw.partition(),
                raw.offset());
        this.raw = raw;
    }

    ConsumerRecord<byte[], byte[]> raw() {
        return raw;
    }

    @Override
    public SinkRecord newRecord(
            String topic,
            Integer kafkaPartition,
            Schema keySchema,
            Object key,
            Schema valueSchema,
            Object value,
            Long timestamp,
            Iterable<Header> headers) {
        return new RawSinkRecord(
                super.newRecord(
                        topic,
                        kafkaPartition,
                        keySchema,
                        key,
                        valueSchema,
                        value,
                        timestamp,
                        headers),
                raw);
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other);
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }
}
