package dev.millrace.broker.admin;

import dev.millrace.broker.BrokerConfig;
import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The settings of a topic or a broker with values and where they come from. */
final class ConfigEntries {
    private final BrokerConfig broker;

    ConfigEntries(BrokerConfig broker) {
        this.broker = broker;
    }

    /**
     * @param found as it is shown, strongest first; where nothing is, the value is a default
     */
    record Entry(
            String name,
            ConfigType type,
            @Nullable String value,
            boolean readOnly,
            boolean sensitive,
            List<TopicConfigs.Found> found,
            String documentation) {

        ConfigSource source() {
            return found.isEmpty() ? ConfigSource.DEFAULT : found.get(0).source();
        }
    }

    /**
     * @param topicConfigs set on the topic itself
     */
    List<Entry> ofTopic(MetadataImage image, Map<String, String> topicConfigs) {
        List<Entry> entries = new ArrayList<>();
        for (TopicConfig config : TopicConfigs.all()) {
            List<TopicConfigs.Found> found =
                    TopicConfigs.lookUp(
                            config, broker.properties(), image, broker.nodeId(), topicConfigs);
            String why = config.withoutEffect();
            entries.add(
                    new Entry(
                            config.name(),
                            config.type(),
                            found.get(0).value(),
                            false,
                            false,
                            TopicConfigs.shown(config, found),
                            why == null
                                    ? config.documentation()
                                    : config.documentation() + " Without effect: " + why + "."));
        }
        return entries;
    }

    List<Entry> ofThisBroker(MetadataImage image) {
        Map<String, String> fixed = new TreeMap<>(broker.properties());
        fixed.put("node.id", String.valueOf(broker.nodeId()));
        fixed.put(
                "log.dirs",
                String.join(",", broker.logDirs().stream().map(Object::toString).toList()));
        MetadataImage.BrokerRegistration registered = image.brokers().get(broker.nodeId());
        // Port 0 asks for any free port; clients want to know which one it became.
        int port = registered == null ? broker.port() : registered.port();
        fixed.putIfAbsent("listeners", "PLAINTEXT://" + broker.host() + ":" + port);
        Map<String, String> own =
                image.config(TopicConfigs.brokerResource(String.valueOf(broker.nodeId())));
        Map<String, String> all = image.config(TopicConfigs.brokerResource(""));

        Set<String> names = new TreeSet<>(BrokerSetting.known().keySet());
        names.addAll(fixed.keySet());
        names.addAll(own.keySet());
        names.addAll(all.keySet());
        List<Entry> entries = new ArrayList<>();
        for (String name : names) {
            BrokerSetting setting = BrokerSetting.of(name);
            List<TopicConfigs.Found> found = new ArrayList<>();
            add(found, name, own.get(name), ConfigSource.DYNAMIC_BROKER);
            add(found, name, all.get(name), ConfigSource.DYNAMIC_DEFAULT_BROKER);
            add(found, name, fixed.get(name), ConfigSource.STATIC_BROKER);
            if (found.isEmpty() || setting.defaultValue() != null) {
                found.add(
                        new TopicConfigs.Found(name, setting.defaultValue(), ConfigSource.DEFAULT));
            }
            entries.add(entry(setting, found));
        }
        return entries;
    }

    /** What was set at run time for all brokers. */
    List<Entry> ofAllBrokers(MetadataImage image) {
        List<Entry> entries = new ArrayList<>();
        new TreeMap<>(image.config(TopicConfigs.brokerResource("")))
                .forEach(
                        (name, value) ->
                                entries.add(
                                        entry(
                                                BrokerSetting.of(name),
                                                List.of(
                                                        new TopicConfigs.Found(
                                                                name,
                                                                value,
                                                                ConfigSource
                                                                        .DYNAMIC_DEFAULT_BROKER)))));
        return entries;
    }

    private static void add(
            List<TopicConfigs.Found> found,
            String name,
            @Nullable String value,
            ConfigSource source) {
        if (value != null) {
            found.add(new TopicConfigs.Found(name, value, source));
        }
    }

    private static Entry entry(BrokerSetting setting, List<TopicConfigs.Found> found) {
        boolean sensitive = setting.isSensitive();
        return new Entry(
                setting.name(),
                setting.type(),
                sensitive ? null : found.get(0).value(),
                !setting.dynamic(),
                sensitive,
                sensitive
                        ? found.stream()
                                .map(f -> new TopicConfigs.Found(f.foundAs(), null, f.source()))
                                .toList()
                        : found,
                setting.documentation());
    }
}
