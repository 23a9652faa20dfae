package dev.millrace.broker.quota;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;

/**
 * The limits of users and client ids as of one image. The most specific one that is set counts, in
 * this order; clients share what they are counted by:
 *
 * <pre>
 *                 limit of             counted by
 *   1  user,         client-id         user and client-id
 *   2  user,         default client-id user and client-id
 *   3  user                            user
 *   4  default user, client-id         user and client-id
 *   5  default user, default client-id user and client-id
 *   6  default user                    user
 *   7                client-id         client-id
 *   8                default client-id client-id
 * </pre>
 *
 * A client without a client id has no limits by client id. Immutable.
 */
final class QuotaLimits {
    static final QuotaLimits NONE = new QuotaLimits(Map.of());

    /**
     * @param user null if the limit is of client ids alone, {@link #DEFAULT} for the default
     * @param clientId the same, of users alone
     */
    private record Level(@Nullable String user, @Nullable String clientId) {}

    /** No user and no client can be called so: names in an entity are not empty. */
    private static final String DEFAULT = "";

    /**
     * Whose use is added up.
     *
     * @param user empty if any
     * @param clientId empty if any
     */
    record Counted(String user, String clientId) {}

    /**
     * @param perSecond bytes, percent or partitions per second
     */
    record Limit(Counted counted, double perSecond) {}

    private final Map<QuotaType, Map<Level, Double>> byType = new EnumMap<>(QuotaType.class);

    /**
     * @param quotas entity to quota keys; those of IPs are ignored
     */
    QuotaLimits(Map<ClientQuotaEntity, Map<String, Double>> quotas) {
        for (QuotaType type : QuotaType.values()) {
            Map<Level, Double> levels = new HashMap<>();
            quotas.forEach(
                    (entity, values) -> {
                        Double value = values.get(type.key());
                        Level level = level(entity);
                        if (value != null && level != null) {
                            levels.put(level, value);
                        }
                    });
            if (!levels.isEmpty()) {
                byType.put(type, levels);
            }
        }
    }

    private static @Nullable Level level(ClientQuotaEntity entity) {
        Map<String, String> names = entity.entries();
        Level level =
                new Level(
                        named(names, ClientQuotaEntity.USER),
                        named(names, ClientQuotaEntity.CLIENT_ID));
        return level.user == null && level.clientId == null ? null : level;
    }

    private static @Nullable String named(Map<String, String> names, String type) {
        if (!names.containsKey(type)) {
            return null;
        }
        String name = names.get(type);
        return name == null ? DEFAULT : name;
    }

    boolean isEmpty() {
        return byType.isEmpty();
    }

    /**
     * The limit of this client; null if it has none.
     *
     * @param clientId empty if the client has not said
     */
    @Nullable Limit find(QuotaType type, String user, String clientId) {
        Map<Level, Double> levels = byType.get(type);
        if (levels == null) {
            return null;
        }
        boolean named = !clientId.isEmpty();
        for (String userLevel : new String[] {user, DEFAULT}) {
            if (named) {
                for (String clientLevel : new String[] {clientId, DEFAULT}) {
                    Double both = levels.get(new Level(userLevel, clientLevel));
                    if (both != null) {
                        return new Limit(new Counted(user, clientId), both);
                    }
                }
            }
            Double ofUser = levels.get(new Level(userLevel, null));
            if (ofUser != null) {
                return new Limit(new Counted(user, ""), ofUser);
            }
        }
        if (named) {
            for (String clientLevel : new String[] {clientId, DEFAULT}) {
                Double ofClient = levels.get(new Level(null, clientLevel));
                if (ofClient != null) {
                    return new Limit(new Counted("", clientId), ofClient);
                }
            }
        }
        return null;
    }
}
