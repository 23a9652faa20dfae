package dev.millrace.streams.errors;

import dev.millrace.streams.processor.TaskId;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Where something failed: the source record being processed, and how far it got. */
public interface ErrorHandlerContext {
    /** Of the source record; empty in a punctuation. */
    String topic();

    /** -1 in a punctuation. */
    int partition();

    /** -1 in a punctuation. */
    long offset();

    Headers headers();

    /** The operator, as {@code Topology.describe()} names it; empty when no single one is known. */
    String processorNodeId();

    TaskId taskId();

    /** Milliseconds since the epoch. */
    long timestamp();

    /** Key of the source record as it was read; null without one, and in a punctuation. */
    byte @Nullable [] sourceRawKey();

    /** Value of the source record as it was read; null without one, and in a punctuation. */
    byte @Nullable [] sourceRawValue();
}
