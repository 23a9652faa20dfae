package dev.millrace.cluster.journal;

import dev.millrace.cluster.BrokerSession.Replica;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.Decision.Rejected;
import dev.millrace.cluster.journal.MetadataRecord.BrokerRegistered;
import dev.millrace.cluster.journal.MetadataRecord.BrokerStateChanged;
import dev.millrace.cluster.journal.MetadataRecord.BrokerUnregistered;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsChanged;
import dev.millrace.cluster.journal.MetadataRequest.AlterPartition;
import dev.millrace.cluster.journal.MetadataRequest.BrokerHeartbeat;
import dev.millrace.cluster.journal.MetadataRequest.ElectLeader;
import dev.millrace.cluster.journal.MetadataRequest.FenceBroker;
import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import dev.millrace.cluster.journal.MetadataRequest.ReassignPartition;
import dev.millrace.cluster.journal.MetadataRequest.RegisterBroker;
import dev.millrace.cluster.journal.MetadataRequest.ReplicasOffline;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import dev.millrace.cluster.journal.PartitionDraft.Terms;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** The part of {@link Decisions} about brokers' lives, leaders, ISRs and reassignments. */
final class ReplicaDecisions {
    private static final Accepted NOTHING = new Accepted(List.of(), 0);

    private final MetadataState state;
    private final ClusterRules rules;

    ReplicaDecisions(MetadataState state, ClusterRules rules) {
        this.state = state;
        this.rules = rules;
    }

    // ---- brokers

    Decision register(RegisterBroker request) {
        BrokerStart start = request.start();
        int nodeId = request.nodeId();
        if (start.host().isEmpty() || start.port() < 1 || start.port() > 65_535) {
            return new Rejected(
                    Errors.INVALID_REQUEST,
                    "Broker "
                            + nodeId
                            + " registers without an address that clients can reach: '"
                            + start.host()
                            + ":"
                            + start.port()
                            + "'.");
        }
        BrokerRegistration present = state.brokers().get(nodeId);
        if (present != null) {
            if (!request.incarnationId().equals(Uuid.ZERO_UUID)
                    && present.incarnationId().equals(request.incarnationId())) {
                return NOTHING;
            }
            Rejected taken = taken(present, start.peerHost(), start.peerPort());
            if (taken != null) {
                return taken;
            }
        }
        Rejected unsupported = unsupported(nodeId, request.features());
        if (unsupported != null) {
            return unsupported;
        }
        boolean clean =
                present != null
                        && start.previousEpoch() != BrokerStart.UNCLEAN
                        && start.previousEpoch() == present.brokerEpoch();
        BrokerRegistered registered =
                new BrokerRegistered(
                        nodeId,
                        0,
                        start.host(),
                        start.port(),
                        start.peerHost(),
                        start.peerPort(),
                        request.incarnationId(),
                        start.rack(),
                        request.fenced(),
                        false,
                        Map.copyOf(request.features()));
        if (!request.fenced()) {
            // Alone: there is nobody else to trust more.
            return changing(registered, Elections::settled);
        }
        return changing(
                registered,
                elections ->
                        clean || present == null
                                ? elections.settled()
                                : elections.settledWithout(nodeId));
    }

    /** Another node that runs has the node id. */
    private static @Nullable Rejected taken(
            BrokerRegistration present, String peerHost, int peerPort) {
        // The same address cannot belong to two processes that run: the earlier one is gone.
        boolean samePlace = present.peerHost().equals(peerHost) && present.peerPort() == peerPort;
        return present.fenced() || samePlace || present.peerHost().isEmpty()
                ? null
                : new Rejected(
                        Errors.DUPLICATE_BROKER_REGISTRATION,
                        "node.id "
                                + present.nodeId()
                                + " belongs to the node at "
                                + present.peerHost()
                                + ":"
                                + present.peerPort()
                                + ", which runs; give the one at "
                                + peerHost
                                + ":"
                                + peerPort
                                + " another.");
    }

    /** An older version than the cluster works with. */
    private @Nullable Rejected unsupported(int nodeId, Map<String, VersionRange> features) {
        if (features.isEmpty()) {
            return null; // it says nothing
        }
        for (Map.Entry<String, Short> finalized : state.settings().features().levels().entrySet()) {
            VersionRange range = features.get(finalized.getKey());
            if (range == null || !range.contains(finalized.getValue())) {
                return new Rejected(
                        Errors.UNSUPPORTED_VERSION,
                        "Unable to register because the broker does not support finalized version "
                                + finalized.getValue()
                                + " of "
                                + finalized.getKey()
                                + ". The broker wants a version between "
                                + (range == null ? 0 : range.min())
                                + " and "
                                + (range == null ? 0 : range.max())
                                + ", inclusive; start node "
                                + nodeId
                                + " in a later version of Millrace.");
            }
        }
        return null;
    }

