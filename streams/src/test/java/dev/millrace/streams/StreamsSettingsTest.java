package dev.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

/** Settings and constants, compared with those of Kafka Streams 4.3.1. */
class StreamsSettingsTest {
    private static final ConfigDef KAFKA = org.apache.kafka.streams.StreamsConfig.configDef();

    /** Ours differ: other classes, or not made. */
    private static final Set<String> OTHER_DEFAULTS =
            Set.of(
                    "default.client.supplier",
                    "default.deserialization.exception.handler",
                    "default.production.exception.handler",
                    "default.timestamp.extractor",
                    "deserialization.exception.handler",
                    "dsl.store.suppliers.class",
                    "processing.exception.handler",
                    "processor.wrapper.class",
                    "production.exception.handler",
                    "state.dir");

    private static StreamsConfig config(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("application.id", "a");
        all.put("bootstrap.servers", "localhost:1");
        return new StreamsConfig(all);
    }

    @Test
    void every_setting_of_kafka_streams_is_known() {
        Set<String> missing = new TreeSet<>(KAFKA.names());
        missing.removeAll(StreamsConfig.configDef().names());

        assertThat(missing).isEmpty();
    }

    @Test
    void defaults_are_those_of_kafka_streams() {
        Map<String, Object> ours = StreamsConfig.configDef().defaultValues();
        Map<String, Object> different = new TreeMap<>();
        KAFKA.defaultValues()
                .forEach(
                        (name, value) -> {
                            Object our = ours.get(name);
                            if (!OTHER_DEFAULTS.contains(name)
                                    && !String.valueOf(our).equals(String.valueOf(value))) {
                                different.put(name, our + " instead of " + value);
                            }
                        });

        assertThat(different).isEmpty();
    }

    @Test
    void what_changes_nothing_says_why() {
        assertThat(StreamsConfig.configDef().names()).containsAll(StreamsSettings.UNUSED.keySet());
        assertThat(StreamsSettings.UNUSED.values()).noneMatch(String::isBlank);
    }

    @Test
    void every_constant_of_kafka_streams_config_is_there_with_its_value() throws Exception {
        Map<String, Object> different = new TreeMap<>();
        for (var field : org.apache.kafka.streams.StreamsConfig.class.getFields()) {
            if (field.getType() != String.class || field.getName().endsWith("_DOC")) {
                continue;
            }
            Object value = field.get(null);
            try {
                Object our = StreamsConfig.class.getField(field.getName()).get(null);
                if (!value.equals(our)) {
                    different.put(field.getName(), our);
                }
            } catch (NoSuchFieldException e) {
                different.put(field.getName(), "missing");
            }
        }

        assertThat(different).isEmpty();
    }

    @Test
    void exactly_once_commits_every_100_ms_unless_told_otherwise() {
        Map<String, Object> exactlyOnce = Map.of("processing.guarantee", "exactly_once_v2");

        assertThat(config(Map.of()).commitIntervalMs()).isEqualTo(30_000);
        assertThat(config(exactlyOnce).commitIntervalMs()).isEqualTo(100);
        assertThat(
                        config(
                                        Map.of(
                                                "processing.guarantee",
                                                "exactly_once_v2",
                                                "commit.interval.ms",
                                                "7"))
                                .commitIntervalMs())
                .isEqualTo(7);
    }

    @Test
    void former_names_count_when_the_present_ones_are_not_given() {
        assertThat(config(Map.of("cache.max.bytes.buffering", 5)).cacheMaxBytes()).isEqualTo(5);
        assertThat(
                        config(
                                        Map.of(
                                                "cache.max.bytes.buffering",
                                                5,
                                                "statestore.cache.max.bytes",
                                                6))
                                .cacheMaxBytes())
                .isEqualTo(6);
    }

    @Test
    void what_is_not_supported_is_refused() {
        assertThatThrownBy(() -> config(Map.of("group.protocol", "streams")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("must be classic");
        assertThatThrownBy(() -> config(Map.of("topology.optimization", "some")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("merge.repartition.topics");
    }

    @Test
    void settings_of_clients_reach_them_and_the_applications_own_do_not() {
        StreamsConfig config =
                config(
                        Map.of(
                                "request.timeout.ms",
                                1234,
                                "group.protocol",
                                "classic",
                                "producer.linger.ms",
                                3));

        assertThat(config.producerConfigs())
                .containsEntry("request.timeout.ms", 1234)
                .containsEntry("linger.ms", 3);
        assertThat(config.mainConsumerConfigs()).containsEntry("group.protocol", "classic");
    }
}
