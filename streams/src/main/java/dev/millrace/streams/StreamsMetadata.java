package dev.millrace.streams;

import dev.millrace.streams.state.HostInfo;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What an instance of the application works on. */
public interface StreamsMetadata {
    HostInfo hostInfo();

    Set<String> stateStoreNames();

    /** Sources of its tasks. */
    Set<TopicPartition> topicPartitions();

    /** Sources of the tasks whose state it copies. */
    Set<TopicPartition> standbyTopicPartitions();

    Set<String> standbyStateStoreNames();

    default String host() {
        return hostInfo().host();
    }

    default int port() {
        return hostInfo().port();
    }

    /** By what they say. */
    @Override
    boolean equals(@Nullable Object other);

    @Override
    int hashCode();
}
