package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.Decision.Rejected;
import dev.millrace.cluster.journal.MetadataRecord.ClusterFormatted;
import dev.millrace.cluster.journal.MetadataRecord.ConfigsChanged;
import dev.millrace.cluster.journal.MetadataRecord.FeaturesFinalized;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsAdded;
import dev.millrace.cluster.journal.MetadataRecord.ProducerIdsAllocated;
import dev.millrace.cluster.journal.MetadataRecord.TopicCreated;
import dev.millrace.cluster.journal.MetadataRecord.TopicDeleted;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the cluster's metadata: a pure function from a state and a request to a decision. No
 * clock, no disk, no chance.
 */
final class Decisions {
    static final int MAX_PARTITIONS_PER_REQUEST = 10_000;
    static final int MAX_PRODUCER_IDS_PER_REQUEST = 1_000_000;

    private Decisions() {}

    static Decision decide(MetadataState state, MetadataRequest request, ClusterRules rules) {
        ReplicaDecisions replicas = new ReplicaDecisions(state, rules);
        // By far the most frequent first.
        if (request instanceof BrokerHeartbeat r) {
            return replicas.heartbeat(r);
        }
        if (request instanceof AlterPartition r) {
            return replicas.alterPartition(r);
        }
        if (request instanceof CreateTopic r) {
            return createTopic(state, r);
        }
        if (request instanceof DeleteTopic r) {
            return state.topicsById().containsKey(r.id())
                    ? new Accepted(new TopicDeleted(r.id()))
                    : new Rejected(
                            Errors.UNKNOWN_TOPIC_ID, "There is no topic with id " + r.id() + ".");
        }
        if (request instanceof CreatePartitions r) {
            return createPartitions(state, r);
        }
        if (request instanceof AlterConfigs r) {
            return withoutStaleEligible(alterConfigs(state, r), state, r, rules);
        }
        if (request instanceof AllocateProducerIds r) {
            return allocateProducerIds(state, r);
        }
        if (request instanceof RegisterBroker r) {
            return replicas.register(r);
        }
        if (request instanceof FormatCluster r) {
            // Whoever leads first names the cluster; a second leader finds it named.
            return state.clusterId().isEmpty()
                    ? new Accepted(
                            List.of(
                                    new ClusterFormatted(r.clusterId()),
                                    new FeaturesFinalized(
                                            SupportedFeatures.highest(rules.features()), 0)),
                            0)
                    : new Accepted(List.of(), 0);
        }
        if (request instanceof JoinJournal r) {
            return replicas.join(r);
        }
        if (request instanceof UnregisterBroker r) {
            return replicas.unregister(r);
        }
        if (request instanceof FenceBroker r) {
            return replicas.fence(r);
        }
        if (request instanceof ReplicasOffline r) {
            return replicas.offline(r);
        }
        if (request instanceof ElectLeader r) {
            return replicas.elect(r);
        }
        if (request instanceof ReassignPartition r) {
            return replicas.reassign(r);
        }
        if (request instanceof SettlePartitions) {
            return replicas.settle();
        }
        if (request instanceof RebalanceLeaders) {
            return replicas.rebalance();
        }
        if (request instanceof UpdateFeatures r) {
            return SettingDecisions.updateFeatures(state, r, rules.features());
        }
        if (request instanceof AlterClientQuotas r) {
            return SettingDecisions.alterClientQuotas(state, r);
        }
        if (request instanceof AlterScramCredentials r) {
            return SettingDecisions.alterScramCredentials(state, r);
        }
        throw new AssertionError("No rule defined for " + request.getClass());
    }

    private static Decision createTopic(MetadataState state, CreateTopic request) {
        Optional<String> illegal = TopicNames.refusal(request.name());
        if (illegal.isPresent()) {
            return new Rejected(Errors.INVALID_TOPIC_EXCEPTION, illegal.get());
        }
        Topic existing = state.topics().get(request.name());
        if (existing != null) {
            // The same id is the same request, sent again because its answer was lost.
            return existing.id().equals(request.id())
                    ? new Accepted(List.of(), 0)
                    : new Rejected(
                            Errors.TOPIC_ALREADY_EXISTS,
                            "Topic '" + request.name() + "' already exists.");
        }
        String collision = collision(state, request.name());
        if (collision != null) {
            return new Rejected(
                    Errors.INVALID_TOPIC_EXCEPTION,
                    "Topic '"
                            + request.name()
                            + "' collides with existing topic '"
                            + collision
                            + "': '.' and '_' are the same in metric names.");
        }
        if (Uuid.RESERVED.contains(request.id()) || state.topicsById().containsKey(request.id())) {
            return new Rejected(
                    Errors.INVALID_REQUEST, "Topic id " + request.id() + " is reserved or taken.");
        }
        Placement placement = Placement.of(state);
        Placement.Result placed =
                request.assignment().isEmpty()
                        ? placement.place(
                                request.id(), 0, request.partitions(), request.replicationFactor())
                        : placement.checked(0, request.assignment());
        if (placed instanceof Placement.Refused refused) {
            return new Rejected(refused.error(), refused.message());
        }
        List<Partition> partitions = ((Placement.Placed) placed).partitions();
        return new Accepted(
                new TopicCreated(
                        request.name(), request.id(), partitions, Map.copyOf(request.configs())));
    }

