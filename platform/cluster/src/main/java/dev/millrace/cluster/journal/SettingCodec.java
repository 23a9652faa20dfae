package dev.millrace.cluster.journal;

import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.MetadataRecord.ClientQuotasChanged;
import dev.millrace.cluster.journal.MetadataRecord.FeaturesFinalized;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialRemoved;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialSet;
import dev.millrace.cluster.journal.MetadataRecord.SettingRecord;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of the records that are cluster settings, and the fields they share with requests.
 *
 * <pre>
 *    9 FeaturesFinalized       epoch:unsigned levels:list(feature:string level:signed)
 *   10 ClientQuotasChanged     entity changes:list(key:string set:byte value:double?)
 *   11 ScramCredentialSet      user:string mechanism:byte credential
 *   12 ScramCredentialRemoved  user:string mechanism:byte
 *
 *   entity      list(type:string named:byte name:string?)   not named = the type's default
 *   mechanism   Kafka's number: 1 = SCRAM-SHA-256, 2 = SCRAM-SHA-512
 *   credential  salt:bytes storedKey:bytes serverKey:bytes iterations:unsigned
 *   double      IEEE 754, 8 bytes, most significant first
 * </pre>
 */
final class SettingCodec {
    static final int FIRST_TYPE = 9;
    static final int LAST_TYPE = 12;

    private SettingCodec() {}

    /** The record's type. */
    static int writeBody(BinaryWriter body, SettingRecord record) {
        if (record instanceof FeaturesFinalized r) {
            body.writeUnsigned(r.epoch());
            body.writeList(
                    r.levels().entrySet(),
                    (o, each) -> o.writeString(each.getKey()).writeSigned(each.getValue()));
            return 9;
        }
        if (record instanceof ClientQuotasChanged r) {
            writeEntity(body, r.entity());
            writeQuotas(body, r.changes());
            return 10;
        }
        if (record instanceof ScramCredentialSet r) {
            body.writeString(r.user()).writeByte(r.mechanism().type());
            writeCredential(body, r.credential());
            return 11;
        }
        if (record instanceof ScramCredentialRemoved r) {
            body.writeString(r.user()).writeByte(r.mechanism().type());
            return 12;
        }
        throw new AssertionError("No bytes defined for " + record.getClass());
    }

    static SettingRecord readBody(int type, BinaryReader body) {
        return switch (type) {
            case 9 -> {
                long epoch = body.readUnsigned();
                yield new FeaturesFinalized(readLevels(body), epoch);
            }
            case 10 -> new ClientQuotasChanged(readEntity(body), readQuotas(body));
            case 11 ->
                    new ScramCredentialSet(
                            body.readString(), readMechanism(body), readCredential(body));
            case 12 -> new ScramCredentialRemoved(body.readString(), readMechanism(body));
            default -> throw new AssertionError("No record defined for type " + type);
        };
    }

    private static Map<String, Short> readLevels(BinaryReader in) {
        Map<String, Short> levels = new LinkedHashMap<>();
        in.readList(each -> Map.entry(each.readString(), (short) each.readInt()))
                .forEach(level -> levels.put(level.getKey(), level.getValue()));
        return levels;
    }

    static void writeEntity(BinaryWriter out, ClientQuotaEntity entity) {
        out.writeList(
                entity.entries().entrySet(),
                (o, each) -> {
                    o.writeString(each.getKey());
                    @Nullable String name = each.getValue();
                    o.writeByte(name == null ? 0 : 1);
                    if (name != null) {
                        o.writeString(name);
                    }
                });
    }

    static ClientQuotaEntity readEntity(BinaryReader in) {
        Map<String, @Nullable String> entries = new LinkedHashMap<>();
        in.readList(
                        each ->
                                Map.entry(
                                        each.readString(),
                                        each.readByte() == 1
                                                ? Optional.of(each.readString())
                                                : Optional.<String>empty()))
                .forEach(entry -> entries.put(entry.getKey(), entry.getValue().orElse(null)));
        return new ClientQuotaEntity(Collections.unmodifiableMap(entries));
    }

    static void writeQuotas(BinaryWriter out, Map<String, Optional<Double>> changes) {
        out.writeList(
                changes.entrySet(),
                (o, change) -> {
                    o.writeString(change.getKey());
                    o.writeByte(change.getValue().isPresent() ? 1 : 0);
                    change.getValue().ifPresent(o::writeDouble);
                });
    }

    static Map<String, Optional<Double>> readQuotas(BinaryReader in) {
        Map<String, Optional<Double>> changes = new LinkedHashMap<>();
        in.readList(
                        each ->
                                Map.entry(
                                        each.readString(),
                                        each.readByte() == 1
                                                ? Optional.of(each.readDouble())
                                                : Optional.<Double>empty()))
                .forEach(change -> changes.put(change.getKey(), change.getValue()));
        return changes;
    }

    static void writeCredential(BinaryWriter out, ScramCredential credential) {
        out.writeByteArray(credential.salt());
        out.writeByteArray(credential.storedKey());
        out.writeByteArray(credential.serverKey());
        out.writeUnsigned(credential.iterations());
    }

    static ScramCredential readCredential(BinaryReader in) {
        return new ScramCredential(
                in.readByteArray(),
                in.readByteArray(),
                in.readByteArray(),
                Math.toIntExact(in.readUnsigned()));
    }

    static ScramMechanism readMechanism(BinaryReader in) {
        return ScramMechanism.fromType((byte) in.readByte());
    }

    static void writeFeatures(BinaryWriter out, Map<String, VersionRange> features) {
        out.writeList(
                features.entrySet(),
                (o, each) ->
                        o.writeString(each.getKey())
                                .writeSigned(each.getValue().min())
                                .writeSigned(each.getValue().max()));
    }

    static Map<String, VersionRange> readFeatures(BinaryReader in) {
        Map<String, VersionRange> features = new LinkedHashMap<>();
        in.readList(
                        each ->
                                Map.entry(
                                        each.readString(),
                                        new VersionRange(
                                                (short) each.readInt(), (short) each.readInt())))
                .forEach(feature -> features.put(feature.getKey(), feature.getValue()));
        return Map.copyOf(features);
    }
}
