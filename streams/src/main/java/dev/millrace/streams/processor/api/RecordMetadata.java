package dev.millrace.streams.processor.api;

/** Where the record being processed was read. */
public interface RecordMetadata {
    String topic();

    int partition();

    long offset();
}
