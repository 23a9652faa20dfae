package dev.millrace.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.groups.Tuple.tuple;

import dev.millrace.broker.TestBroker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds what is said of configs against what Apache Kafka says. With {@code
 * -Dmillrace.test.bootstrap} it is Apache Kafka that is asked, which shows that the recorded
 * answers are right.
 */
class ConfigAnswersTest {
    private static final ConfigResource THIS_BROKER =
            new ConfigResource(ConfigResource.Type.BROKER, "1");

    /** Of 4.3.1: what a client sees of the internal ones is nothing. */
    private static final int SHOWN_BY_KAFKA = 340;

    private static TestBroker broker;
    private static Admin admin;

    @BeforeAll
    static void start() {
        // Some answers speak of the current value, so it has to be Kafka's default.
        broker = TestBroker.start(Map.of("background.threads", "10", "num.network.threads", "3"));
        admin =
                Admin.create(
                        Map.of(
                                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                                broker.bootstrapServers()));
    }

    @AfterAll
    static void stop() {
        admin.close();
        broker.close();
    }

    record Answer(ConfigResource resource, String operations, Errors error, String message) {}

    static Stream<Answer> answers() {
        try (InputStream resource =
                        ConfigAnswersTest.class.getResourceAsStream("config-answers.tsv");
                BufferedReader lines =
                        new BufferedReader(
                                new InputStreamReader(
                                        Objects.requireNonNull(resource),
                                        StandardCharsets.UTF_8))) {
            return lines
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .map(
                            cells ->
                                    new Answer(
                                            new ConfigResource(
                                                    ConfigResource.Type.valueOf(cells[0]),
                                                    cells[1]),
                                            cells[2],
                                            Errors.valueOf(cells[3]),
                                            cells.length > 4 ? cells[4] : ""))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("answers")
    void a_change_is_accepted_or_refused_as_by_kafka(Answer answer) throws Exception {
        List<AlterConfigOp> operations = new ArrayList<>();
        for (String each : answer.operations.split(" ; ", -1)) {
            if (each.isEmpty()) {
                continue;
            }
            String[] words = each.split(" ", 2);
            String[] pair = words[1].split("=", 2);
            operations.add(
                    new AlterConfigOp(
                            new ConfigEntry(pair[0], pair.length > 1 ? pair[1] : null),
                            AlterConfigOp.OpType.valueOf(words[0])));
        }

        Errors error = Errors.NONE;
        String message = "";
        try {
            alter(answer.resource, operations, true);
        } catch (ExecutionException e) {
            Throwable refusal = Objects.requireNonNull(e.getCause());
            error = Errors.forException(refusal);
            message = String.valueOf(refusal.getMessage());
        }

        assertThat(error).isEqualTo(answer.error);
        assertThat(message).isEqualTo(answer.message);
    }

    private static void alter(
            ConfigResource resource, Collection<AlterConfigOp> operations, boolean validateOnly)
            throws ExecutionException, InterruptedException, TimeoutException {
        admin.incrementalAlterConfigs(
                        Map.of(resource, operations),
                        new AlterConfigsOptions().validateOnly(validateOnly))
                .all()
                .get(20, TimeUnit.SECONDS);
    }

    private static Config describe(ConfigResource resource) throws Exception {
        return admin.describeConfigs(
                        List.of(resource), new DescribeConfigsOptions().includeSynonyms(true))
                .all()
                .get(20, TimeUnit.SECONDS)
                .values()
                .iterator()
                .next();
    }

    @Test
    void a_broker_shows_the_settings_of_kafka_with_types_defaults_and_whether_they_can_be_changed()
            throws Exception {
        Map<String, String> shown = new TreeMap<>();
        for (ConfigEntry entry : describe(THIS_BROKER).entries()) {
            String defaultValue =
                    entry.synonyms().stream()
                            .filter(s -> s.source() == ConfigEntry.ConfigSource.DEFAULT_CONFIG)
                            .filter(s -> s.name().equals(entry.name()))
                            .map(s -> String.valueOf(s.value()))
                            .findFirst()
                            .orElse("none");
            shown.put(
                    entry.name(),
                    entry.type()
                            + (entry.isReadOnly() ? " read-only " : " ")
                            + (entry.isSensitive() ? "sensitive" : defaultValue));
        }

        Map<String, String> expected = new TreeMap<>();
        for (BrokerSetting setting : BrokerSetting.all().values()) {
            boolean ours = setting.name().startsWith("millrace.");
            if (setting.internal() || (ours && !broker.embedded())) {
                continue;
            }
            String value = broker.embedded() ? setting.defaultValue() : setting.kafkaDefault();
            expected.put(
                    setting.name(),
                    setting.type()
                            + (setting.isDynamic() ? " " : " read-only ")
                            + (setting.isSensitive()
                                    ? "sensitive"
                                    : value == null ? "none" : value));
        }
        // Not a setting of a file in Kafka: they can be set at run time alone, and are shown then.
        List.of(
                        "leader.replication.throttled.rate",
                        "follower.replication.throttled.rate",
                        "replica.alter.log.dirs.io.max.bytes.per.second")
                .forEach(
                        name -> {
                            expected.remove(name);
                            shown.remove(name);
                        });

        assertThat(shown).isEqualTo(expected);
        assertThat(
                        shown.keySet().stream()
                                .filter(name -> !name.startsWith("millrace."))
                                .collect(Collectors.toSet()))
                .hasSize(SHOWN_BY_KAFKA);
    }

    @Test
    void groups_and_subscriptions_that_set_nothing_show_what_they_inherit() throws Exception {
        Map<String, String> group = new HashMap<>();
        for (ConfigEntry entry :
                describe(new ConfigResource(ConfigResource.Type.GROUP, "nobody")).entries()) {
            group.put(
                    entry.name(),
                    entry.value()
                            + " "
                            + entry.source()
                            + " "
                            + entry.type()
                            + " "
                            + entry.synonyms().stream()
                                    .map(ConfigEntry.ConfigSynonym::name)
                                    .toList());
        }
        assertThat(group)
                .hasSize(17)
                .contains(
                        entry(
                                "consumer.session.timeout.ms",
                                "45000 DEFAULT_CONFIG INT [group.consumer.session.timeout.ms]"),
                        entry(
                                "share.auto.offset.reset",
                                "latest DEFAULT_CONFIG STRING [share.auto.offset.reset]"),
                        entry(
                                "streams.num.standby.replicas",
                                "0 DEFAULT_CONFIG INT [group.streams.num.standby.replicas]"));

        assertThat(
                        describe(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "nobody"))
                                .entries())
                .extracting(ConfigEntry::name, ConfigEntry::value, e -> e.synonyms().size())
                .containsExactlyInAnyOrder(
                        tuple("interval.ms", "300000", 0),
                        tuple("match", "", 0),
                        tuple("metrics", "", 0));
    }
}
