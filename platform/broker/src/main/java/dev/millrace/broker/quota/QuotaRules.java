package dev.millrace.broker.quota;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/** Which quotas an entity can have, and with which values. */
final class QuotaRules {
    /** What a value may be: whole up to a maximum, or any number. */
    private record Range(boolean whole, double max, String typeName) {}

    private static final Range LONG = new Range(true, Long.MAX_VALUE, "a LONG");
    private static final Range INT = new Range(true, Integer.MAX_VALUE, "an INT");
    private static final Range DOUBLE = new Range(false, Double.MAX_VALUE, "a DOUBLE");
    private static final double ALMOST_WHOLE = 1e-6;

    private static final Map<String, Range> OF_CLIENTS =
            Map.of(
                    QuotaType.PRODUCE.key(), LONG,
                    QuotaType.FETCH.key(), LONG,
                    QuotaType.REQUEST.key(), DOUBLE,
                    QuotaType.CONTROLLER_MUTATION.key(), DOUBLE);
    private static final Map<String, Range> OF_IPS = Map.of("connection_creation_rate", INT);
    private static final Set<String> TYPES =
            Set.of(ClientQuotaEntity.USER, ClientQuotaEntity.CLIENT_ID, ClientQuotaEntity.IP);

    private QuotaRules() {}

    /**
     * @throws InvalidRequestException no such entity can have quotas
     */
    static void requireEntity(ClientQuotaEntity entity) {
        Map<String, String> names = entity.entries();
        if (names.isEmpty()) {
            throw new InvalidRequestException("Invalid empty client quota entity");
        }
        names.forEach(
                (type, name) -> {
                    if (!TYPES.contains(type)) {
                        throw new InvalidRequestException(
                                "Unhandled client quota entity type: " + type);
                    }
                    if (name != null && name.isEmpty()) {
                        throw new InvalidRequestException("Empty " + type + " not supported");
                    }
                });
        if (names.containsKey(ClientQuotaEntity.IP)) {
            if (names.size() > 1) {
                throw new InvalidRequestException(
                        "Invalid quota entity combination, IP entity should not be combined with"
                                + " User or ClientId");
            }
            requireIp(names.get(ClientQuotaEntity.IP));
        }
    }

    private static void requireIp(String ip) {
        if (ip == null) {
            return;
        }
        try {
            InetAddress.getByName(ip);
        } catch (UnknownHostException e) {
            throw new InvalidRequestException(ip + " is not a valid IP or resolvable host.", e);
        }
    }

    /**
     * @throws InvalidRequestException the entity has no such quota, or not with that value
     */
    static void requireValue(ClientQuotaEntity entity, String key, double value) {
        Map<String, Range> ranges =
                entity.entries().containsKey(ClientQuotaEntity.IP) ? OF_IPS : OF_CLIENTS;
        Range range = ranges.get(key);
        if (range == null) {
            throw new InvalidRequestException("Invalid configuration key " + key);
        }
        if (!(value > 0)) {
            throw new InvalidRequestException("Quota " + key + " must be greater than 0");
        }
        if (value > range.max) {
            throw new InvalidRequestException(
                    "Proposed value for " + key + " is too large for " + range.typeName + ".");
        }
        if (range.whole && Math.abs(value % 1.0) > ALMOST_WHOLE) {
            throw new InvalidRequestException(key + " cannot be a fractional value.");
        }
    }
}
