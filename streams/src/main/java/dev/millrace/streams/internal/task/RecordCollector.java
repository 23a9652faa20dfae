package dev.millrace.streams.internal.task;

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

    int partitionsFor(String topic);
}
