package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.MetadataRecord.BrokerRegistered;
import dev.millrace.cluster.journal.MetadataRecord.BrokerStateChanged;
import dev.millrace.cluster.journal.MetadataRecord.BrokerUnregistered;
import dev.millrace.cluster.journal.MetadataRecord.ClientQuotasChanged;
import dev.millrace.cluster.journal.MetadataRecord.ClusterFormatted;
import dev.millrace.cluster.journal.MetadataRecord.ConfigsChanged;
import dev.millrace.cluster.journal.MetadataRecord.FeaturesFinalized;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsAdded;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsChanged;
import dev.millrace.cluster.journal.MetadataRecord.ProducerIdsAllocated;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialRemoved;
import dev.millrace.cluster.journal.MetadataRecord.ScramCredentialSet;
import dev.millrace.cluster.journal.MetadataRecord.TopicCreated;
import dev.millrace.cluster.journal.MetadataRecord.TopicDeleted;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/** Arbitrary records, few names and ids, so that they meet. */
final class MetadataGen {
    private static final List<Uuid> IDS =
            List.of(new Uuid(1, 2), new Uuid(-3, Long.MIN_VALUE), new Uuid(5, 6));

    private MetadataGen() {}

    static Arbitrary<List<MetadataRecord>> journals() {
        return Arbitraries.oneOf(
                        texts().map(ClusterFormatted::new),
                        Combinators.combine(ints(), longs(), texts(), ints(), texts())
                                .as(
                                        (node, epoch, host, port, rack) ->
                                                (MetadataRecord)
                                                        new BrokerRegistered(
                                                                node,
                                                                epoch,
                                                                host,
                                                                port,
                                                                rack,
                                                                ~port,
                                                                new Uuid(epoch, port),
                                                                rack,
                                                                port % 2 == 0,
                                                                port % 3 == 0,
                                                                Map.of(
                                                                        host,
                                                                        new VersionRange(
                                                                                (short) 0,
                                                                                port
                                                                                        .shortValue())))),
                        ints().map(BrokerUnregistered::new),
                        ints().map(n -> new BrokerStateChanged(n, n % 2 == 0, n % 3 == 0)),
                        Combinators.combine(ids(), partitions()).as(PartitionsChanged::new),
                        Combinators.combine(
                                        Arbitraries.maps(
                                                        Arbitraries.of("f", "g"),
                                                        Arbitraries.shorts()
                                                                .greaterOrEqual((short) 0))
                                                .ofMaxSize(2),
                                        longs().filter(n -> n >= 0))
                                .as(FeaturesFinalized::new),
                        Combinators.combine(entities(), quotas()).as(ClientQuotasChanged::new),
                        Combinators.combine(
                                        Arbitraries.of("u", "ü"),
                                        mechanisms(),
                                        Arbitraries.bytes().array(byte[].class).ofMaxSize(70))
                                .as(
                                        (user, mechanism, key) ->
                                                new ScramCredentialSet(
                                                        user,
                                                        mechanism,
                                                        new ScramCredential(
                                                                key, key, key, key.length))),
                        Combinators.combine(Arbitraries.of("u", "ü"), mechanisms())
                                .as(ScramCredentialRemoved::new),
                        Combinators.combine(ids(), partitions(), configs())
                                .as(
                                        (id, partitions, configs) ->
                                                (MetadataRecord)
                                                        new TopicCreated(
                                                                "t." + IDS.indexOf(id),
                                                                id,
                                                                partitions,
                                                                configs)),
                        ids().map(TopicDeleted::new),
                        Combinators.combine(ids(), partitions()).as(PartitionsAdded::new),
                        Combinators.combine(resources(), changes()).as(ConfigsChanged::new),
                        longs().filter(n -> n >= 0).map(ProducerIdsAllocated::new))
                .list()
                .ofMaxSize(30)
                .map(List::<MetadataRecord>copyOf);
    }

    private static Arbitrary<List<Partition>> partitions() {
        return Combinators.combine(ints(), ints(), ints(), ints().list().ofMaxSize(3))
                .as(
                        (index, leader, epoch, replicas) ->
                                new Partition(
                                        index % 3,
                                        leader,
                                        epoch,
                                        ~epoch,
                                        replicas,
                                        replicas,
                                        List.of(leader),
                                        replicas,
                                        List.of(index, epoch),
                                        replicas))
                .list()
                .ofMaxSize(4);
    }

    private static Arbitrary<Map<String, String>> configs() {
        return Arbitraries.maps(texts(), texts()).ofMaxSize(3);
    }

    private static Arbitrary<Map<String, Optional<String>>> changes() {
        return Arbitraries.maps(Arbitraries.of("a", "b", "ü"), texts().optional()).ofMaxSize(3);
    }

    private static Arbitrary<ScramMechanism> mechanisms() {
        return Arbitraries.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512);
    }

    private static Arbitrary<ClientQuotaEntity> entities() {
        return Arbitraries.maps(
                        Arbitraries.of("user", "client-id", "ip"),
                        Arbitraries.of("a", "").injectNull(0.3))
                .ofMinSize(1)
                .ofMaxSize(2)
                .map(ClientQuotaEntity::new);
    }

    private static Arbitrary<Map<String, Optional<Double>>> quotas() {
        return Arbitraries.maps(Arbitraries.of("p", "q"), Arbitraries.doubles().optional())
                .ofMaxSize(2);
    }

    private static Arbitrary<ConfigResource> resources() {
        return Combinators.combine(
                        Arbitraries.of(ConfigResource.Type.TOPIC, ConfigResource.Type.BROKER),
                        Arbitraries.of("t.0", "1", ""))
                .as(ConfigResource::new);
    }

    private static Arbitrary<Uuid> ids() {
        return Arbitraries.of(IDS);
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.strings().ofMaxLength(12).filter(MetadataGen::isUtf8);
    }

    /** A lone surrogate has no bytes. */
    private static boolean isUtf8(String text) {
        return text.chars().noneMatch(c -> Character.isSurrogate((char) c));
    }

    private static Arbitrary<Integer> ints() {
        return Arbitraries.integers();
    }

    private static Arbitrary<Long> longs() {
        return Arbitraries.longs();
    }
}
