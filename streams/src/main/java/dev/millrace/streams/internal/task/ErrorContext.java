package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.ErrorHandlerContext;
import dev.millrace.streams.processor.TaskId;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** What a task knew when something failed. */
@SuppressWarnings("ArrayRecordComponent") // the arrays are handed through, never compared
record ErrorContext(
        String topic,
        int partition,
        long offset,
        Headers headers,
        String processorNodeId,
        TaskId taskId,
        long timestamp,
        byte @Nullable [] sourceRawKey,
        byte @Nullable [] sourceRawValue)
        implements ErrorHandlerContext {

    /**
     * @param origin null: in a punctuation
     */
    static ErrorContext of(
            TaskId task,
            String node,
            @Nullable ConsumerRecord<byte[], byte[]> origin,
            long timestamp) {
        return origin == null
                ? new ErrorContext(
                        "", -1, -1, new RecordHeaders(), node, task, timestamp, null, null)
                : new ErrorContext(
                        origin.topic(),
                        origin.partition(),
                        origin.offset(),
                        origin.headers(),
                        node,
                        task,
                        timestamp,
                        origin.key(),
                        origin.value());
    }
}
