package dev.millrace.broker.quota;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData.ComponentData;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;

/**
 * Which entities a DescribeClientQuotas asks for: those that have all of its types, each with the
 * name it says; strict ones have no other types.
 */
final class QuotaFilter {
    private static final byte EXACT = 0;
    private static final byte DEFAULT = 1;
    private static final byte ANY = 2;
    private static final Set<String> TYPES =
            Set.of(ClientQuotaEntity.USER, ClientQuotaEntity.CLIENT_ID, ClientQuotaEntity.IP);

    /** Type to name; null is the default's. */
    private final Map<String, @Nullable String> named = new HashMap<>();

    private final Set<String> any = new HashSet<>();
    private final boolean strict;

    /**
     * @throws InvalidRequestException a component that cannot be, or a type twice, or IPs together
     *     with others
     * @throws UnsupportedVersionException a type that is none
     */
    QuotaFilter(DescribeClientQuotasRequestData request) {
        strict = request.strict();
        request.components().forEach(this::add);
        boolean ips = mentions(ClientQuotaEntity.IP);
        if (ips && (mentions(ClientQuotaEntity.USER) || mentions(ClientQuotaEntity.CLIENT_ID))) {
            throw new InvalidRequestException(
                    "Invalid entity filter component combination. IP filter component should not be"
                            + " used with user or clientId filter component.");
        }
    }

    private boolean mentions(String type) {
        return named.containsKey(type) || any.contains(type);
    }

    private void add(ComponentData component) {
        String type = component.entityType();
        String name = component.match();
        if (type.isEmpty()) {
            throw new InvalidRequestException("Invalid empty entity type.");
        }
        if (mentions(type)) {
            throw new InvalidRequestException(
                    "Entity type " + type + " cannot appear more than once in the filter.");
        }
        if (!TYPES.contains(type)) {
            throw new UnsupportedVersionException("Unsupported entity type " + type);
        }
        byte match = component.matchType();
        if (!List.of(EXACT, DEFAULT, ANY).contains(match)) {
            throw new InvalidRequestException("Unknown match type " + match);
        }
        if ((match == EXACT) != (name != null)) {
            throw new InvalidRequestException(
                    "Entity type %s: a name is given with an exact match, and only then"
                            .formatted(type));
        }
        if (match == ANY) {
            any.add(type);
        } else {
            named.put(type, name);
        }
    }

    boolean matches(ClientQuotaEntity entity) {
        Map<String, String> names = entity.entries();
        if (strict && names.size() != named.size() + any.size()) {
            return false;
        }
        for (Map.Entry<String, @Nullable String> wanted : named.entrySet()) {
            if (!names.containsKey(wanted.getKey())
                    || !Objects.equals(names.get(wanted.getKey()), wanted.getValue())) {
                return false;
            }
        }
        return names.keySet().containsAll(any);
    }
}
