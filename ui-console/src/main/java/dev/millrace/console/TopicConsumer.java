package dev.millrace.console;

import dev.millrace.console.RecordsQuery.Start;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * One consumer on some partitions of one topic. Owned by one thread, except {@link #wakeup()}.
 *
 * <p>Beginning and end are what they were when it was opened.
 */
final class TopicConsumer implements AutoCloseable {
    private final Consumer<byte[], byte[]> consumer;
    private final String topic;
    private final List<TopicPartition> partitions;
    private final Map<TopicPartition, Long> beginnings;
    private final Map<TopicPartition, Long> ends;

    private TopicConsumer(
            Consumer<byte[], byte[]> consumer, String topic, List<TopicPartition> partitions) {
        this.consumer = consumer;
        this.topic = topic;
        this.partitions = partitions;
        consumer.assign(partitions);
        this.beginnings = consumer.beginningOffsets(partitions);
        this.ends = consumer.endOffsets(partitions);
    }

    /**
     * @param wanted empty = all partitions
     */
    static TopicConsumer open(
            KafkaClients clients, String clientId, String topic, Set<Integer> wanted) {
        Consumer<byte[], byte[]> consumer = clients.consumer(clientId);
        try {
            List<PartitionInfo> infos = consumer.partitionsFor(topic);
            if (infos == null || infos.isEmpty()) {
                throw ApiException.noSuchTopic(topic);
            }
            for (int partition : wanted) {
                if (infos.stream().noneMatch(info -> info.partition() == partition)) {
                    throw ApiException.badRequest(
                            "topic '"
                                    + topic
                                    + "' has no partition "
                                    + partition
                                    + "; it has 0 to "
                                    + (infos.size() - 1));
                }
            }
            List<TopicPartition> partitions =
                    infos.stream()
                            .map(PartitionInfo::partition)
                            .filter(partition -> wanted.isEmpty() || wanted.contains(partition))
                            .sorted()
                            .map(partition -> new TopicPartition(topic, partition))
                            .toList();
            return new TopicConsumer(consumer, topic, partitions);
        } catch (RuntimeException failure) {
            consumer.close();
            throw failure;
        }
    }

    /** Where each partition is read from, kept inside what the log still holds. */
    Map<TopicPartition, Long> startOffsets(Start start) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        Map<TopicPartition, OffsetAndTimestamp> byTime = Map.of();
        if (start instanceof Start.AtTimestamp at) {
            Map<TopicPartition, Long> times = new HashMap<>();
            partitions.forEach(tp -> times.put(tp, at.timestampMs()));
            byTime = consumer.offsetsForTimes(times);
        }
        for (TopicPartition tp : partitions) {
            long beginning = beginning(tp);
            long end = end(tp);
            long offset;
            if (start instanceof Start.Beginning) {
                offset = beginning;
            } else if (start instanceof Start.Latest) {
                offset = end;
            } else if (start instanceof Start.AtOffset at) {
                offset = at.offset();
            } else if (start instanceof Start.AtTimestamp) {
                OffsetAndTimestamp found = byTime.get(tp);
                offset = found == null ? end : found.offset();
            } else if (start instanceof Start.From from) {
                offset = from.offsets().getOrDefault(tp.partition(), beginning);
            } else if (start instanceof Start.Before before) {
                offset = before.offsets().getOrDefault(tp.partition(), end);
            } else {
                throw new IllegalStateException("unknown start " + start);
            }
            offsets.put(tp, Math.max(beginning, Math.min(end, offset)));
        }
        return offsets;
    }

    void seek(Map<TopicPartition, Long> offsets) {
        offsets.forEach(consumer::seek);
    }

    ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        return consumer.poll(timeout);
    }

    /** Whether everything below these offsets was read; counts gaps and markers as read. */
    boolean reached(Map<TopicPartition, Long> offsets) {
        return offsets.entrySet().stream()
                .allMatch(entry -> consumer.position(entry.getKey()) >= entry.getValue());
    }

    long position(TopicPartition tp) {
        return consumer.position(tp);
    }

    /** Offset of the next record to read, by partition. */
    Map<Integer, Long> positions() {
        Map<Integer, Long> positions = new TreeMap<>();
        partitions.forEach(tp -> positions.put(tp.partition(), consumer.position(tp)));
        return positions;
    }

    List<TopicPartition> partitions() {
        return partitions;
    }

    String topic() {
        return topic;
    }

    long beginning(TopicPartition tp) {
        return beginnings.getOrDefault(tp, 0L);
    }

    long end(TopicPartition tp) {
        return ends.getOrDefault(tp, 0L);
    }

    Map<TopicPartition, Long> ends() {
        return ends;
    }

    /** Makes a running poll throw; may be called by any thread. */
    void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
    }
}
