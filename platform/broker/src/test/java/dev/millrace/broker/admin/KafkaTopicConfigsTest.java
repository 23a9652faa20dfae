package dev.millrace.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

/** Our table of topic settings beside Apache Kafka's own, and beside what the users are told. */
class KafkaTopicConfigsTest {
    private static final String OURS = "millrace.";

    private static Map<String, ConfigDef.ConfigKey> kafkas() {
        Map<String, ConfigDef.ConfigKey> keys = new TreeMap<>(LogConfig.configKeys());
        keys.values().removeIf(key -> key.internalConfig);
        return keys;
    }

    private static List<TopicConfig> shared() {
        return TopicConfigs.all().stream().filter(c -> !c.name().startsWith(OURS)).toList();
    }

    @Test
    void the_names_are_kafkas() {
        assertThat(shared())
                .extracting(TopicConfig::name)
                .containsExactlyInAnyOrderElementsOf(kafkas().keySet());
    }

    @Test
    void types_and_defaults_are_kafkas() {
        for (TopicConfig ours : shared()) {
            ConfigDef.ConfigKey theirs = Objects.requireNonNull(kafkas().get(ours.name()));
            assertThat(ours.type().name()).as(ours.name()).isEqualTo(theirs.type.name());
            assertThat(ours.defaultValue())
                    .as(ours.name())
                    .isEqualTo(ConfigDef.convertToString(theirs.defaultValue, theirs.type));
        }
    }

    @Test
    void broker_settings_that_give_the_default_are_kafkas() {
        for (TopicConfig ours : shared()) {
            List<String> theirs =
                    ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS
                            .getOrDefault(ours.name(), List.of())
                            .stream()
                            .map(synonym -> synonym.name())
                            .toList();
            assertThat(ours.synonyms())
                    .as(ours.name())
                    .extracting(TopicConfig.Synonym::brokerName)
                    .isEqualTo(theirs);
        }
    }

    @Test
    void what_kafka_refuses_is_refused_and_what_it_takes_is_taken() {
        List<String> values =
                List.of(
                        "",
                        "0",
                        "1",
                        "-1",
                        "-2",
                        "-3",
                        "1.5",
                        "0.5",
                        "2147483647",
                        "2147483648",
                        "1048575",
                        "1048576",
                        "9223372036854775807",
                        "9223372036854775808",
                        "9",
                        "10",
                        "17",
                        "18",
                        "22",
                        "23",
                        "-131072",
                        "-131073",
                        "true",
                        "TRUE",
                        "yes",
                        "delete",
                        "compact",
                        "delete,compact",
                        "compact, delete",
                        "delete,delete",
                        "producer",
                        "zstd",
                        "gzip",
                        "snappy",
                        "lz4",
                        "uncompressed",
                        "none",
                        "CreateTime",
                        "LogAppendTime",
                        "createtime",
                        "*",
                        "1:2",
                        "1:2,3:4",
                        "1:x");
        List<String> differences = new ArrayList<>();
        for (TopicConfig ours : shared()) {
            for (String value : values) {
                boolean kafka = kafkaTakes(ours.name(), value);
                if (kafka != weTake(ours.name(), value) && !knownDifference(ours, value)) {
                    differences.add(ours.name() + "=" + value + (kafka ? " taken" : " refused"));
                }
            }
        }
        assertThat(differences).as("by Kafka, and not so by us").isEmpty();
    }

    /** There is no remote storage to switch on. */
    private static boolean knownDifference(TopicConfig ours, String value) {
        return ours.name().equals("remote.storage.enable")
                && value.toLowerCase(Locale.ROOT).equals("true");
    }

    private static boolean kafkaTakes(String name, String value) {
        try {
            LogConfig.validate(Map.of(name, value));
            return true;
        } catch (ConfigException | InvalidConfigurationException e) {
            return false;
        }
    }

    private static boolean weTake(String name, String value) {
        try {
            TopicConfigs.validate(Map.of(name, value));
            return true;
        } catch (InvalidConfigurationException e) {
            return false;
        }
    }

    @Test
    void the_users_are_told_of_each_whether_it_has_an_effect() throws IOException {
        Map<String, String> documented = documented();
        assertThat(documented.keySet())
                .isEqualTo(
                        new TreeSet<>(TopicConfigs.all().stream().map(TopicConfig::name).toList()));
        for (TopicConfig config : TopicConfigs.all()) {
            String why = config.withoutEffect();
            String row = documented.getOrDefault(config.name(), "");
            if (why == null) {
                assertThat(row).as(config.name()).doesNotContain("No effect");
            } else {
                assertThat(row).as(config.name()).contains("No effect: " + why);
            }
        }
    }

    /** Rows of the table of topic settings, by name. */
    private static Map<String, String> documented() throws IOException {
        Path file = Path.of("").toAbsolutePath();
        while (file != null && !Files.exists(file.resolve("docs/configuration.md"))) {
            file = file.getParent();
        }
        if (file == null) {
            return fail("docs/configuration.md is not above the module");
        }
        Map<String, String> rows = new TreeMap<>();
        boolean inTable = false;
        for (String line : Files.readAllLines(file.resolve("docs/configuration.md"))) {
            if (line.startsWith("## ")) {
                inTable = line.equals("## Topics");
            } else if (inTable && line.startsWith("| `")) {
                rows.put(line.substring(3, line.indexOf('`', 3)), line);
            }
        }
        return rows;
    }
}
