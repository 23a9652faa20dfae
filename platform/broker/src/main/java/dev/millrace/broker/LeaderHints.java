package dev.millrace.broker;

import dev.millrace.cluster.MetadataImage;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Tells clients whom to ask instead, together with the refusal (KIP-951), which spares them a
 * Metadata request. Any thread.
 */
final class LeaderHints {
    private final Supplier<MetadataImage> image;

    LeaderHints(Supplier<MetadataImage> image) {
        this.image = image;
    }

    private record Leader(int id, int epoch, MetadataImage.@Nullable BrokerRegistration broker) {}

    private @Nullable Leader find(String topic, Uuid topicId, int partition) {
        MetadataImage now = image.get();
        MetadataImage.Topic known =
                (topic.isEmpty() ? now.topic(topicId) : now.topic(topic)).orElse(null);
        if (known == null || partition < 0 || partition >= known.partitions().size()) {
            return null;
        }
        MetadataImage.Partition state = known.partitions().get(partition);
        return new Leader(state.leader(), state.leaderEpoch(), now.brokers().get(state.leader()));
    }

    /** Who leads the partitions whose answers say that the request came the wrong way. */
    void addTo(List<Asked> asked, FetchResponseData.@Nullable PartitionData[] answers) {
        for (int i = 0; i < asked.size(); i++) {
            FetchResponseData.PartitionData answer = answers[i];
            if (answer == null
                    || (answer.errorCode() != Errors.NOT_LEADER_OR_FOLLOWER.code()
                            && answer.errorCode() != Errors.FENCED_LEADER_EPOCH.code())) {
                continue;
            }
            Asked one = asked.get(i);
            Leader leader = find(one.topic(), one.topicId(), one.partition());
            if (leader != null) {
                answer.currentLeader().setLeaderId(leader.id).setLeaderEpoch(leader.epoch);
            }
        }
    }

    /** Where the leaders that the answer's partitions name can be reached. */
    void addEndpoints(FetchResponseData response) {
        response.responses()
                .forEach(
                        topic ->
                                topic.partitions()
                                        .forEach(
                                                partition ->
                                                        addEndpoint(
                                                                response,
                                                                partition
                                                                        .currentLeader()
                                                                        .leaderId())));
    }

    private void addEndpoint(FetchResponseData response, int leaderId) {
        MetadataImage.BrokerRegistration broker = image.get().brokers().get(leaderId);
        if (broker != null && response.nodeEndpoints().find(leaderId) == null) {
            response.nodeEndpoints()
                    .add(
                            new FetchResponseData.NodeEndpoint()
                                    .setNodeId(leaderId)
                                    .setHost(broker.host())
                                    .setPort(broker.port())
                                    .setRack(broker.rack().isEmpty() ? null : broker.rack()));
        }
    }

    /** The same for Produce, whose only such refusal is NOT_LEADER_OR_FOLLOWER. */
    void addTo(ProduceResponseData response) {
        for (ProduceResponseData.TopicProduceResponse topic : response.responses()) {
            for (ProduceResponseData.PartitionProduceResponse answer : topic.partitionResponses()) {
                if (answer.errorCode() == Errors.NOT_LEADER_OR_FOLLOWER.code()) {
                    addTo(response, answer, find(topic.name(), topic.topicId(), answer.index()));
                }
            }
        }
    }

    private static void addTo(
            ProduceResponseData response,
            ProduceResponseData.PartitionProduceResponse answer,
            @Nullable Leader leader) {
        if (leader == null) {
            return;
        }
        answer.currentLeader().setLeaderId(leader.id).setLeaderEpoch(leader.epoch);
        MetadataImage.BrokerRegistration broker = leader.broker;
        if (broker != null && response.nodeEndpoints().find(leader.id) == null) {
            response.nodeEndpoints()
                    .add(
                            new ProduceResponseData.NodeEndpoint()
                                    .setNodeId(leader.id)
                                    .setHost(broker.host())
                                    .setPort(broker.port())
                                    .setRack(broker.rack().isEmpty() ? null : broker.rack()));
        }
    }
}
