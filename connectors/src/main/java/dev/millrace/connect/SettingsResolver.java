package dev.millrace.connect;

import dev.millrace.connect.plugin.Plugins;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigTransformer;
import org.apache.kafka.common.config.provider.ConfigProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces {@code ${provider:path:key}} in the settings of connectors, with the worker's {@code
 * config.providers}.
 */
final class SettingsResolver implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SettingsResolver.class);

    private final Map<String, ConfigProvider> providers;
    private final ConfigTransformer transformer;

    private SettingsResolver(Map<String, ConfigProvider> providers) {
        this.providers = providers;
        this.transformer = new ConfigTransformer(providers);
    }

    static SettingsResolver of(WorkerConfig worker, Plugins plugins) {
        Map<String, ConfigProvider> providers = new LinkedHashMap<>();
        Object names = worker.originals().getOrDefault("config.providers", "");
        for (String name : names.toString().split("\\s*,\\s*")) {
            if (!name.isEmpty()) {
                String prefix = "config.providers." + name + ".";
                Object type = worker.originals().get(prefix + "class");
                ConfigProvider provider =
                        plugins.create(String.valueOf(type), ConfigProvider.class).instance();
                provider.configure(worker.originalsWithPrefix(prefix + "param."));
                providers.put(name, provider);
            }
        }
        return new SettingsResolver(providers);
    }

    Map<String, String> resolve(Map<String, String> settings) {
        return new HashMap<>(transformer.transform(settings).data());
    }

    @Override
    public void close() {
        for (ConfigProvider provider : providers.values()) {
            try {
                provider.close();
            } catch (IOException e) {
                log.warn("a config provider was not closed", e);
            }
        }
    }
}
