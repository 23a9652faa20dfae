package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.Decision.Rejected;
import dev.millrace.cluster.journal.MetadataRecord.ClientQuotasChanged;
import dev.millrace.cluster.journal.MetadataRecord.FeaturesFinalized;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialRemoved;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialSet;
import dev.millrace.cluster.journal.MetadataRequest.AlterClientQuotas;
import dev.millrace.cluster.journal.MetadataRequest.AlterScramCredentials;
import dev.millrace.cluster.journal.MetadataRequest.UpdateFeatures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.protocol.Errors;

/** The rules for features, quotas and credentials; pure, as all of {@link Decisions}. */
final class SettingDecisions {
    private SettingDecisions() {}

    /**
     * @param supported by the journal's leader
     */
    static Decision updateFeatures(
            MetadataState state, UpdateFeatures request, Map<String, VersionRange> supported) {
        Map<String, Short> changed = new LinkedHashMap<>();
        for (Map.Entry<String, FeatureUpdate> each : request.updates().entrySet()) {
            String feature = each.getKey();
            short wanted = each.getValue().maxVersionLevel();
            short current = state.settings().features().level(feature);
            Optional<String> refusal =
                    directionRefusal(feature, each.getValue().upgradeType(), current, wanted)
                            .or(() -> supportRefusal(state, feature, wanted, supported));
            if (refusal.isPresent()) {
                return new Rejected(
                        Errors.INVALID_UPDATE_VERSION,
                        "Invalid update version "
                                + wanted
                                + " for feature "
                                + feature
                                + ". "
                                + refusal.get());
            }
            if (wanted != current) {
                changed.put(feature, wanted);
            }
        }
        return request.validateOnly() || changed.isEmpty()
                ? new Accepted(List.of(), 0)
                : new Accepted(new FeaturesFinalized(changed, 0));
    }

    private static Optional<String> directionRefusal(
            String feature, FeatureUpdate.UpgradeType type, short current, short wanted) {
        boolean upgrade = type == FeatureUpdate.UpgradeType.UPGRADE;
        if (type == FeatureUpdate.UpgradeType.UNKNOWN) {
            return Optional.of("The controller does not support the given upgrade type.");
        }
        if (wanted < current && upgrade) {
            return Optional.of(
                    "Can't downgrade the version of this feature without setting the upgrade type"
                            + " to either safe or unsafe downgrade.");
        }
        if (wanted > current && !upgrade) {
            return Optional.of("Can't downgrade to a newer version.");
        }
        if (wanted < current
                && type == FeatureUpdate.UpgradeType.SAFE_DOWNGRADE
                && feature.equals(SupportedFeatures.JOURNAL_VERSION)) {
            return Optional.of(
                    "The journal holds what was written at level "
                            + current
                            + ", and a version that does not know it cannot be started before"
                            + " that has gone; an unsafe downgrade is allowed.");
        }
        return Optional.empty();
    }

    /** Every node must be able to work at a level before the cluster does. */
    private static Optional<String> supportRefusal(
            MetadataState state,
            String feature,
            short wanted,
            Map<String, VersionRange> supported) {
        VersionRange ours = supported.get(feature);
        if (ours == null) {
            return wanted == 0
                    ? Optional.empty()
                    : Optional.of("The controller does not support this feature.");
        }
        if (!ours.contains(wanted)) {
            return Optional.of(outside("The controller", ours));
        }
        for (BrokerRegistration broker : state.brokers().values()) {
            VersionRange range = broker.features().get(feature);
            if (range == null && wanted > 0) {
                return Optional.of("Broker " + broker.nodeId() + " does not support this feature.");
            }
            if (range != null && !range.contains(wanted)) {
                return Optional.of(outside("Broker " + broker.nodeId(), range));
            }
        }
        return Optional.empty();
    }

    private static String outside(String who, VersionRange range) {
        return who + " only supports versions " + range.min() + "-" + range.max() + ".";
    }

    static Decision alterClientQuotas(MetadataState state, AlterClientQuotas request) {
        if (request.entity().entries().isEmpty()) {
            return new Rejected(Errors.INVALID_REQUEST, "A quota entity names at least one type.");
        }
        Map<String, Double> current =
                state.settings().quotas().getOrDefault(request.entity(), Map.of());
        Map<String, Optional<Double>> effective = new LinkedHashMap<>();
        request.changes()
                .forEach(
                        (key, value) -> {
                            if (!Optional.ofNullable(current.get(key)).equals(value)) {
                                effective.put(key, value);
                            }
                        });
        return effective.isEmpty()
                ? new Accepted(List.of(), 0)
                : new Accepted(new ClientQuotasChanged(request.entity(), effective));
    }

    static Decision alterScramCredentials(MetadataState state, AlterScramCredentials request) {
        Map<ScramMechanism, ScramCredential> current =
                state.settings().scramCredentials().getOrDefault(request.user(), Map.of());
        List<MetadataRecord> records = new ArrayList<>();
        for (Map.Entry<ScramMechanism, Optional<ScramCredential>> change :
                request.changes().entrySet()) {
            ScramMechanism mechanism = change.getKey();
            if (mechanism == ScramMechanism.UNKNOWN) {
                return new Rejected(Errors.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism.");
            }
            if (change.getValue().isPresent()) {
                ScramCredential credential = change.getValue().get();
                if (!Optional.ofNullable(current.get(mechanism)).equals(change.getValue())) {
                    records.add(new ScramCredentialSet(request.user(), mechanism, credential));
                }
            } else if (current.containsKey(mechanism)) {
                records.add(new ScramCredentialRemoved(request.user(), mechanism));
            } else {
                return new Rejected(
                        Errors.RESOURCE_NOT_FOUND,
                        "Attempt to delete a user credential that does not exist");
            }
        }
        return new Accepted(records, 0);
    }
}
