package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.ErrorHandlerContext;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Where a task's output goes. Failures of earlier records surface at later calls. */
public interface RecordCollector {
    /**
     * @param partition null: Kafka's default for the key
     * @param headers null: none
     */
    void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long timestamp,
            @Nullable Headers headers);

    /** Whether somebody wants to know what a record came from that cannot be sent. */
    default boolean asksForOrigins() {
        return false;
    }

    /**
     * @param origin of the record
     */
    default void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long timestamp,
            @Nullable Headers headers,
            ErrorHandlerContext origin) {
        send(topic, partition, key, value, timestamp, headers);
    }

    int partitionsFor(String topic);
}
