package dev.millrace.wire;

import io.vertx.core.Future;
import java.util.Map;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;

/**
 * Answers ApiVersions from our own table, never from kafka-clients' list of everything it knows.
 * Clients choose newer transaction and group protocols by finalized features, not by API versions
 * alone.
 */
final class ApiVersionsHandler
        implements ApiHandler<ApiVersionsRequestData, ApiVersionsResponseData> {
    /** Shared by all answers; never changed after {@link #advertise}. */
    private final ApiVersionsResponseData all = new ApiVersionsResponseData();

    void feature(String name, short min, short max, short finalized) {
        all.supportedFeatures()
                .add(
                        new ApiVersionsResponseData.SupportedFeatureKey()
                                .setName(name)
                                .setMinVersion(min)
                                .setMaxVersion(max));
        all.finalizedFeatures()
                .add(
                        new ApiVersionsResponseData.FinalizedFeatureKey()
                                .setName(name)
                                .setMinVersionLevel(finalized)
                                .setMaxVersionLevel(finalized));
        all.setFinalizedFeaturesEpoch(0);
    }

    void advertise(Map<ApiKeys, short[]> ranges) {
        all.setApiKeys(ApiTable.rows(ranges));
    }

    @Override
    public Future<ApiVersionsResponseData> handle(
            RequestContext context, ApiVersionsRequestData request) {
        if (!new ApiVersionsRequest(request, context.version()).isValid()) {
            return Future.succeededFuture(
                    new ApiVersionsResponseData().setErrorCode(Errors.INVALID_REQUEST.code()));
        }
        return Future.succeededFuture(all);
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
