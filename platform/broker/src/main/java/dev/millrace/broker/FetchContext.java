package dev.millrace.broker;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.jspecify.annotations.Nullable;

/**
 * What one Fetch asks for, after its session has been looked up, and how its answer is made of what
 * was read.
 */
sealed interface FetchContext {
    /** In the order in which they are to be read. */
    List<Asked> asked();

    /**
     * @param read one for each of {@link #asked}; null where there is nothing to tell
     */
    FetchResponseData answer(@Nullable PartitionData[] read);

    /** Length of the body that {@link #answer} would have, without answering. */
    default int sizeBytes(@Nullable PartitionData[] read, short version) {
        return new FetchResponseData()
                .setResponses(byTopic(asked(), read))
                .size(new ObjectSerializationCache(), version);
    }

    /** An answer without records, to a client that is over its quota. */
    FetchResponseData withoutRecords();

    /** Outside of any session. */
    record Whole(List<Asked> asked) implements FetchContext {
        @Override
        public FetchResponseData answer(@Nullable PartitionData[] read) {
            return new FetchResponseData().setResponses(byTopic(asked, read));
        }

        @Override
        public FetchResponseData withoutRecords() {
            return new FetchResponseData();
        }
    }

    /** The first of a session: the session begins with the answer. */
    record Opening(FetchSessions sessions, Whole whole, boolean topicIds, boolean follower)
            implements FetchContext {
        @Override
        public List<Asked> asked() {
            return whole.asked;
        }

        @Override
        public FetchResponseData answer(@Nullable PartitionData[] read) {
            FetchResponseData response = whole.answer(read);
            return response.setSessionId(sessions.create(follower, topicIds, whole.asked, read));
        }

        @Override
        public FetchResponseData withoutRecords() {
            return whole.withoutRecords();
        }
    }

    /**
     * A later one of a session.
     *
     * @param epoch of the session if no other request comes before this one is answered
     */
    record Incremental(FetchSessionShard shard, FetchSession session, int epoch, List<Asked> asked)
            implements FetchContext {
        @Override
        public FetchResponseData answer(@Nullable PartitionData[] read) {
            return shard.answer(session, epoch, byTopic(asked, read));
        }

        @Override
        public FetchResponseData withoutRecords() {
            return shard.withoutNews(session, epoch);
        }
    }

    /** All that the request names. */
    static Whole whole(FetchRequestData request) {
        int count = 0;
        for (FetchTopic topic : request.topics()) {
            count += topic.partitions().size();
        }
        List<Asked> asked = new ArrayList<>(count);
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition wanted : topic.partitions()) {
                asked.add(new Asked(topic.topic(), topic.topicId(), wanted, null));
            }
        }
        return new Whole(asked);
    }

    /** Neighbours of one topic share its entry. */
    private static List<FetchableTopicResponse> byTopic(
            List<Asked> asked, @Nullable PartitionData[] read) {
        List<FetchableTopicResponse> topics = new ArrayList<>();
        FetchableTopicResponse last = null;
        for (int i = 0; i < read.length; i++) {
            PartitionData answer = read[i];
            if (answer == null) {
                continue;
            }
            String topic = asked.get(i).topic();
            Uuid topicId = asked.get(i).topicId();
            if (last == null || !last.topicId().equals(topicId) || !last.topic().equals(topic)) {
                last = new FetchableTopicResponse().setTopic(topic).setTopicId(topicId);
                topics.add(last);
            }
            last.partitions().add(answer);
        }
        return topics;
    }
}
