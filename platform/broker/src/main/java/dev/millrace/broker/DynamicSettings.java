package dev.millrace.broker;

import dev.millrace.broker.admin.EffectiveSettings;
import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
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
        this.now = EffectiveSettings.of(config.properties(), image, config.nodeId());
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