    /** Whether a node may follow the journal; that it does is no matter of records. */
    Decision join(JoinJournal request) {
        if (!request.clusterId().equals(state.clusterId())) {
            return new Rejected(
                    Errors.INCONSISTENT_CLUSTER_ID,
                    "Node "
                            + request.nodeId()
                            + " means to join cluster "
                            + request.clusterId()
                            + ", this is cluster "
                            + state.clusterId()
                            + ".");
        }
        BrokerRegistration present = state.brokers().get(request.nodeId());
        Rejected taken =
                present == null ? null : taken(present, request.host(), request.port() - 1);
        Rejected unsupported = unsupported(request.nodeId(), request.features());
        if (unsupported != null) {
            return unsupported;
        }
        return taken == null ? NOTHING : taken;
    }

    /** Whether a broker may be forgotten: one that runs would have to be told. */
    @Nullable Rejected refusedToLeave(UnregisterBroker request) {
        BrokerRegistration broker = state.brokers().get(request.nodeId());
        return broker == null || broker.fenced() || broker.peerHost().isEmpty()
                ? null
                : new Rejected(
                        Errors.INVALID_REQUEST,
                        "Broker "
                                + request.nodeId()
                                + " is running: a broker is unregistered after it has been"
                                + " stopped.");
    }

    Decision heartbeat(BrokerHeartbeat request) {
        BrokerRegistration broker = state.brokers().get(request.nodeId());
        Rejected refused = refused(broker, request.nodeId(), request.brokerEpoch());
        if (refused != null || broker == null) {
            return refused == null ? NOTHING : refused;
        }
        boolean shuttingDown = broker.shuttingDown() || request.wantShutdown();
        boolean caughtUp = request.caughtUpVersion() >= broker.brokerEpoch();
        boolean fenced = request.wantFence() || (broker.fenced() && (shuttingDown || !caughtUp));
        return broker.fenced() && !fenced
                ? become(broker, false, shuttingDown, BrokerHeartbeat.UNFENCED)
                : become(broker, fenced, shuttingDown, 0);
    }

    Decision fence(FenceBroker request) {
        BrokerRegistration broker = state.brokers().get(request.nodeId());
        // It may have registered again meanwhile, which is as good as a heartbeat.
        return broker == null || broker.brokerEpoch() != request.brokerEpoch()
                ? NOTHING
                : become(broker, true, broker.shuttingDown(), 0);
    }

    private Decision become(
            BrokerRegistration broker, boolean fenced, boolean shuttingDown, long reply) {
        if (broker.fenced() == fenced && broker.shuttingDown() == shuttingDown) {
            return NOTHING;
        }
        Accepted changed =
                changing(
                        new BrokerStateChanged(broker.nodeId(), fenced, shuttingDown),
                        Elections::settled);
        return new Accepted(changed.records(), reply);
    }

    Decision unregister(UnregisterBroker request) {
        if (!state.brokers().containsKey(request.nodeId())) {
            return new Rejected(
                    Errors.BROKER_ID_NOT_REGISTERED,
                    "Broker ID " + request.nodeId() + " is not currently registered");
        }
        Rejected refused = refusedToLeave(request);
        return refused != null
                ? refused
                : changing(
                        new BrokerUnregistered(request.nodeId()),
                        elections -> {
                            List<MetadataRecord> records = new ArrayList<>(elections.settled());
                            records.addAll(Cordon.lifted(state, request.nodeId()));
                            return records;
                        });
    }

    private @Nullable Rejected refused(
            @Nullable BrokerRegistration broker, int nodeId, long brokerEpoch) {
        if (broker == null) {
            return new Rejected(
                    Errors.BROKER_ID_NOT_REGISTERED, "Broker " + nodeId + " is not registered.");
        }
        return broker.brokerEpoch() == brokerEpoch
                ? null
                : new Rejected(
                        Errors.STALE_BROKER_EPOCH,
                        "Broker "
                                + nodeId
                                + " has epoch "
                                + broker.brokerEpoch()
                                + " by now; the request is of epoch "
                                + brokerEpoch
                                + ".");
    }

    private interface Consequences {
        List<MetadataRecord> of(Elections elections);
    }

    private Accepted changing(MetadataRecord change, Consequences consequences) {
        List<MetadataRecord> records = new ArrayList<>();
        records.add(change);
        MetadataState next = state.replay(change, state.version() + 1);
        records.addAll(consequences.of(new Elections(next, rules)));
        return new Accepted(List.copyOf(records), 0);
    }

    Decision settle() {
        return new Accepted(new Elections(state, rules).settled(), 0);
    }

