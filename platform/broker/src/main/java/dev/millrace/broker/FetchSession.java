package dev.millrace.broker;

import dev.millrace.wire.RecordBytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.jspecify.annotations.Nullable;

/**
 * What a client fetches again and again (KIP-227), so that its requests name only the partitions
 * that have moved and its answers only those with news. Guarded by its {@link FetchSessionShard}.
 */
final class FetchSession {
    final int id;

    /** A follower's, which consumers do not displace. */
    final boolean privileged;

    final boolean topicIds;
    final long createdMs;
    long lastUsedMs;

    /** Number of the next request. */
    int epoch = 1;

    /** What the shard has counted for it. */
    int countedPartitions;

    /** Old enough, when it was last used, for one with more partitions to take its place. */
    boolean displaceable;

    /**
     * In the order in which they are read: who got records goes to the end, so that an answer that
     * has no room for all does not starve the same ones every time.
     */
    private final Map<Asked.Key, Asked> partitions = new LinkedHashMap<>();

    FetchSession(int id, boolean privileged, boolean topicIds, long nowMs) {
        this.id = id;
        this.privileged = privileged;
        this.topicIds = topicIds;
        this.createdMs = nowMs;
        this.lastUsedMs = nowMs;
    }

    /** Numbers 0 and -1 mean something else, so after the greatest comes 1. */
    void nextEpoch() {
        epoch = epoch == Integer.MAX_VALUE ? 1 : epoch + 1;
    }

    int size() {
        return partitions.size();
    }

    List<Asked> asked() {
        return new ArrayList<>(partitions.values());
    }

    /** Takes over what the request names, and lets go of what it forgets. */
    void update(FetchRequestData request) {
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition wanted : topic.partitions()) {
                put(topic.topic(), topic.topicId(), wanted);
            }
        }
        for (ForgottenTopic topic : request.forgottenTopicsData()) {
            for (int partition : topic.partitions()) {
                partitions.remove(key(topic.topic(), topic.topicId(), partition));
            }
        }
    }

    private Asked put(String topic, Uuid topicId, FetchPartition wanted) {
        Asked.Key key = key(topic, topicId, wanted.partition());
        Asked known = partitions.get(key);
        Asked.Told told =
                known == null || known.told() == null ? new Asked.Told(key) : known.told();
        Asked asked = new Asked(topic, topicId, wanted, told);
        partitions.put(key, asked);
        return asked;
    }

    private Asked.Key key(String topic, Uuid topicId, int partition) {
        return new Asked.Key(topicIds ? topicId : topic, partition);
    }

    /** The first answer of a session, with all that was asked for. */
    void begin(List<Asked> asked, @Nullable PartitionData[] answers) {
        for (int i = 0; i < asked.size(); i++) {
            Asked one = asked.get(i);
            Asked.Told told = put(one.topic(), one.topicId(), one.wanted()).told();
            PartitionData answer = answers[i];
            if (told != null && answer != null) {
                told.highWatermark = answer.highWatermark();
                told.logStartOffset = answer.logStartOffset();
            }
        }
    }

    /** Remembers what the client is told now. */
    void told(List<FetchableTopicResponse> topics) {
        for (FetchableTopicResponse topic : topics) {
            for (PartitionData answer : topic.partitions()) {
                Asked.Key key = key(topic.topic(), topic.topicId(), answer.partitionIndex());
                Asked asked = partitions.get(key);
                if (asked == null || asked.told() == null) {
                    continue;
                }
                // After an error the client is told again as soon as it has gone.
                asked.told().highWatermark = answer.errorCode() == 0 ? answer.highWatermark() : -1;
                asked.told().logStartOffset = answer.logStartOffset();
                if (answer.records() instanceof RecordBytes records && records.sizeInBytes() > 0) {
                    partitions.remove(key);
                    partitions.put(key, asked);
                }
            }
        }
    }
}
