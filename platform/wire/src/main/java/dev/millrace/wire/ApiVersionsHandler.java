package dev.millrace.wire;

import io.vertx.core.Future;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.jspecify.annotations.Nullable;

/**
 * Answers ApiVersions from our own table, never from kafka-clients' list of everything it knows,
 * and with the features as they are now.
 */
final class ApiVersionsHandler
        implements ApiHandler<ApiVersionsRequestData, ApiVersionsResponseData> {
    /** Clients of earlier versions cannot read a feature that may be at level 0 (KAFKA-17492). */
    private static final short FIRST_VERSION_WITH_LEVEL_0 = 4;

    /** Answers to one state of the features; never changed, shared by all requests. */
    private record Prepared(
            AdvertisedFeatures features,
            ApiVersionsResponseData withoutLevel0,
            ApiVersionsResponseData whole) {}

    private Supplier<AdvertisedFeatures> features = () -> AdvertisedFeatures.NONE;
    private Map<ApiKeys, short[]> ranges = Map.of();
    private volatile @Nullable Prepared prepared;

    void advertise(Map<ApiKeys, short[]> apis, Supplier<AdvertisedFeatures> now) {
        ranges = apis;
        features = now;
    }

    @Override
    public Future<ApiVersionsResponseData> handle(
            RequestContext context, ApiVersionsRequestData request) {
        if (!new ApiVersionsRequest(request, context.version()).isValid()) {
            return Future.succeededFuture(
                    new ApiVersionsResponseData().setErrorCode(Errors.INVALID_REQUEST.code()));
        }
        Prepared answers = prepared();
        return Future.succeededFuture(
                context.version() < FIRST_VERSION_WITH_LEVEL_0
                        ? answers.withoutLevel0
                        : answers.whole);
    }

    private Prepared prepared() {
        AdvertisedFeatures now = features.get();
        Prepared answers = prepared;
        if (answers == null || !answers.features.equals(now)) {
            answers = new Prepared(now, answer(now, false), answer(now, true));
            prepared = answers;
        }
        return answers;
    }

    private ApiVersionsResponseData answer(AdvertisedFeatures now, boolean withLevel0) {
        ApiVersionsResponseData answer =
                new ApiVersionsResponseData()
                        .setApiKeys(ApiTable.rows(ranges))
                        .setFinalizedFeaturesEpoch(now.epoch());
        now.supported()
                .forEach(
                        (name, range) -> {
                            if (withLevel0 || range.min() > 0) {
                                answer.supportedFeatures()
                                        .add(
                                                new SupportedFeatureKey()
                                                        .setName(name)
                                                        .setMinVersion(range.min())
                                                        .setMaxVersion(range.max()));
                            }
                        });
        now.finalized()
                .forEach(
                        (name, level) ->
                                answer.finalizedFeatures()
                                        .add(
                                                new FinalizedFeatureKey()
                                                        .setName(name)
                                                        .setMinVersionLevel(level)
                                                        .setMaxVersionLevel(level)));
        return answer;
    }

    /**
     * KIP-511: a client newer than us gets a version 0 body that names the versions of ApiVersions
     * itself, and asks again.
     */
    static ApiVersionsResponseData unsupportedVersion(ApiTable.Entry apiVersions) {
        return new ApiVersionsResponseData()
                .setErrorCode(Errors.UNSUPPORTED_VERSION.code())
                .setApiKeys(
                        ApiTable.rows(
                                Map.of(
                                        ApiKeys.API_VERSIONS,
                                        new short[] {
                                            apiVersions.minVersion(), apiVersions.maxVersion()
                                        })));
    }
}
