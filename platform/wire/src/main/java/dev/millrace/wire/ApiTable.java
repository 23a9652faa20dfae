package dev.millrace.wire;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * Which APIs this server speaks, in which versions, and who answers them. What is not registered
 * here is not advertised; what is advertised is answered, but for {@link Builder#advertiseFrom}.
 * ApiVersions itself is always present and answers from this table.
 *
 * <p>Immutable; any thread.
 */
public final class ApiTable {
    /**
     * One row.
     *
     * @param advertisedMin lowest version that ApiVersions names
     * @param minVersion lowest version that is answered
     * @param maxVersion highest version that is answered
     */
    record Entry(
            ApiKeys api,
            short advertisedMin,
            short minVersion,
            short maxVersion,
            ApiHandler<ApiMessage, ApiMessage> handler) {

        boolean answers(short version) {
            return version >= minVersion && version <= maxVersion;
        }
    }

    private static final short API_VERSIONS_MAX = 4;

    private final @Nullable Entry[] byId;

    private ApiTable(Map<ApiKeys, Entry> entries) {
        int maxId = 0;
        for (ApiKeys api : entries.keySet()) {
            maxId = Math.max(maxId, api.id);
        }
        byId = new Entry[maxId + 1];
        entries.forEach((api, entry) -> byId[api.id] = entry);
    }

    public static Builder builder() {
        return new Builder();
    }

    @Nullable Entry find(short apiId) {
        return apiId >= 0 && apiId < byId.length ? byId[apiId] : null;
    }

    /** The advertised ranges: API to {min, max}, ordered by API number. */
    public Map<ApiKeys, short[]> ranges() {
        Map<ApiKeys, short[]> ranges = new TreeMap<>();
        for (Entry entry : byId) {
            if (entry != null) {
                ranges.put(entry.api, new short[] {entry.advertisedMin, entry.maxVersion});
            }
        }
        return ranges;
    }

    /** Collects the rows; one thread. */
    public static final class Builder {
        private final Map<ApiKeys, Entry> entries = new EnumMap<>(ApiKeys.class);
        private final ApiVersionsHandler apiVersions = new ApiVersionsHandler();
        private Supplier<AdvertisedFeatures> features = () -> AdvertisedFeatures.NONE;

        private Builder() {}

        /**
         * @param minVersion lowest version that {@code handler} answers, within kafka-clients'
         *     range
         * @param maxVersion highest version that it answers, a stable one of kafka-clients
         * @throws IllegalArgumentException registered twice, or a range that the codec cannot read
         */
        public <Q extends ApiMessage, A extends ApiMessage> Builder add(
                ApiKeys api, int minVersion, int maxVersion, ApiHandler<Q, A> handler) {
            if (minVersion > maxVersion
                    || minVersion < api.oldestVersion()
                    || maxVersion > api.latestVersion(false)) {
                throw new IllegalArgumentException(
                        "%s: versions %d..%d are outside %d..%d, what the codec can read"
                                .formatted(
                                        api,
                                        minVersion,
                                        maxVersion,
                                        api.oldestVersion(),
                                        api.latestVersion(false)));
            }
            // The generated classes of api are what handler is written for; the codec makes no
            // others.
            @SuppressWarnings("unchecked")
            ApiHandler<ApiMessage, ApiMessage> erased =
                    (ApiHandler<ApiMessage, ApiMessage>) (ApiHandler<?, ?>) handler;
            Entry entry =
                    new Entry(
                            api,
                            (short) minVersion,
                            (short) minVersion,
                            (short) maxVersion,
                            erased);
            if (entries.putIfAbsent(api, entry) != null) {
                throw new IllegalArgumentException(api + " is registered twice");
            }
            return this;
        }

        /**
         * Names versions that are not answered, for clients that look for them without using them
         * (KAFKA-18659). A request in one of them closes its connection, like in any other version
         * that is not served.
         */
        public Builder advertiseFrom(ApiKeys api, int advertisedMin) {
            entries.computeIfPresent(
                    api,
                    (same, entry) ->
                            new Entry(
                                    api,
                                    (short) advertisedMin,
                                    entry.minVersion,
                                    entry.maxVersion,
                                    entry.handler));
            return this;
        }

        /**
         * @param now asked at each ApiVersions request, from any loop
         */
        public Builder features(Supplier<AdvertisedFeatures> now) {
            features = now;
            return this;
        }

        public ApiTable build() {
            add(ApiKeys.API_VERSIONS, 0, API_VERSIONS_MAX, apiVersions);
            ApiTable table = new ApiTable(entries);
            apiVersions.advertise(table.ranges(), features);
            return table;
        }
    }

    /** Rows of an ApiVersions answer. */
    static ApiVersionsResponseData.ApiVersionCollection rows(Map<ApiKeys, short[]> ranges) {
        ApiVersionsResponseData.ApiVersionCollection rows =
                new ApiVersionsResponseData.ApiVersionCollection(ranges.size());
        ranges.forEach(
                (api, range) ->
                        rows.add(
                                new ApiVersionsResponseData.ApiVersion()
                                        .setApiKey(api.id)
                                        .setMinVersion(range[0])
                                        .setMaxVersion(range[1])));
        return rows;
    }
}
