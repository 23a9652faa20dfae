package dev.millrace.streams.processor;

import org.apache.kafka.common.header.Headers;

/**
 * Where the record being processed came from.
 *
 * @param topic the source topic
 * @param timestamp milliseconds since the epoch
 */
public record RecordContext(
        String topic, int partition, long offset, long timestamp, Headers headers) {}
