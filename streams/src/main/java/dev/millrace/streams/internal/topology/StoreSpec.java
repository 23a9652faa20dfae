package dev.millrace.streams.internal.topology;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * A store of a topology.
 *
 * @param keySerde null: the configuration's
 * @param valueSerde null: the configuration's
 * @param changelogConfig of the changelog topic, over what follows from the kind of store
 * @param sourceTopic the topic whose records the store holds as they are: it serves as the
 *     changelog, and nothing is written to it; null for all other stores
 */
public record StoreSpec(
        String name,
        StoreKind kind,
        @Nullable Serde<?> keySerde,
        @Nullable Serde<?> valueSerde,
        boolean logged,
        boolean cached,
        Map<String, String> changelogConfig,
        @Nullable String sourceTopic) {

    public StoreSpec(
            String name,
            StoreKind kind,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde,
            boolean logged,
            boolean cached,
            Map<String, String> changelogConfig) {
        this(name, kind, keySerde, valueSerde, logged, cached, changelogConfig, null);
    }

    /** The same store, with a source topic as its changelog. */
    public StoreSpec restoredFrom(String topic) {
        return new StoreSpec(
                name, kind, keySerde, valueSerde, logged, cached, changelogConfig, topic);
    }

    /** Whether the store has a changelog topic that is to be created and written. */
    public boolean writesChangelog() {
        return logged && sourceTopic == null;
    }

    /** The topic that restores the store. */
    public String changelogTopic(String applicationId) {
        return sourceTopic != null ? sourceTopic : applicationId + "-" + name + "-changelog";
    }

    /**
     * @param extraRetentionMs of windows, over the store's own
     */
    public Map<String, String> changelogSettings(long extraRetentionMs) {
        Map<String, String> settings = new HashMap<>(kind.changelogSettings(extraRetentionMs));
        settings.putAll(changelogConfig);
        return settings;
    }
}
