package dev.millrace.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/broker-settings.md} says what the tables of settings say. With {@code
 * -Dmillrace.docs.write=true} it is written anew.
 */
class SettingsDocumentTest {
    private static final Path DOCUMENT = Path.of("../../docs/broker-settings.md");

    private static final String HEAD =
            """
            # Settings of brokers, groups and client metrics

            Every setting of a broker of Apache Kafka 4.3 is known here, under its name; a name that is not in this table is
            refused when a node starts, with the nearest one that is. *Change* says whether a value can be changed while the node
            runs: not at all (read-only), for one broker (per-broker), or for one or all brokers (cluster-wide); with
            `kafka-configs --entity-type brokers`. For one broker comes before for all, that before the file, that before the
            default. Written by a test from the tables the node itself uses.

            """;

    @Test
    void shows_the_tables_of_settings() throws IOException {
        String expected = HEAD + brokers() + groups() + clientMetrics();

        if (Boolean.getBoolean("millrace.docs.write")) {
            Files.writeString(DOCUMENT, expected);
        }

        assertThat(Files.readString(DOCUMENT)).isEqualTo(expected);
    }

    private static String brokers() {
        StringBuilder works = new StringBuilder("## What works\n\n");
        works.append("| Setting | Type | Default | Change | |\n|---|---|---|---|---|\n");
        StringBuilder not = new StringBuilder("\n## Accepted, without effect\n\n");
        not.append(
                "Files of Kafka's users contain them; a node says at its start which of those it was given do nothing.\n\n");
        not.append("| Setting | Why |\n|---|---|\n");
        StringBuilder refused = new StringBuilder("\n## Refused\n\n");
        refused.append("Any other value than the default: to ignore it would be dangerous.\n\n");
        refused.append("| Setting | Why |\n|---|---|\n");
        for (BrokerSetting setting : BrokerSetting.all().values()) {
            if (!setting.refusal().isEmpty()) {
                refused.append(row(code(setting.name()), setting.refusal()));
            } else if (!setting.withoutEffect().isEmpty()) {
                not.append(row(code(setting.name()), setting.withoutEffect()));
            } else {
                works.append(
                        row(
                                code(setting.name()),
                                ConfigType.of(setting.type()).name().toLowerCase(Locale.ROOT),
                                shown(setting),
                                setting.updateMode().toString(),
                                setting.documentation()));
            }
        }
        return works.toString() + not + refused;
    }

    private static String shown(BrokerSetting setting) {
        if (setting.name().equals("num.network.threads")) {
            return "half the processors";
        }
        return setting.defaultValue() == null || setting.defaultValue().isEmpty()
                ? ""
                : code(setting.defaultValue());
    }

    private static String groups() {
        StringBuilder text = new StringBuilder("\n## Groups\n\n");
        text.append(
                "With `kafka-configs --entity-type groups`. What a group does not set, it inherits from the broker.\n\n");
        text.append("| Setting | Default | Inherited from | |\n|---|---|---|---|\n");
        for (GroupConfigs.GroupConfig config : GroupConfigs.all().values()) {
            String why =
                    config.withoutEffect().isEmpty()
                            ? ""
                            : " Without effect: " + config.withoutEffect() + ".";
            text.append(
                    row(
                            code(config.name()),
                            code(config.defaultValue()),
                            config.brokerName() == null ? "" : code(config.brokerName()),
                            config.documentation() + why));
        }
        return text.toString();
    }

    private static String clientMetrics() {
        StringBuilder text = new StringBuilder("\n## Client metrics\n\n");
        text.append(
                """
                With `kafka-client-metrics`, or `kafka-configs --entity-type client-metrics`. What clients push is shown at
                `/metrics` of the node, labelled with the client's instance id, id and software.

                """);
        text.append("| Setting | Default | |\n|---|---|---|\n");
        for (ClientMetricsConfigs.Config config : ClientMetricsConfigs.all().values()) {
            text.append(
                    row(
                            code(config.name()),
                            config.defaultValue().isEmpty() ? "" : code(config.defaultValue()),
                            config.documentation()));
        }
        return text.toString();
    }

    private static String code(String text) {
        return "`" + text + "`";
    }

    private static String row(String... cells) {
        return "| " + String.join(" | ", cells).replace("\n", " ") + " |\n";
    }
}