    private static @Nullable String collision(MetadataState state, String name) {
        return TopicNames.canCollide(name)
                ? state.topicByCollisionName().get(TopicNames.collisionName(name))
                : null;
    }

    private static Decision createPartitions(MetadataState state, CreatePartitions request) {
        Topic topic = state.topics().get(request.topic());
        if (topic == null) {
            return unknownTopic(request.topic());
        }
        int current = topic.partitions().size();
        int additional = request.totalPartitions() - current;
        if (additional <= 0) {
            return new Rejected(
                    Errors.INVALID_PARTITIONS,
                    "Topic '"
                            + topic.name()
                            + "' has "
                            + current
                            + " partition(s); their number can only grow, requested were "
                            + request.totalPartitions()
                            + ".");
        }
        Placement placement = Placement.of(state);
        Placement.Result placed;
        if (request.assignment().isEmpty()) {
            int replicationFactor = topic.partitions().get(0).replicas().size();
            placed = placement.place(topic.id(), current, additional, replicationFactor);
        } else if (request.assignment().size() != additional) {
            return new Rejected(
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "Growing '"
                            + topic.name()
                            + "' from "
                            + current
                            + " to "
                            + request.totalPartitions()
                            + " partitions takes "
                            + additional
                            + " assignment(s), got "
                            + request.assignment().size()
                            + ".");
        } else {
            Map<Integer, List<Integer>> numbered = new LinkedHashMap<>();
            for (List<Integer> replicas : request.assignment()) {
                numbered.put(current + numbered.size(), replicas);
            }
            placed = placement.checked(current, numbered);
        }
        if (placed instanceof Placement.Refused refused) {
            return new Rejected(refused.error(), refused.message());
        }
        return new Accepted(
                new PartitionsAdded(topic.id(), ((Placement.Placed) placed).partitions()));
    }

    private static Decision alterConfigs(MetadataState state, AlterConfigs request) {
        ConfigResource resource = request.resource();
        switch (resource.type()) {
            case TOPIC:
                if (!state.topics().containsKey(resource.name())) {
                    return unknownTopic(resource.name());
                }
                break;
            case BROKER:
                if (!resource.isDefault() && !resource.name().matches("\\d{1,9}")) {
                    return new Rejected(
                            Errors.INVALID_REQUEST,
                            "A broker config resource is a node id, or empty for the default of"
                                    + " all brokers; got '"
                                    + resource.name()
                                    + "'.");
                }
                break;
            case GROUP:
            case CLIENT_METRICS:
                break;
            default:
                return new Rejected(
                        Errors.INVALID_REQUEST,
                        "Configs of type " + resource.type() + " are not kept by the cluster.");
        }
        Map<String, String> current = state.configs().getOrDefault(resource, Map.of());
        Map<String, Optional<String>> effective = new LinkedHashMap<>();
        request.changes()
                .forEach(
                        (key, value) -> {
                            if (!Optional.ofNullable(current.get(key)).equals(value)) {
                                effective.put(key, value);
                            }
                        });
        if (effective.isEmpty()) {
            return new Accepted(List.of(), 0);
        }
        for (Map.Entry<String, Optional<String>> each : request.expected().entrySet()) {
            if (!Optional.ofNullable(current.get(each.getKey())).equals(each.getValue())) {
                return new Rejected(
                        Errors.INVALID_UPDATE_VERSION,
                        "Config '"
                                + each.getKey()
                                + "' of "
                                + resource
                                + " was changed by somebody else meanwhile; nothing was changed by"
                                + " this request. Read it again and retry.");
            }
        }
        return new Accepted(new ConfigsChanged(resource, effective));
    }

    private static Decision withoutStaleEligible(
            Decision decision, MetadataState state, AlterConfigs request, ClusterRules rules) {
        boolean ofTopic = request.resource().type() == ConfigResource.Type.TOPIC;
        if (!(decision instanceof Accepted accepted)
                || accepted.records().isEmpty()
                || !request.changes().containsKey(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG)) {
            return decision;
        }
        List<MetadataRecord> records = new ArrayList<>(accepted.records());
        records.addAll(
                new Elections(state, rules)
                        .withoutEligible(ofTopic ? request.resource().name() : null));
        return new Accepted(List.copyOf(records), accepted.reply());
    }

    private static Decision allocateProducerIds(MetadataState state, AllocateProducerIds request) {
        if (request.size() < 1 || request.size() > MAX_PRODUCER_IDS_PER_REQUEST) {
            return new Rejected(
                    Errors.INVALID_REQUEST,
                    "A block of producer ids has 1 to "
                            + MAX_PRODUCER_IDS_PER_REQUEST
                            + " ids, requested were "
                            + request.size()
                            + ".");
        }
        long first = state.nextProducerId();
        if (first > Long.MAX_VALUE - request.size()) {
            return new Rejected(
                    Errors.UNKNOWN_SERVER_ERROR, "All 2^63 producer ids have been handed out.");
        }
        return new Accepted(List.of(new ProducerIdsAllocated(first + request.size())), first);
    }

    private static Rejected unknownTopic(String name) {
        return new Rejected(Errors.UNKNOWN_TOPIC_OR_PARTITION, "There is no topic '" + name + "'.");
    }
}
