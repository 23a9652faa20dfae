package dev.millrace.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.LogConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicConfigsTest {
    private static final int NODE = 1;

    private final Map<ConfigResource, Map<String, String>> configs = new HashMap<>();

    private LogConfig logConfig(Map<String, String> brokerProperties) {
        return TopicConfigs.logConfig(brokerProperties, image(), NODE, "t");
    }

    private MetadataImage image() {
        return new MetadataImage(
                1, "cluster", NODE, Map.of(), Map.of(), Map.of(), Map.copyOf(configs));
    }

    @Test
    void without_any_setting_a_log_has_kafkas_defaults() {
        assertThat(logConfig(Map.of())).isEqualTo(LogConfig.DEFAULT);
    }

    @Test
    void the_topics_own_setting_comes_first_then_this_brokers_then_all_brokers_then_the_file() {
        Map<String, String> file = Map.of("log.retention.hours", "1");
        assertThat(logConfig(file).retentionMs()).isEqualTo(3_600_000);

        configs.put(TopicConfigs.brokerResource(""), Map.of("log.retention.minutes", "30"));
        assertThat(logConfig(file).retentionMs()).isEqualTo(1_800_000);

        configs.put(TopicConfigs.brokerResource("1"), Map.of("log.retention.ms", "20"));
        assertThat(logConfig(file).retentionMs()).isEqualTo(20);

        configs.put(TopicConfigs.topicResource("t"), Map.of("retention.ms", "10"));
        assertThat(logConfig(file).retentionMs()).isEqualTo(10);
    }

    @Test
    void of_several_broker_names_the_finest_unit_wins() {
        assertThat(
                        logConfig(
                                        Map.of(
                                                "log.retention.hours", "1",
                                                "log.retention.minutes", "2",
                                                "log.retention.ms", "3"))
                                .retentionMs())
                .isEqualTo(3);
    }

    @Test
    void unlimited_is_unlimited_in_every_unit() {
        assertThat(logConfig(Map.of("log.retention.hours", "-1")).retentionMs()).isEqualTo(-1);
    }

    @Test
    void cleanup_policies_combine() {
        configs.put(TopicConfigs.topicResource("t"), Map.of("cleanup.policy", "compact, delete"));

        assertThat(logConfig(Map.of()))
                .satisfies(
                        config -> {
                            assertThat(config.cleanupCompact()).isTrue();
                            assertThat(config.cleanupDelete()).isTrue();
                        });
    }

    /** As Apache Kafka 4.3.1 describes a topic of a broker without settings. */
    @ParameterizedTest
    @CsvSource({
        "cleanup.policy, delete, LIST",
        "compression.gzip.level, -1, INT",
        "compression.lz4.level, 9, INT",
        "compression.type, producer, STRING",
        "compression.zstd.level, 3, INT",
        "delete.retention.ms, 86400000, LONG",
        "file.delete.delay.ms, 60000, LONG",
        "flush.messages, 9223372036854775807, LONG",
        "flush.ms, 9223372036854775807, LONG",
        "follower.replication.throttled.replicas, '', LIST",
        "index.interval.bytes, 4096, INT",
        "leader.replication.throttled.replicas, '', LIST",
        "local.retention.bytes, -2, LONG",
        "local.retention.ms, -2, LONG",
        "max.compaction.lag.ms, 9223372036854775807, LONG",
        "max.message.bytes, 1048588, INT",
        "message.timestamp.after.max.ms, 3600000, LONG",
        "message.timestamp.before.max.ms, 9223372036854775807, LONG",
        "message.timestamp.type, CreateTime, STRING",
        "min.cleanable.dirty.ratio, 0.5, DOUBLE",
        "min.compaction.lag.ms, 0, LONG",
        "min.insync.replicas, 1, INT",
        "preallocate, false, BOOLEAN",
        "remote.log.copy.disable, false, BOOLEAN",
        "remote.log.delete.on.disable, false, BOOLEAN",
        "remote.storage.enable, false, BOOLEAN",
        "retention.bytes, -1, LONG",
        "retention.ms, 604800000, LONG",
        "segment.bytes, 1073741824, INT",
        "segment.index.bytes, 10485760, INT",
        "segment.jitter.ms, 0, LONG",
        "segment.ms, 604800000, LONG",
        "unclean.leader.election.enable, false, BOOLEAN",
    })
    void every_setting_has_kafkas_default_and_type(
            String name, String defaultValue, ConfigType type) {
        TopicConfig config = TopicConfigs.require(name);

        assertThat(config.defaultValue()).isEqualTo(defaultValue);
        assertThat(config.type()).isEqualTo(type);
        assertThat(config.validate(defaultValue)).isEqualTo(defaultValue);
        assertThat(config.documentation()).isNotBlank();
    }

    /** As Apache Kafka 4.3.1 answers for a topic of a broker without settings. */
    @Test
    void a_default_is_shown_where_the_strongest_setting_of_the_broker_has_it_itself() {
        assertThat(shownByDefault())
                .contains("retention.bytes", "file.delete.delay.ms", "min.insync.replicas")
                .doesNotContain(
                        "flush.ms",
                        "retention.ms",
                        "segment.ms",
                        "segment.jitter.ms",
                        "remote.storage.enable",
                        "leader.replication.throttled.replicas");
    }

    private List<String> shownByDefault() {
        return TopicConfigs.all().stream()
                .filter(
                        config ->
                                !TopicConfigs.synonyms(config, Map.of(), image(), 1, Map.of())
                                        .isEmpty())
                .map(TopicConfig::name)
                .toList();
    }

    @Test
    void settings_without_effect_say_why() {
        assertThat(TopicConfigs.withoutEffect())
                .containsKeys("remote.storage.enable", "local.retention.ms")
                .doesNotContainKeys("retention.ms", "min.insync.replicas", "segment.jitter.ms")
                .allSatisfy((name, reason) -> assertThat(reason).isNotBlank());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "retention.ms | -2 | a number of -1 or more",
                "retention.ms | 1h | a whole number",
                "segment.bytes | 1000 | a number of 1048576 or more",
                "segment.bytes | 3000000000 | a whole number",
                "cleanup.policy | purge | a list of delete and compact",
                "compression.type | br | one of uncompressed, zstd",
                "compression.gzip.level | 10 | a level from 1 to 9, or -1",
                "min.cleanable.dirty.ratio | 1.1 | a number from 0.0 to 1.0",
                "preallocate | yes | true or false",
                "remote.storage.enable | true | false: there is no remote storage",
            })
    void a_value_that_does_not_fit_is_refused_with_what_was_expected(
            String name, String value, String expected) {
        assertThatThrownBy(() -> TopicConfigs.validate(Map.of(name, value)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining("expected " + expected);
    }

    @Test
    void an_unknown_name_is_refused() {
        assertThatThrownBy(() -> TopicConfigs.validate(Map.of("retention.hours", "1")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("retention.hours");
    }

    @ParameterizedTest
    @ValueSource(strings = {"log.retention.hours", "log.segment.bytes", "message.max.bytes"})
    void a_broker_default_that_does_not_fit_is_found_at_start(String name) {
        assertThatThrownBy(() -> TopicConfigs.validateBrokerProperties(Map.of(name, "plenty")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("'plenty'");
    }
}
