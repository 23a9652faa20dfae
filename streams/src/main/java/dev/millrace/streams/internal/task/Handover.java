package dev.millrace.streams.internal.task;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one thread that take the records of an internal topic from other tasks of the same
 * thread, without the topic. Closed, all goes through the topic. Used by the thread only.
 */
public final class Handover {
    private final String topic;
    private @Nullable Inlet[] inlets = {};
    private long records;

    public Handover(String topic) {
        this.topic = topic;
    }

    /**
     * @param partitions of the topic
     * @param takers by partition; records of the others go through the topic
     */
    public void open(int partitions, Map<Integer, Task> takers) {
        @Nullable Inlet[] opened = new Inlet[partitions];
        takers.forEach(
                (partition, task) ->
                        opened[partition] = task.inlet(new TopicPartition(topic, partition)));
        inlets = opened;
    }

    public void close() {
        inlets = new Inlet[0];
    }

    public boolean isOpen() {
        return inlets.length > 0;
    }

    /** Records handed over since the beginning. */
    public long records() {
        return records;
    }

    String topic() {
        return topic;
    }

    int partitions() {
        return inlets.length;
    }

    /** Null: the partition's task is elsewhere. */
    @Nullable Inlet inlet(int partition) {
        return inlets[partition];
    }

    void count() {
        records++;
    }
}
