package dev.millrace.streams.internal.task;

import java.util.ArrayDeque;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Fetched records of one source partition, the first of them deserialised. */
final class RecordQueue {
    final TopicPartition partition;
    final SourceNode source;
    final SourceNode.Head head = new SourceNode.Head();
    private final ArrayDeque<ConsumerRecord<byte[], byte[]>> records = new ArrayDeque<>();
    private @Nullable ConsumerRecord<byte[], byte[]> headRecord;
    private long partitionTime = -1;

    /** Offset of the last record that was processed; -1: none yet. */
    long lastProcessed = -1;

    /** Greatest timestamp that was processed, here or before; -1: none yet. */
    long processedTime = -1;

    RecordQueue(TopicPartition partition, SourceNode source) {
        this.partition = partition;
        this.source = source;
    }

    /** Goes on where another task of this partition has come to. */
    void resume(long time) {
        processedTime = time;
        partitionTime = time;
    }

    void processed(long offset, long timestamp) {
        lastProcessed = offset;
        processedTime = Math.max(processedTime, timestamp);
    }

    void add(List<ConsumerRecord<byte[], byte[]>> fetched) {
        records.addAll(fetched);
        if (headRecord == null) {
            advance();
        }
    }

    void clear() {
        records.clear();
        headRecord = null;
    }

    /** Null when empty. */
    @Nullable ConsumerRecord<byte[], byte[]> headRecord() {
        return headRecord;
    }

    int size() {
        return records.size() + (headRecord == null ? 0 : 1);
    }

    /** Makes the next readable record the head. */
    void advance() {
        headRecord = null;
        while (headRecord == null) {
            ConsumerRecord<byte[], byte[]> next = records.poll();
            if (next == null) {
                return;
            }
            if (source.read(next, partitionTime, head)) {
                headRecord = next;
                partitionTime = Math.max(partitionTime, head.timestamp);
            }
        }
    }
}
