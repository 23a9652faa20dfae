package dev.millrace.broker.admin;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.wire.AdvertisedFeatures;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData.UpdatableFeatureResult;

/** UpdateFeatures 0-2, and the features in ApiVersions. */
public final class FeatureHandlers {
    /** Versions up to this one have a result for each feature, later ones one for all. */
    private static final short LAST_VERSION_WITH_RESULTS = 1;

    private final Cluster cluster;

    FeatureHandlers(Cluster cluster) {
        this.cluster = cluster;
    }

    /** What ApiVersions tells, as the cluster's metadata has it. */
    public static Supplier<AdvertisedFeatures> advertised(Cluster cluster) {
        Map<String, AdvertisedFeatures.Range> supported = new HashMap<>();
        SupportedFeatures.RANGES.forEach(
                (name, range) ->
                        supported.put(
                                name, new AdvertisedFeatures.Range(range.min(), range.max())));
        Map<String, AdvertisedFeatures.Range> ranges = Map.copyOf(supported);
        return () -> {
            MetadataImage image = cluster.image();
            return new AdvertisedFeatures(
                    ranges, image.features().levels(), image.features().epoch());
        };
    }

    Future<UpdateFeaturesResponseData> update(
            RequestContext context, UpdateFeaturesRequestData request) {
        Map<String, FeatureUpdate> updates = new LinkedHashMap<>();
        Future<Void> decided;
        try {
            for (FeatureUpdateKey each : request.featureUpdates()) {
                requireSupported(each.feature(), each.maxVersionLevel());
                updates.put(
                        each.feature(),
                        new FeatureUpdate(
                                each.maxVersionLevel(),
                                FeatureUpdate.UpgradeType.fromCode(each.upgradeType())));
            }
            decided =
                    Future.fromCompletionStage(
                            cluster.updateFeatures(updates, request.validateOnly()));
        } catch (InvalidUpdateVersionException e) {
            decided = Future.failedFuture(e);
        }
        return decided.map(
                        done -> {
                            UpdateFeaturesResponseData response =
                                    new UpdateFeaturesResponseData().setErrorMessage(null);
                            if (context.version() <= LAST_VERSION_WITH_RESULTS) {
                                updates.keySet()
                                        .forEach(
                                                name ->
                                                        response.results()
                                                                .add(
                                                                        new UpdatableFeatureResult()
                                                                                .setFeature(name)
                                                                                .setErrorMessage(
                                                                                        null)));
                            }
                            return response;
                        })
                .recover(
                        failure -> {
                            Refusal refusal = Refusal.of(failure);
                            return Future.succeededFuture(
                                    new UpdateFeaturesResponseData()
                                            .setErrorCode(refusal.error().code())
                                            .setErrorMessage(
                                                    "The update failed for all features since the"
                                                            + " following feature had an error: "
                                                            + refusal.message()));
                        });
    }

    /** The cluster decides; what it would refuse for this node's sake is said in Kafka's words. */
    private void requireSupported(String feature, short level) {
        VersionRange range = SupportedFeatures.RANGES.get(feature);
        String reason = "";
        if (level < 0) {
            reason = "A feature version cannot be less than 0.";
        } else if (range == null && level > 0) {
            reason = "Local controller " + controller() + " does not support this feature.";
        } else if (range == null) {
            reason = "Feature " + feature + " not found.";
        } else if (!range.contains(level)) {
            reason =
                    "Local controller "
                            + controller()
                            + " only supports versions "
                            + range.min()
                            + "-"
                            + range.max();
        }
        if (!reason.isEmpty()) {
            throw new InvalidUpdateVersionException(
                    "Invalid update version " + level + " for feature " + feature + ". " + reason);
        }
    }

    private int controller() {
        return cluster.image().controllerId();
    }
}
