package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Features as Kafka's own client sees them; what changes them only where the broker is ours. */
class FeaturesTest {
    private static final String TV = "transaction.version";

    private TestBroker broker;
    private Admin admin;

    @BeforeEach
    void start() {
        broker = TestBroker.start();
        admin = new Clients(broker.bootstrapServers()).admin();
    }

    @AfterEach
    void stop() {
        admin.close();
        broker.close();
    }

    private FeatureMetadata features() throws Exception {
        return admin.describeFeatures().featureMetadata().get(20, TimeUnit.SECONDS);
    }

    private short finalized(String feature) throws Exception {
        return Objects.requireNonNull(features().finalizedFeatures().get(feature))
                .maxVersionLevel();
    }

    private void update(String feature, int level, UpgradeType type, boolean validateOnly)
            throws Exception {
        admin.updateFeatures(
                        Map.of(feature, new FeatureUpdate((short) level, type)),
                        new UpdateFeaturesOptions().validateOnly(validateOnly))
                .all()
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void a_new_cluster_has_finalized_the_highest_levels() throws Exception {
        assertThat(finalized(TV)).isEqualTo((short) 2);
        assertThat(finalized("group.version")).isEqualTo((short) 1);
        assertThat(finalized("metadata.version")).isEqualTo((short) 30);
        assertThat(Objects.requireNonNull(features().supportedFeatures().get(TV)))
                .hasToString("SupportedVersionRange[min_version:0, max_version:2]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "transaction.version | 1 | UPGRADE | Invalid update version 1 for feature"
                        + " transaction.version. Can't downgrade the version of this feature"
                        + " without setting the upgrade type to either safe or unsafe downgrade.",
                "transaction.version | 9 | UPGRADE | Invalid update version 9 for feature"
                        + " transaction.version. Local controller 1 only supports versions 0-2",
                "nonsense | 1 | UPGRADE | Invalid update version 1 for feature nonsense."
                        + " Local controller 1 does not support this feature.",
            })
    void what_cannot_be_is_refused_in_kafkas_words(
            String feature, int level, UpgradeType type, String message) {
        assertThatThrownBy(() -> update(feature, level, type, true))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(InvalidUpdateVersionException.class)
                .hasMessage(
                        "The update failed for all features since the following feature had an"
                                + " error: "
                                + message);
    }

    @Test
    void a_dry_run_changes_nothing() throws Exception {
        update(TV, 1, UpgradeType.SAFE_DOWNGRADE, true);

        assertThat(finalized(TV)).isEqualTo((short) 2);
    }

    @Test
    void a_level_goes_down_and_up_again_and_lasts() throws Exception {
        if (!broker.embedded()) {
            return; // Others use that broker.
        }
        long epoch = features().finalizedFeaturesEpoch().orElseThrow();

        update(TV, 1, UpgradeType.SAFE_DOWNGRADE, false);
        broker.restart();

        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(finalized(TV)).isEqualTo((short) 1));
        assertThat(features().finalizedFeaturesEpoch().orElseThrow()).isGreaterThan(epoch);
        update(TV, 2, UpgradeType.UPGRADE, false);
        assertThat(finalized(TV)).isEqualTo((short) 2);
    }
}