    Decision rebalance() {
        return new Accepted(new Elections(state, rules).withPreferredLeaders(), 0);
    }

    Decision offline(ReplicasOffline request) {
        Rejected refused =
                refused(
                        state.brokers().get(request.nodeId()),
                        request.nodeId(),
                        request.brokerEpoch());
        if (refused != null) {
            return refused;
        }
        Map<Uuid, Set<Integer>> indexes = new HashMap<>();
        for (Replica replica : request.replicas()) {
            indexes.computeIfAbsent(replica.topicId(), id -> new HashSet<>())
                    .add(replica.partition());
        }
        Elections elections = new Elections(state, rules);
        List<MetadataRecord> records = new ArrayList<>();
        indexes.forEach(
                (id, ofTopic) -> {
                    Topic topic = state.topicsById().get(id);
                    MetadataRecord changed =
                            topic == null
                                    ? null
                                    : elections.offline(topic, ofTopic, request.nodeId());
                    if (changed != null) {
                        records.add(changed);
                    }
                });
        return new Accepted(List.copyOf(records), 0);
    }

    // ---- partitions

    Decision alterPartition(AlterPartition request) {
        Topic topic = state.topicsById().get(request.topicId());
        if (topic == null) {
            return new Rejected(
                    Errors.UNKNOWN_TOPIC_ID, "There is no topic with id " + request.topicId());
        }
        if (request.partition() < 0 || request.partition() >= topic.partitions().size()) {
            return unknown(topic.name(), request.partition());
        }
        Rejected refused =
                refused(
                        state.brokers().get(request.nodeId()),
                        request.nodeId(),
                        request.brokerEpoch());
        if (refused != null) {
            return refused;
        }
        Partition partition = topic.partitions().get(request.partition());
        Set<Integer> isr = request.isr().keySet();
        refused = staleOrMalformed(request, topic.name(), partition, isr);
        if (refused != null) {
            return refused;
        }
        if (Set.copyOf(partition.isr()).equals(isr)) {
            // As asked already: the same request, sent again because its answer was lost. Or one
            // that is to leave behind whatever else was asked under this epoch.
            return request.partitionEpoch() == partition.partitionEpoch()
                    ? changed(topic, partition, inTheNextEpoch(partition))
                    : NOTHING;
        }
        if (request.partitionEpoch() != partition.partitionEpoch()) {
            return new Rejected(
                    Errors.INVALID_UPDATE_VERSION,
                    topic.name()
                            + "-"
                            + partition.index()
                            + " has partition epoch "
                            + partition.partitionEpoch()
                            + ", the request was made for "
                            + request.partitionEpoch()
                            + ".");
        }
        Elections elections = new Elections(state, rules);
        for (Map.Entry<Integer, Long> member : request.isr().entrySet()) {
            BrokerRegistration broker = state.brokers().get(member.getKey());
            if (broker == null
                    || !elections.isActive(member.getKey())
                    || broker.brokerEpoch() != member.getValue()) {
                return new Rejected(
                        Errors.INELIGIBLE_REPLICA,
                        "Broker "
                                + member.getKey()
                                + " cannot be in the ISR of "
                                + topic.name()
                                + "-"
                                + partition.index()
                                + ": it is fenced, shuts down, or is no longer of epoch "
                                + member.getValue()
                                + ".");
            }
        }
        List<Integer> ordered = partition.replicas().stream().filter(isr::contains).toList();
        return changed(
                topic,
                partition,
                new PartitionDraft(partition, elections.terms(topic.name())).isr(ordered).build());
    }

    private static @Nullable Rejected staleOrMalformed(
            AlterPartition request, String topic, Partition partition, Set<Integer> isr) {
        String name = topic + "-" + partition.index();
        if (request.leaderEpoch() < partition.leaderEpoch()) {
            return new Rejected(
                    Errors.FENCED_LEADER_EPOCH,
                    name
                            + " has leader epoch "
                            + partition.leaderEpoch()
                            + ", the request is of "
                            + request.leaderEpoch()
                            + ".");
        }
        if (request.leaderEpoch() > partition.leaderEpoch()
                || partition.leader() != request.nodeId()
                || !isr.contains(request.nodeId())
                || !partition.replicas().containsAll(isr)) {
            return new Rejected(
                    Errors.INVALID_REQUEST,
                    "The leader of "
                            + name
                            + " is "
                            + partition.leader()
                            + " in epoch "
                            + partition.leaderEpoch()
                            + " and its replicas "
                            + partition.replicas()
                            + "; broker "
                            + request.nodeId()
                            + " asks in epoch "
                            + request.leaderEpoch()
                            + " for the ISR "
                            + isr
                            + ".");
        }
        return null;
    }

