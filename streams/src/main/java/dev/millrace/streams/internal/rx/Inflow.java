package dev.millrace.streams.internal.rx;

import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.Flowable;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * A Flowable as a source of the topology, by way of an internal topic.
 *
 * @param topic undecorated: without the application id that internal topics begin with
 * @param keySerializer null: the configuration's
 * @param valueSerializer null: the configuration's
 * @param partitioner null: as producers do, by key
 */
public record Inflow(
        String topic,
        Flowable<Record<Object, Object>> records,
        @Nullable Serializer<Object> keySerializer,
        @Nullable Serializer<Object> valueSerializer,
        @Nullable StreamPartitioner<Object, Object> partitioner) {}
