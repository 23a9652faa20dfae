package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.BrokerSession.Replica;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.journal.MetadataRequest.AllocateProducerIds;
import dev.millrace.cluster.journal.MetadataRequest.AlterClientQuotas;
import dev.millrace.cluster.journal.MetadataRequest.AlterConfigs;
import dev.millrace.cluster.journal.MetadataRequest.AlterPartition;
import dev.millrace.cluster.journal.MetadataRequest.AlterScramCredentials;
import dev.millrace.cluster.journal.MetadataRequest.BrokerHeartbeat;
import dev.millrace.cluster.journal.MetadataRequest.CreatePartitions;
import dev.millrace.cluster.journal.MetadataRequest.CreateTopic;
import dev.millrace.cluster.journal.MetadataRequest.DeleteTopic;
import dev.millrace.cluster.journal.MetadataRequest.ElectLeader;
import dev.millrace.cluster.journal.MetadataRequest.FenceBroker;
import dev.millrace.cluster.journal.MetadataRequest.FormatCluster;
import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import dev.millrace.cluster.journal.MetadataRequest.ReassignPartition;
import dev.millrace.cluster.journal.MetadataRequest.RebalanceLeaders;
import dev.millrace.cluster.journal.MetadataRequest.RegisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.ReplicasOffline;
import dev.millrace.cluster.journal.MetadataRequest.SettlePartitions;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.UpdateFeatures;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.junit.jupiter.api.Test;

class RequestCodecTest {
    private static final ScramCredential CREDENTIAL =
            new ScramCredential(new byte[] {1}, new byte[64], new byte[0], 8192);

    private static final List<MetadataRequest> ONE_OF_EACH =
            List.of(
                    new FormatCluster("cluster"),
                    new RegisterBroker(
                            1,
                            new Uuid(3, 4),
                            new BrokerStart("host", 9092, "peer", 9093, "rack", 17),
                            true,
                            SupportedFeatures.RANGES),
                    new BrokerHeartbeat(1, 17, 20, false, true),
                    new FenceBroker(2, 18),
                    new ReplicasOffline(1, 17, List.of(new Replica(new Uuid(1, 2), 0))),
                    new AlterPartition(1, 17, new Uuid(1, 2), 0, 5, 9, Map.of(1, 17L, 2, -1L)),
                    new ElectLeader("t", 0, ElectionType.UNCLEAN),
                    new SettlePartitions(),
                    new RebalanceLeaders(),
                    new ReassignPartition("t", 0, Optional.of(List.of(3, 1)), true),
                    new ReassignPartition("t", 0, Optional.empty(), false),
                    new UnregisterBroker(7),
                    new JoinJournal(
                            4, "cluster", "host-9540", "host", 9541, SupportedFeatures.RANGES),
                    new CreateTopic(
                            "t", new Uuid(1, 2), 3, 1, Map.of(0, List.of(1)), Map.of("k", "v")),
                    new DeleteTopic(new Uuid(1, 2)),
                    new CreatePartitions("t", 4, List.of(List.of(1, 2))),
                    new AlterConfigs(
                            new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "m"),
                            Map.of("a", Optional.of("1")),
                            Map.of("a", Optional.empty())),
                    new AllocateProducerIds(1000),
                    new UpdateFeatures(
                            Map.of(
                                    "f",
                                    new FeatureUpdate(
                                            (short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)),
                            true),
                    new AlterClientQuotas(
                            new ClientQuotaEntity(Map.of("user", "u")),
                            Map.of("a", Optional.of(0.1), "b", Optional.empty())),
                    new AlterScramCredentials(
                            "u",
                            Map.of(
                                    ScramMechanism.SCRAM_SHA_256,
                                    Optional.of(CREDENTIAL),
                                    ScramMechanism.SCRAM_SHA_512,
                                    Optional.empty())));

    @Test
    void a_request_reaches_the_leader_as_it_was_asked() {
        for (MetadataRequest request : ONE_OF_EACH) {
            byte[] bytes = RequestCodec.toBytes(request);
            assertThat(RequestCodec.request(ByteBuffer.wrap(bytes))).isEqualTo(request);
        }
    }

    @Test
    void every_kind_of_request_has_bytes() {
        Set<Class<?>> tried =
                ONE_OF_EACH.stream().map(Object::getClass).collect(Collectors.toSet());

        assertThat(tried).containsExactlyInAnyOrder(MetadataRequest.class.getPermittedSubclasses());
    }
}
