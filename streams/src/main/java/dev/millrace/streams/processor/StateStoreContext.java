package dev.millrace.streams.processor;

import dev.millrace.streams.StreamsMetrics;
import dev.millrace.streams.processor.api.RecordMetadata;
import java.io.File;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serde;

/** What a store sees of its task. */
public interface StateStoreContext {
    String applicationId();

    TaskId taskId();

    /** Empty in a punctuation. */
    Optional<RecordMetadata> recordMetadata();

    Serde<?> keySerde();

    Serde<?> valueSerde();

    File stateDir();

    /** For metrics of the program's own. */
    StreamsMetrics metrics();

    /** Called by the store's {@code init}: how records of its changelog are put back. */
    void register(StateStore store, StateRestoreCallback callback);

    /**
     * @param commitCallback called with the commits that make stores durable
     */
    void register(StateStore store, StateRestoreCallback callback, CommitCallback commitCallback);

    Map<String, Object> appConfigs();

    Map<String, Object> appConfigsWithPrefix(String prefix);
}
