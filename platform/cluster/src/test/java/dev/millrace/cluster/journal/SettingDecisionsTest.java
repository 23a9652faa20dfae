package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.Decision.Rejected;
import dev.millrace.cluster.journal.MetadataRequest.AlterClientQuotas;
import dev.millrace.cluster.journal.MetadataRequest.AlterConfigs;
import dev.millrace.cluster.journal.MetadataRequest.AlterScramCredentials;
import dev.millrace.cluster.journal.MetadataRequest.FormatCluster;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.UpdateFeatures;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingDecisionsTest {
    private static final String TV = SupportedFeatures.TRANSACTION_VERSION;

    private MetadataState state = MetadataState.EMPTY;
    private long index;

    @BeforeEach
    void format() {
        ask(new FormatCluster("cluster"));
        ask(Registrations.of(1, 9092, "", SupportedFeatures.RANGES));
    }

    private Decision ask(MetadataRequest request) {
        Decision decision = Decisions.decide(state, request, ClusterRules.DEFAULT);
        if (decision instanceof Accepted accepted) {
            state = state.replay(accepted.records(), ++index);
        }
        return decision;
    }

    private MetadataImage image() {
        return state.image(1);
    }

    private static void assertRejected(Decision decision, Errors error, String words) {
        assertThat(decision).isInstanceOf(Rejected.class);
        assertThat(((Rejected) decision).error()).isEqualTo(error);
        assertThat(((Rejected) decision).message()).contains(words);
    }

    @Nested
    class Features {
        private static UpdateFeatures update(String feature, int level, UpgradeType type) {
            return new UpdateFeatures(
                    Map.of(feature, new FeatureUpdate((short) level, type)), false);
        }

        @Test
        void of_a_new_cluster_are_at_their_highest_levels() {
            assertThat(image().features().levels()).isEqualTo(SupportedFeatures.highest());
            assertThat(image().features().epoch()).isEqualTo(1);
        }

        @Test
        void move_down_only_when_a_downgrade_is_asked_for() {
            assertRejected(
                    ask(update(TV, 1, UpgradeType.UPGRADE)),
                    Errors.INVALID_UPDATE_VERSION,
                    "Can't downgrade the version of this feature without");

            ask(update(TV, 1, UpgradeType.SAFE_DOWNGRADE));

            assertThat(image().features().level(TV)).isEqualTo((short) 1);
            assertThat(image().features().epoch()).isEqualTo(index);
        }

        @Test
        void at_level_zero_are_no_longer_finalized() {
            ask(update(TV, 0, UpgradeType.UNSAFE_DOWNGRADE));

            assertThat(image().features().levels()).doesNotContainKey(TV);
            assertThat(image().features().level(TV)).isZero();
        }

        @ParameterizedTest
        @CsvSource({
            "transaction.version, 3, UPGRADE, The controller only supports versions 0-2.",
            "metadata.version, 25, SAFE_DOWNGRADE, The controller only supports versions 30-30.",
            "nonsense, 1, UPGRADE, The controller does not support this feature.",
            "nonsense, 1, SAFE_DOWNGRADE, Can't downgrade to a newer version.",
        })
        void refuse_a_level_that_is_not_supported(
                String feature, int level, UpgradeType type, String message) {
            assertRejected(
                    ask(update(feature, level, type)), Errors.INVALID_UPDATE_VERSION, message);
        }

        @Test
        void wait_for_the_last_broker_that_does_not_support_them() {
            ask(update(TV, 0, UpgradeType.SAFE_DOWNGRADE));
            ask(Registrations.of(2, 9093, "", Map.of()));
            assertRejected(
                    ask(update(TV, 1, UpgradeType.UPGRADE)),
                    Errors.INVALID_UPDATE_VERSION,
                    "Broker 2 does not support this feature.");

            VersionRange older = new VersionRange((short) 0, (short) 1);
            Map<String, VersionRange> features = new HashMap<>(SupportedFeatures.RANGES);
            features.put(TV, older);
            ask(Registrations.of(2, 9093, "", features));

            assertRejected(
                    ask(update(TV, 2, UpgradeType.UPGRADE)),
                    Errors.INVALID_UPDATE_VERSION,
                    "Broker 2 only supports versions 0-1.");
            assertThat(ask(update(TV, 1, UpgradeType.UPGRADE))).isInstanceOf(Accepted.class);
        }

        @Test
        void change_all_together_or_none() {
            Map<String, FeatureUpdate> both = new HashMap<>();
            both.put(TV, new FeatureUpdate((short) 1, UpgradeType.SAFE_DOWNGRADE));
            both.put(
                    SupportedFeatures.GROUP_VERSION,
                    new FeatureUpdate((short) 9, UpgradeType.UPGRADE));

            assertThat(ask(new UpdateFeatures(both, false))).isInstanceOf(Rejected.class);

            assertThat(image().features().level(TV)).isEqualTo((short) 2);
        }

        @Test
        void stay_when_only_validated() {
            Map<String, FeatureUpdate> down =
                    Map.of(TV, new FeatureUpdate((short) 1, UpgradeType.SAFE_DOWNGRADE));

            assertThat(ask(new UpdateFeatures(down, true))).isEqualTo(new Accepted(List.of(), 0));

            assertThat(image().features().level(TV)).isEqualTo((short) 2);
        }
    }

    @Nested
    class Client_quotas {
        private static ClientQuotaEntity entity(String type, @Nullable String name) {
            Map<String, @Nullable String> entries = new HashMap<>();
            entries.put(type, name);
            return new ClientQuotaEntity(entries);
        }

        @Test
        void are_kept_by_entity_and_the_default_of_a_type_is_an_entity_too() {
            ask(new AlterClientQuotas(entity("user", "u"), Map.of("a", Optional.of(1.5))));
            ask(new AlterClientQuotas(entity("user", null), Map.of("a", Optional.of(2.0))));

            assertThat(image().quotas())
                    .containsOnly(
                            Map.entry(entity("user", "u"), Map.of("a", 1.5)),
                            Map.entry(entity("user", null), Map.of("a", 2.0)));
        }

        @Test
        void are_forgotten_with_the_last_value() {
            ask(new AlterClientQuotas(entity("ip", "::1"), Map.of("a", Optional.of(1.0))));
            ask(new AlterClientQuotas(entity("ip", "::1"), Map.of("a", Optional.empty())));

            assertThat(image().quotas()).isEmpty();
        }

        @Test
        void leave_no_record_when_nothing_changes() {
            AlterClientQuotas request =
                    new AlterClientQuotas(entity("user", "u"), Map.of("a", Optional.of(1.5)));
            ask(request);

            assertThat(((Accepted) ask(request)).records()).isEmpty();
        }
    }

    @Nested
    class Scram_credentials {
        private final ScramCredential credential =
                new ScramCredential(new byte[] {1}, new byte[] {2}, new byte[] {3}, 4096);

        @Test
        void are_kept_by_user_and_mechanism() {
            ask(
                    new AlterScramCredentials(
                            "u", Map.of(ScramMechanism.SCRAM_SHA_256, Optional.of(credential))));

            assertThat(image().scramCredentials())
                    .isEqualTo(Map.of("u", Map.of(ScramMechanism.SCRAM_SHA_256, credential)));

            ask(
                    new AlterScramCredentials(
                            "u", Map.of(ScramMechanism.SCRAM_SHA_256, Optional.empty())));
            assertThat(image().scramCredentials()).isEmpty();
        }

        @Test
        void that_are_not_there_cannot_be_removed_and_then_nothing_of_the_user_changes() {
            Map<ScramMechanism, Optional<ScramCredential>> changes = new HashMap<>();
            changes.put(ScramMechanism.SCRAM_SHA_256, Optional.of(credential));
            changes.put(ScramMechanism.SCRAM_SHA_512, Optional.empty());

            assertRejected(
                    ask(new AlterScramCredentials("u", changes)),
                    Errors.RESOURCE_NOT_FOUND,
                    "does not exist");

            assertThat(image().scramCredentials()).isEmpty();
        }

        @Test
        void do_not_show_their_keys() {
            assertThat(
                            new AlterScramCredentials(
                                            "u",
                                            Map.of(
                                                    ScramMechanism.SCRAM_SHA_256,
                                                    Optional.of(credential)))
                                    .toString())
                    .contains("keys hidden")
                    .doesNotContain("[1]")
                    .doesNotContain("[B@");
        }
    }

    @Nested
    class Configs_computed_from_others {
        private final ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");

        @Test
        void are_refused_when_the_others_have_moved() {
            ask(new AlterConfigs(broker, Map.of("a", Optional.of("1")), Map.of()));

            assertRejected(
                    ask(
                            new AlterConfigs(
                                    broker,
                                    Map.of("a", Optional.of("2")),
                                    Map.of("a", Optional.empty()))),
                    Errors.INVALID_UPDATE_VERSION,
                    "Config 'a'");
            assertThat(
                            ask(
                                    new AlterConfigs(
                                            broker,
                                            Map.of("a", Optional.of("2")),
                                            Map.of("a", Optional.of("1")))))
                    .isInstanceOf(Accepted.class);
        }

        @Test
        void are_granted_again_when_they_are_as_asked_already() {
            AlterConfigs request =
                    new AlterConfigs(
                            broker, Map.of("a", Optional.of("1")), Map.of("a", Optional.empty()));
            ask(request);

            assertThat(((Accepted) ask(request)).records()).isEmpty();
        }
    }

    @Nested
    class Unregistering {
        @Test
        void forgets_the_broker_and_refuses_one_that_is_not_there() {
            ask(new UnregisterBroker(1));

            assertThat(image().brokers()).isEmpty();
            assertRejected(
                    ask(new UnregisterBroker(1)),
                    Errors.BROKER_ID_NOT_REGISTERED,
                    "Broker ID 1 is not currently registered");
        }
    }
}
