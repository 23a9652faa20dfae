package dev.millrace.streams.processor.assignment;

import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** A partition that a task works with. */
public interface TaskTopicPartition {
    TopicPartition topicPartition();

    /** Whether the task reads its input from it. */
    boolean isSource();

    /** Whether a store of the task is restored from it. */
    boolean isChangelog();

    /** Of its replicas; empty when the brokers have no racks, or the topic is not there yet. */
    Optional<Set<String>> rackIds();
}
