package dev.millrace.streams.processor.api;

import dev.millrace.streams.StreamsMetrics;
import dev.millrace.streams.processor.Cancellable;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.Punctuator;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serde;

/** What a processor sees of its task. For the task's thread only. */
public interface ProcessingContext {
    /**
     * @throws dev.millrace.streams.errors.StreamsException when the store is not connected to the
     *     processor
     */
    @SuppressWarnings("TypeParameterUnusedInFormals") // Kafka Streams' signature
    <S extends StateStore> S getStateStore(String name);

    Cancellable schedule(Duration interval, PunctuationType type, Punctuator callback);

    /** First at a time of its own, then at the interval: aligned with it, whatever is missed. */
    Cancellable schedule(
            Instant startTime, Duration interval, PunctuationType type, Punctuator callback);

    /** Asks for a commit soon. */
    void commit();

    /** Empty in a punctuation. */
    Optional<RecordMetadata> recordMetadata();

    String applicationId();

    TaskId taskId();

    Serde<?> keySerde();

    Serde<?> valueSerde();

    File stateDir();

    /** For metrics of the program's own. */
    StreamsMetrics metrics();

    long currentSystemTimeMs();

    long currentStreamTimeMs();

    Map<String, Object> appConfigs();

    Map<String, Object> appConfigsWithPrefix(String prefix);
}
