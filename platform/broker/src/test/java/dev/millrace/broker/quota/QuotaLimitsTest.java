package dev.millrace.broker.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QuotaLimitsTest {
    /** Most specific first: {user, client-id}, null = of none, "" = default. */
    private static final List<@Nullable String[]> LEVELS =
            List.of(
                    new @Nullable String[] {"u", "c"},
                    new @Nullable String[] {"u", ""},
                    new @Nullable String[] {"u", null},
                    new @Nullable String[] {"", "c"},
                    new @Nullable String[] {"", ""},
                    new @Nullable String[] {"", null},
                    new @Nullable String[] {null, "c"},
                    new @Nullable String[] {null, ""});

    private static final List<QuotaLimits.Counted> COUNTED_BY =
            List.of(
                    new QuotaLimits.Counted("u", "c"),
                    new QuotaLimits.Counted("u", "c"),
                    new QuotaLimits.Counted("u", ""),
                    new QuotaLimits.Counted("u", "c"),
                    new QuotaLimits.Counted("u", "c"),
                    new QuotaLimits.Counted("u", ""),
                    new QuotaLimits.Counted("", "c"),
                    new QuotaLimits.Counted("", "c"));

    private static ClientQuotaEntity entity(@Nullable String[] level) {
        Map<String, @Nullable String> names = new HashMap<>();
        String[] types = {ClientQuotaEntity.USER, ClientQuotaEntity.CLIENT_ID};
        for (int i = 0; i < types.length; i++) {
            String name = level[i];
            if (name != null) {
                names.put(types[i], name.isEmpty() ? null : name);
            }
        }
        return new ClientQuotaEntity(names);
    }

    @Test
    void the_most_specific_level_that_is_set_counts() {
        for (int first = 0; first < LEVELS.size(); first++) {
            Map<ClientQuotaEntity, Map<String, Double>> quotas = new HashMap<>();
            for (int i = first; i < LEVELS.size(); i++) {
                quotas.put(entity(LEVELS.get(i)), Map.of("producer_byte_rate", i + 1.0));
            }
            assertThat(new QuotaLimits(quotas).find(QuotaType.PRODUCE, "u", "c"))
                    .as("level %d", first + 1)
                    .isEqualTo(new QuotaLimits.Limit(COUNTED_BY.get(first), first + 1.0));
        }
    }

    @Test
    void each_level_alone_is_found_by_those_it_is_for() {
        List<String> found = new ArrayList<>();
        for (@Nullable String[] level : LEVELS) {
            QuotaLimits limits =
                    new QuotaLimits(Map.of(entity(level), Map.of("request_percentage", 1.0)));
            StringBuilder who = new StringBuilder();
            for (String client : new String[] {"u/c", "u/x", "x/c", "x/x", "u/", "x/"}) {
                String[] names = client.split("/", -1);
                if (limits.find(QuotaType.REQUEST, names[0], names[1]) != null) {
                    who.append(client).append(' ');
                }
            }
            found.add(who.toString().trim());
        }
        assertThat(found)
                .containsExactly(
                        "u/c",
                        "u/c u/x",
                        "u/c u/x u/",
                        "u/c x/c",
                        "u/c u/x x/c x/x",
                        "u/c u/x x/c x/x u/ x/",
                        "u/c x/c",
                        "u/c u/x x/c x/x");
    }

    @Test
    void quotas_of_one_kind_are_no_limits_of_another_and_those_of_ips_none_of_clients() {
        QuotaLimits limits =
                new QuotaLimits(
                        Map.of(
                                entity(new @Nullable String[] {"u", null}),
                                Map.of("producer_byte_rate", 1.0)));

        assertThat(limits.find(QuotaType.FETCH, "u", "c")).isNull();
        Map<String, @Nullable String> ip = new HashMap<>();
        ip.put(ClientQuotaEntity.IP, null);
        assertThat(
                        new QuotaLimits(
                                        Map.of(
                                                new ClientQuotaEntity(ip),
                                                Map.of("connection_creation_rate", 1.0)))
                                .isEmpty())
                .isTrue();
    }
}
