package dev.millrace.streams.processor;

import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Where the record being processed came from. */
public interface RecordContext {
    /** The source topic; empty in a punctuation. */
    String topic();

    int partition();

    long offset();

    /** Milliseconds since the epoch. */
    long timestamp();

    Headers headers();

    /** The key as the source topic has it; null in a punctuation. */
    byte @Nullable [] sourceRawKey();

    /** The value as the source topic has it; null in a punctuation. */
    byte @Nullable [] sourceRawValue();
}
