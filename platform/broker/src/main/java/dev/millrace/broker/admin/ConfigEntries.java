package dev.millrace.broker.admin;

import dev.millrace.broker.BrokerConfig;
import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/** The settings of a resource with values and where they come from. */
final class ConfigEntries {
    private static final String WITHOUT_EFFECT = "Without effect: ";

    /** Tools and people set them for a while; of these Kafka knows no static value. */
    private static final Set<String> WITHOUT_DEFAULT =
            Set.of(
                    "leader.replication.throttled.rate",
                    "follower.replication.throttled.rate",
                    "replica.alter.log.dirs.io.max.bytes.per.second");

    private final BrokerConfig broker;

    ConfigEntries(BrokerConfig broker) {
        this.broker = broker;
    }

    /**
     * @param value what holds; null if nothing does, or if it must not be shown
     * @param found as it is shown, strongest first; empty if it is set nowhere, and then the value
     *     is a default
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
                            TopicConfigs.synonyms(
                                    config,
                                    broker.properties(),
                                    image,
                                    broker.nodeId(),
                                    topicConfigs),
                            documentation(config.documentation(), why == null ? "" : why)));
        }
        return entries;
    }

    List<Entry> ofThisBroker(MetadataImage image) {
        Layers layers = layers(image);
        Set<String> names = new TreeSet<>();
        BrokerSetting.all().values().stream()
                .filter(setting -> !setting.internal())
                .forEach(setting -> names.add(setting.name()));
        layers.all().forEach(layer -> names.addAll(layer.keySet()));
        List<Entry> entries = new ArrayList<>();
        for (String name : names) {
            List<TopicConfigs.Found> found = layers.find(name);
            entries.add(entry(name, found));
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
                                                name,
                                                List.of(
                                                        new TopicConfigs.Found(
                                                                name,
                                                                value,
                                                                ConfigSource
                                                                        .DYNAMIC_DEFAULT_BROKER)))));
        return entries;
    }

    List<Entry> ofGroup(MetadataImage image, Map<String, String> groupConfigs) {
        Layers layers = layers(image);
        List<Entry> entries = new ArrayList<>();
        for (GroupConfigs.GroupConfig config : GroupConfigs.all().values()) {
            List<TopicConfigs.Found> found = new ArrayList<>();
            String own = groupConfigs.get(config.name());
            if (own != null) {
                found.add(new TopicConfigs.Found(config.name(), own, ConfigSource.GROUP));
            }
            if (config.brokerName() == null) {
                found.add(
                        new TopicConfigs.Found(
                                config.name(), config.defaultValue(), ConfigSource.DEFAULT));
            } else {
                found.addAll(layers.find(config.brokerName()));
            }
            entries.add(
                    new Entry(
                            config.name(),
                            ConfigType.of(config.type()),
                            found.get(0).value(),
                            false,
                            false,
                            found,
                            documentation(config.documentation(), config.withoutEffect())));
        }
        return entries;
    }

    List<Entry> ofClientMetrics(Map<String, String> subscription) {
        List<Entry> entries = new ArrayList<>();
        for (ClientMetricsConfigs.Config config : ClientMetricsConfigs.all().values()) {
            String own = subscription.get(config.name());
            entries.add(
                    new Entry(
                            config.name(),
                            ConfigType.of(config.type()),
                            own == null ? config.defaultValue() : own,
                            false,
                            false,
                            own == null
                                    ? List.of()
                                    : List.of(
                                            new TopicConfigs.Found(
                                                    config.name(),
                                                    own,
                                                    ConfigSource.CLIENT_METRICS)),
                            config.documentation()));
        }
        return entries;
    }

    static List<Entry> ofLoggers(Map<String, String> levels) {
        return levels.entrySet().stream()
                .map(
                        logger ->
                                new Entry(
                                        logger.getKey(),
                                        ConfigType.UNKNOWN,
                                        logger.getValue(),
                                        false,
                                        false,
                                        List.of(
                                                new TopicConfigs.Found(
                                                        logger.getKey(),
                                                        logger.getValue(),
                                                        ConfigSource.BROKER_LOGGER)),
                                        ""))
                .toList();
    }

    private static String documentation(String text, String withoutEffect) {
        if (withoutEffect.isEmpty()) {
            return text;
        }
        return (text.isEmpty() ? "" : text + " ") + WITHOUT_EFFECT + withoutEffect + ".";
    }

    private static Entry entry(String name, List<TopicConfigs.Found> found) {
        BrokerSetting setting = BrokerSetting.find(name).orElse(null);
        // Of what nobody knows nobody knows whether it is a secret.
        boolean sensitive = setting == null || setting.isSensitive();
        TopicConfigs.Found own =
                found.stream().filter(f -> f.foundAs().equals(name)).findFirst().orElse(null);
        return new Entry(
                name,
                ConfigType.of(setting == null ? null : setting.type()),
                setting == null || sensitive || own == null ? null : shown(setting, own.value()),
                setting == null || !setting.isDynamic(),
                sensitive,
                sensitive
                        ? found.stream()
                                .map(f -> new TopicConfigs.Found(f.foundAs(), null, f.source()))
                                .toList()
                        : found,
                setting == null
                        ? ""
                        : documentation(
                                setting.documentation(),
                                setting.withoutEffect() + setting.refusal()));
    }

    private static @Nullable String shown(BrokerSetting setting, @Nullable String value) {
        if (value == null
                || setting.type() == ConfigDef.Type.STRING
                || setting.rule().violation(setting.name(), value).isPresent()) {
            return value;
        }
        return setting.parse(value);
    }

    private Layers layers(MetadataImage image) {
        Map<String, String> fixed = new TreeMap<>(broker.properties());
        fixed.put("node.id", String.valueOf(broker.nodeId()));
        fixed.put("broker.id", String.valueOf(broker.nodeId()));
        fixed.put(
                "log.dirs",
                String.join(",", broker.logDirs().stream().map(Object::toString).toList()));
        MetadataImage.BrokerRegistration registered = image.brokers().get(broker.nodeId());
        // Port 0 asks for any free port; clients want to know which one it became.
        int port = registered == null ? broker.port() : registered.port();
        fixed.putIfAbsent("listeners", "PLAINTEXT://" + broker.host() + ":" + port);
        return new Layers(
                image.config(TopicConfigs.brokerResource(String.valueOf(broker.nodeId()))),
                image.config(TopicConfigs.brokerResource("")),
                fixed);
    }

    /** Where a broker's settings are set, strongest first. */
    private record Layers(
            Map<String, String> forOne, Map<String, String> forAll, Map<String, String> fixed) {

        List<Map<String, String>> all() {
            return List.of(forOne, forAll, fixed);
        }

        /** Everything that speaks of the setting, beginning with its own name. */
        List<TopicConfigs.Found> find(String name) {
            List<String> names = EffectiveSettings.synonyms(name);
            List<TopicConfigs.Found> found = new ArrayList<>();
            add(found, names, forOne, ConfigSource.DYNAMIC_BROKER);
            add(found, names, forAll, ConfigSource.DYNAMIC_DEFAULT_BROKER);
            add(found, names, fixed, ConfigSource.STATIC_BROKER);
            for (String each : names) {
                BrokerSetting setting = BrokerSetting.find(each).orElse(null);
                if (setting != null
                        && setting.defaultValue() != null
                        && (found.isEmpty() || !WITHOUT_DEFAULT.contains(each))) {
                    found.add(
                            new TopicConfigs.Found(
                                    each, setting.defaultValue(), ConfigSource.DEFAULT));
                }
            }
            while (!found.isEmpty() && !found.get(0).foundAs().equals(name)) {
                found.remove(0);
            }
            return found;
        }

        private static void add(
                List<TopicConfigs.Found> found,
                List<String> names,
                Map<String, String> layer,
                ConfigSource source) {
            for (String name : names) {
                String value = layer.get(name);
                if (value != null) {
                    found.add(new TopicConfigs.Found(name, value, source));
                }
            }
        }
    }
}
