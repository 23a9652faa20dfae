package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class GroupConfigTest {
    @Test
    void has_kafkas_defaults_but_for_the_first_rebalance() {
        assertThat(GroupConfig.DEFAULT)
                .isEqualTo(
                        new GroupConfig(
                                6_000,
                                1_800_000,
                                Integer.MAX_VALUE,
                                100_000,
                                50,
                                3_000,
                                4_096,
                                604_800_000L,
                                600_000,
                                1,
                                ConsumerGroupConfig.from(Map.of())));
    }

    @Test
    void honours_a_given_delay_as_kafka_does() {
        GroupConfig config = GroupConfig.from(Map.of("group.initial.rebalance.delay.ms", "3000"));

        assertThat(config.initialRebalanceDelayMs()).isEqualTo(3_000);
        assertThat(config.maxInitialRebalanceDelayMs()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void reads_its_properties() {
        GroupConfig config =
                GroupConfig.from(
                        Map.of(
                                "group.min.session.timeout.ms", "1000",
                                "group.max.session.timeout.ms", "2000",
                                "group.max.size", "3",
                                "millrace.groups.max", "33",
                                "offset.metadata.max.bytes", "4",
                                "offsets.retention.minutes", "5",
                                "offsets.retention.check.interval.ms", "6",
                                "group.coordinator.threads", "7"));

        assertThat(config)
                .isEqualTo(
                        new GroupConfig(
                                1_000,
                                2_000,
                                3,
                                33,
                                50,
                                3_000,
                                4,
                                300_000,
                                6,
                                7,
                                ConsumerGroupConfig.from(Map.of())));
    }

    @Test
    void says_what_was_expected() {
        assertThatThrownBy(() -> GroupConfig.from(Map.of("group.max.size", "many")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("group.max.size")
                .hasMessageContaining("expected a whole number");
        assertThatThrownBy(() -> GroupConfig.from(Map.of("group.max.session.timeout.ms", "10")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("from 6000");
    }
}
