package dev.millrace.streams.internal.topology;

import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store of a topology.
 *
 * @param supplier null: the kind that {@code default.dsl.store} names
 * @param timestamped rows carry the timestamp of their last update
 * @param changelogConfig of the changelog topic, beside cleanup.policy=compact
 */
public record StoreSpec(
        String name,
        @Nullable KeyValueBytesStoreSupplier supplier,
        @Nullable Serde<?> keySerde,
        @Nullable Serde<?> valueSerde,
        boolean timestamped,
        boolean logged,
        boolean cached,
        Map<String, String> changelogConfig) {

    public String changelogTopic(String applicationId) {
        return applicationId + "-" + name + "-changelog";
    }
}
