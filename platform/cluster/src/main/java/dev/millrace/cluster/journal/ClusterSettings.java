package dev.millrace.cluster.journal;

import dev.millrace.cluster.FinalizedFeatures;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.journal.MetadataRecord.ClientQuotasChanged;
import dev.millrace.cluster.journal.MetadataRecord.FeaturesFinalized;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialRemoved;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialSet;
import dev.millrace.cluster.journal.MetadataRecord.SettingRecord;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * The part of {@link MetadataState} that speaks of no topic and no broker.
 *
 * @param quotas without entities that have none
 * @param scramCredentials without users that have none
 */
record ClusterSettings(
        FinalizedFeatures features,
        PersistentMap<ClientQuotaEntity, Map<String, Double>> quotas,
        PersistentMap<String, Map<ScramMechanism, ScramCredential>> scramCredentials) {

    static final ClusterSettings EMPTY =
            new ClusterSettings(
                    FinalizedFeatures.NONE, PersistentMap.empty(), PersistentMap.empty());

    ClusterSettings replay(SettingRecord record, long index) {
        if (record instanceof FeaturesFinalized r) {
            Map<String, Short> levels = new HashMap<>(features.levels());
            levels.putAll(r.levels());
            levels.values().removeIf(level -> level == 0);
            return new ClusterSettings(
                    new FinalizedFeatures(levels, r.epoch() == 0 ? index : r.epoch()),
                    quotas,
                    scramCredentials);
        }
        if (record instanceof ClientQuotasChanged r) {
            Map<String, Double> values = new HashMap<>(quotas.getOrDefault(r.entity(), Map.of()));
            r.changes()
                    .forEach(
                            (key, value) ->
                                    value.ifPresentOrElse(
                                            set -> values.put(key, set), () -> values.remove(key)));
            return new ClusterSettings(
                    features, withOrWithout(quotas, r.entity(), values), scramCredentials);
        }
        if (record instanceof ScramCredentialSet r) {
            return with(r.user(), r.mechanism(), Optional.of(r.credential()));
        }
        if (record instanceof ScramCredentialRemoved r) {
            return with(r.user(), r.mechanism(), Optional.empty());
        }
        throw new AssertionError("No replay defined for " + record.getClass());
    }

    private ClusterSettings with(
            String user, ScramMechanism mechanism, Optional<ScramCredential> credential) {
        Map<ScramMechanism, ScramCredential> ofUser = new EnumMap<>(ScramMechanism.class);
        ofUser.putAll(scramCredentials.getOrDefault(user, Map.of()));
        credential.ifPresentOrElse(
                set -> ofUser.put(mechanism, set), () -> ofUser.remove(mechanism));
        return new ClusterSettings(features, quotas, withOrWithout(scramCredentials, user, ofUser));
    }

    private static <K, I, V> PersistentMap<K, Map<I, V>> withOrWithout(
            PersistentMap<K, Map<I, V>> map, K key, Map<I, V> values) {
        return values.isEmpty() ? map.without(key) : map.with(key, Map.copyOf(values));
    }

    List<SettingRecord> toRecords() {
        List<SettingRecord> records = new ArrayList<>();
        if (features.epoch() > 0) {
            records.add(new FeaturesFinalized(features.levels(), features.epoch()));
        }
        quotas.forEach(
                (entity, values) -> {
                    Map<String, Optional<Double>> changes = new HashMap<>();
                    values.forEach((key, value) -> changes.put(key, Optional.of(value)));
                    records.add(new ClientQuotasChanged(entity, changes));
                });
        scramCredentials.forEach(
                (user, ofUser) ->
                        ofUser.forEach(
                                (mechanism, credential) ->
                                        records.add(
                                                new ScramCredentialSet(
                                                        user, mechanism, credential))));
        return records;
    }
}
