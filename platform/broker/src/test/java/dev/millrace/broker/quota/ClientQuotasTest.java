package dev.millrace.broker.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.wire.ClientSoftware;
import dev.millrace.wire.RequestContext;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientQuotasTest {
    private static final String USER = ClientQuotaEntity.USER;
    private static final String CLIENT = ClientQuotaEntity.CLIENT_ID;

    private long nowMs = 1_000_000;
    private final ClientQuotas quotas = new ClientQuotas(QuotaWindows.DEFAULT, 100, () -> nowMs);

    private static RequestContext request(ApiKeys api, int version, String user, String clientId) {
        return new RequestContext(
                api,
                (short) version,
                1,
                clientId,
                InetSocketAddress.createUnresolved("client", 1),
                new KafkaPrincipal(KafkaPrincipal.USER_TYPE, user),
                ClientSoftware.UNKNOWN,
                1,
                0);
    }

    /**
     * @param name null for the default
     */
    private static ClientQuotaEntity entity(String type, @Nullable String name) {
        Map<String, @Nullable String> names = new HashMap<>();
        names.put(type, name);
        return new ClientQuotaEntity(names);
    }

    private int produce(String user, String clientId, int bytes) {
        return quotas.throttleMs(
                request(ApiKeys.PRODUCE, 9, user, clientId),
                new ProduceRequestData().setAcks((short) -1),
                new ProduceResponseData(),
                bytes,
                0);
    }

    @Test
    void without_quotas_nobody_is_metered() {
        assertThat(quotas.enabled()).isFalse();
        assertThat(produce("u", "c", 1 << 30)).isZero();
        assertThat(quotas.meterCount()).isZero();
    }

    @Test
    void a_client_that_sends_too_much_waits_as_kafka_would_let_it_wait() {
        quotas.update(Map.of(entity(CLIENT, "c"), Map.of("producer_byte_rate", 1_000.0)));

        assertThat(produce("u", "c", 10_000)).isZero();
        // 30 000 bytes over ten windows, since fewer have not passed yet: twice too much.
        assertThat(produce("u", "c", 20_000)).isEqualTo(20_000);
        assertThat(produce("u", "other", 1 << 30)).isZero();
        assertThat(quotas.throttledAnswers()).isEqualTo(1);
        assertThat(quotas.throttledMs()).isEqualTo(20_000);
    }

    @Test
    void a_users_clients_share_what_the_user_may() {
        quotas.update(Map.of(entity(USER, "u"), Map.of("producer_byte_rate", 1_000.0)));
        produce("u", "a", 10_000);

        assertThat(produce("u", "b", 10_000)).isPositive();
        assertThat(quotas.meterCount()).isEqualTo(1);
    }

    @Test
    void under_a_default_each_client_has_the_whole_of_it() {
        quotas.update(Map.of(entity(CLIENT, null), Map.of("producer_byte_rate", 1_000.0)));
        produce("u", "a", 10_000);

        assertThat(produce("u", "b", 10_000)).isZero();
        assertThat(produce("u", "a", 1_000)).isPositive();
        // Without a client id there is nothing that the default is of.
        assertThat(produce("u", "", 1 << 30)).isZero();
    }

    @Test
    void a_changed_quota_holds_at_once_and_what_was_used_still_counts() {
        quotas.update(Map.of(entity(USER, "u"), Map.of("producer_byte_rate", 1e9)));
        produce("u", "a", 100_000);

        quotas.update(Map.of(entity(USER, "u"), Map.of("producer_byte_rate", 1_000.0)));

        assertThat(produce("u", "a", 1)).isPositive();
        quotas.update(Map.of());
        assertThat(produce("u", "a", 1)).isZero();
    }

    @Test
    void time_on_requests_is_limited_in_percent_and_delays_by_a_window_at_most() {
        quotas.update(Map.of(entity(USER, "u"), Map.of("request_percentage", 1.0)));
        RequestContext metadata = request(ApiKeys.METADATA, 12, "u", "c");

        assertThat(
                        quotas.throttleMs(
                                metadata,
                                new MetadataRequestData(),
                                new MetadataResponseData(),
                                100,
                                90_000_000))
                .isZero();
        assertThat(
                        quotas.throttleMs(
                                metadata,
                                new MetadataRequestData(),
                                new MetadataResponseData(),
                                100,
                                900_000_000))
                .isEqualTo(1_000);
    }

    @Test
    void acks_0_is_delayed_for_its_bytes_only() {
        quotas.update(Map.of(entity(USER, "u"), Map.of("request_percentage", 1.0)));

        assertThat(
                        quotas.throttleMs(
                                request(ApiKeys.PRODUCE, 9, "u", "c"),
                                new ProduceRequestData().setAcks((short) 0),
                                null,
                                100,
                                2_000_000_000))
                .isZero();
    }

    @Test
    void a_fetch_that_is_throttled_does_not_count_since_its_answer_is_empty() {
        quotas.update(Map.of(entity(USER, "u"), Map.of("consumer_byte_rate", 1_000.0)));
        RequestContext fetch = request(ApiKeys.FETCH, 12, "u", "c");

        assertThat(quotas.maxFetchBytes(fetch)).isEqualTo(10_000);
        assertThat(quotas.fetchThrottleMs(fetch, 10_000, 0)).isZero();
        int waitMs = quotas.fetchThrottleMs(fetch, 10_000, 0);
        assertThat(waitMs).isEqualTo(10_000);
        nowMs += 11_000;
        assertThat(quotas.fetchThrottleMs(fetch, 10_000, 0)).isZero();
        assertThat(
                        quotas.throttleMs(
                                fetch,
                                new FetchRequestData(),
                                new FetchResponseData().setThrottleTimeMs(7),
                                100,
                                0))
                .isEqualTo(7);
    }

    @Test
    void mutations_beyond_the_burst_are_refused_or_by_older_versions_paid_for_later() {
        quotas.update(Map.of(entity(USER, "u"), Map.of("controller_mutation_rate", 1.0)));
        quotas.mutations(request(ApiKeys.CREATE_TOPICS, 7, "u", "c"), 6).take(12);

        MutationQuota strict = quotas.mutations(request(ApiKeys.CREATE_TOPICS, 7, "u", "c"), 6);
        assertThatThrownBy(() -> strict.take(1))
                .isInstanceOf(ThrottlingQuotaExceededException.class);
        assertThat(strict.throttleMs()).isEqualTo(1_000);
        nowMs += 400;
        assertThat(strict.throttleMs()).isEqualTo(600);

        MutationQuota permissive = quotas.mutations(request(ApiKeys.CREATE_TOPICS, 5, "u", "c"), 6);
        permissive.take(1);
        assertThat(permissive.throttleMs()).isEqualTo(1_600);
        assertThat(quotas.mutations(request(ApiKeys.CREATE_TOPICS, 7, "other", "c"), 6))
                .isSameAs(MutationQuota.UNBOUNDED);
    }

    @Test
    void entities_are_forgotten_when_they_are_idle_or_too_many() {
        quotas.update(Map.of(entity(CLIENT, null), Map.of("producer_byte_rate", 1e9)));
        for (int i = 0; i < 1_000; i++) {
            nowMs++;
            produce("u", "c" + i, 1);
            assertThat(quotas.meterCount()).isLessThanOrEqualTo(101);
        }

        nowMs += 3_600_000;
        produce("u", "new", 1);
        assertThat(quotas.meterCount()).isEqualTo(1);
    }
}
