package dev.millrace.broker;

import dev.millrace.broker.admin.EffectiveSettings;
import dev.millrace.broker.group.GroupConfig;
import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings settings that were changed at run time to the parts that run with them. Listeners are
 * called on the cluster's thread, one at a time, only when a setting they named has another value.
 */
final class DynamicSettings {
    private static final Logger LOG = LoggerFactory.getLogger(DynamicSettings.class);

    private record Listener(Set<String> names, Consumer<Map<String, String>> listener) {}

    private final BrokerConfig config;
    private final List<Listener> listeners = new ArrayList<>();
    private Map<String, String> now;

    DynamicSettings(BrokerConfig config, MetadataImage image) {
        this.config = config;
        this.now = usable(EffectiveSettings.of(config.properties(), image, config.nodeId()));
    }

    /**
     * What was set at run time must not keep a node from starting, not even if another version
     * accepted it: then the node's properties hold alone.
     */
    private Map<String, String> usable(Map<String, String> effective) {
        try {
            BrokerSettings.from(effective);
            CleanerSettings.from(effective);
            GroupConfig.from(effective);
            return effective;
        } catch (ConfigException e) {
            if (effective.equals(config.properties())) {
                throw e;
            }
            LOG.error(
                    "Settings made at run time are left out until they are changed: {}",
                    e.getMessage());
            return config.properties();
        }
    }

    /** The node's properties with what was set at run time laid over them. */
    synchronized Map<String, String> now() {
        return Map.copyOf(now);
    }

    /**
     * @param names settings to be told of
     * @param listener gets all settings
     */
    synchronized void onChange(Set<String> names, Consumer<Map<String, String>> listener) {
        listeners.add(new Listener(names, listener));
    }

    synchronized void follow(MetadataImage image) {
        Map<String, String> before = now;
        now = EffectiveSettings.of(config.properties(), image, config.nodeId());
        for (Listener each : listeners) {
            if (EffectiveSettings.differ(before, now, each.names)) {
                try {
                    each.listener.accept(Map.copyOf(now));
                } catch (RuntimeException e) {
                    // The others must hear of their settings all the same.
                    LOG.error("A change of {} was not taken over", each.names, e);
                }
            }
        }
    }
}