    private static Partition inTheNextEpoch(Partition partition) {
        return new Partition(
                partition.index(),
                partition.leader(),
                partition.leaderEpoch(),
                partition.partitionEpoch() + 1,
                partition.replicas(),
                partition.isr(),
                partition.elr(),
                partition.lastKnownElr(),
                partition.adding(),
                partition.removing());
    }

    private static Decision changed(Topic topic, Partition before, Partition after) {
        return after.equals(before)
                ? NOTHING
                : new Accepted(new PartitionsChanged(topic.id(), List.of(after)));
    }

    Decision elect(ElectLeader request) {
        Topic topic = state.topics().get(request.topic());
        if (topic == null
                || request.partition() < 0
                || request.partition() >= topic.partitions().size()) {
            return unknown(request.topic(), request.partition());
        }
        Partition partition = topic.partitions().get(request.partition());
        Terms terms = new Elections(state, rules).terms(topic.name());
        int preferred = partition.replicas().get(0);
        PartitionDraft draft = new PartitionDraft(partition, terms);
        if (request.type() == ElectionType.UNCLEAN) {
            if (partition.leader() != PartitionDraft.NO_LEADER) {
                return notNeeded();
            }
            Partition after = draft.uncleanElectionAllowed().build();
            return after.leader() == PartitionDraft.NO_LEADER
                    ? new Rejected(
                            Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE,
                            Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE.message())
                    : changed(topic, partition, after);
        }
        if (partition.leader() == preferred) {
            return notNeeded();
        }
        Partition after = draft.preferring(preferred).build();
        return after.leader() == preferred
                ? changed(topic, partition, after)
                : new Rejected(
                        Errors.PREFERRED_LEADER_NOT_AVAILABLE,
                        Errors.PREFERRED_LEADER_NOT_AVAILABLE.message());
    }

    private static Rejected notNeeded() {
        return new Rejected(
                Errors.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition.");
    }

    Decision reassign(ReassignPartition request) {
        Topic topic = state.topics().get(request.topic());
        if (topic == null) {
            return new Rejected(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION,
                    "Unable to find a topic named " + request.topic() + ".");
        }
        if (request.partition() < 0 || request.partition() >= topic.partitions().size()) {
            return unknown(request.topic(), request.partition());
        }
        Partition partition = topic.partitions().get(request.partition());
        PartitionDraft draft =
                new PartitionDraft(partition, new Elections(state, rules).terms(topic.name()));
        if (request.replicas().isEmpty()) {
            return cancelled(topic, partition, draft);
        }
        List<Integer> target = request.replicas().get();
        Rejected refused = refusedTarget(partition, target, request.replicationFactorMayChange());
        if (refused != null) {
            return refused;
        }
        if (!partition.isReassigning() && target.equals(partition.replicas())) {
            return NOTHING;
        }
        return changed(topic, partition, draft.target(target).build());
    }

    private static Decision cancelled(Topic topic, Partition partition, PartitionDraft draft) {
        if (!partition.isReassigning()) {
            return new Rejected(
                    Errors.NO_REASSIGNMENT_IN_PROGRESS,
                    Errors.NO_REASSIGNMENT_IN_PROGRESS.message());
        }
        Partition after = draft.cancelReassignment().build();
        return after.isr().isEmpty() && !partition.isr().isEmpty()
                ? new Rejected(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "Unable to cancel the reassignment of "
                                + topic.name()
                                + "-"
                                + partition.index()
                                + ": none of the replicas it had before is in sync, only "
                                + partition.isr()
                                + ".")
                : changed(topic, partition, after);
    }

    private @Nullable Rejected refusedTarget(
            Partition partition, List<Integer> target, boolean replicationFactorMayChange) {
        if (target.isEmpty()) {
            return new Rejected(
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "The manual partition assignment includes an empty replica list.");
        }
        Set<Integer> seen = new HashSet<>();
        for (int replica : target) {
            if (!state.brokers().containsKey(replica)) {
                return new Rejected(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "The manual partition assignment includes broker "
                                + replica
                                + ", but no such broker is registered.");
            }
            if (!seen.add(replica)) {
                return new Rejected(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "The manual partition assignment includes the broker "
                                + replica
                                + " more than once.");
            }
        }
        int present = partition.replicas().size() - partition.adding().size();
        return replicationFactorMayChange || target.size() == present
                ? null
                : new Rejected(
                        Errors.INVALID_REPLICATION_FACTOR,
                        "The replication factor is changed from "
                                + present
                                + " to "
                                + target.size());
    }

    private static Rejected unknown(String topic, int partition) {
        return new Rejected(
                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                "Unable to find partition " + topic + ":" + partition + ".");
    }
}
