package dev.millrace.streams.internal.task;

import dev.millrace.streams.processor.RecordContext;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** A record as its source had it, with timestamp and headers as they are now. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Origin(
        String topic,
        int partition,
        long offset,
        long timestamp,
        Headers headers,
        byte @Nullable [] sourceRawKey,
        byte @Nullable [] sourceRawValue)
        implements RecordContext {
    static Origin of(
            @Nullable ConsumerRecord<byte[], byte[]> record, long timestamp, Headers headers) {
        return record == null
                ? new Origin("", -1, -1, timestamp, headers, null, null)
                : new Origin(
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        timestamp,
                        headers,
                        record.key(),
                        record.value());
    }
}
