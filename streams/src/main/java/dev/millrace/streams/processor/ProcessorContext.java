package dev.millrace.streams.processor;

import dev.millrace.streams.StreamsMetrics;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** What a transformer of a table sees of its task; it cannot forward. */
public interface ProcessorContext {
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

    /** Not for transformers: what they return is forwarded. */
    <K, V> void forward(K key, V value);

    <K, V> void forward(K key, V value, To to);

    void register(StateStore store, StateRestoreCallback stateRestoreCallback);

    String applicationId();

    TaskId taskId();

    Serde<?> keySerde();

    Serde<?> valueSerde();

    File stateDir();

    /** For metrics of the program's own. */
    StreamsMetrics metrics();

    /** Null in a punctuation. */
    @Nullable String topic();

    int partition();

    long offset();

    Headers headers();

    long timestamp();

    Map<String, Object> appConfigs();

    Map<String, Object> appConfigsWithPrefix(String prefix);

    long currentSystemTimeMs();

    long currentStreamTimeMs();
}
