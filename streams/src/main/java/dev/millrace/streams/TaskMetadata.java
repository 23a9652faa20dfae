package dev.millrace.streams;

import dev.millrace.streams.processor.TaskId;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A task at one moment. */
public interface TaskMetadata {
    TaskId taskId();

    /** Its sources. */
    Set<TopicPartition> topicPartitions();

    /**
     * First offsets that are not committed, of sources that have been committed since the start.
     */
    Map<TopicPartition, Long> committedOffsets();

    /** Ends of the sources as the consumer knows them. */
    Map<TopicPartition, Long> endOffsets();

    /** Milliseconds since the epoch, while it waits for a source that is empty. */
    Optional<Long> timeCurrentIdlingStarted();

    /** By what they say. */
    @Override
    boolean equals(@Nullable Object other);

    @Override
    int hashCode();
}
