package dev.millrace.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Turns {@link ReadFrom} into offsets. Blocking; for the reader's thread. */
final class Positions {
    private final Consumer<byte[], byte[]> consumer;
    private final ClientConfig config;
    private final Duration timeout;

    Positions(Consumer<byte[], byte[]> consumer, ClientConfig config) {
        this.consumer = consumer;
        this.config = config;
        this.timeout = Duration.ofMillis(config.connectTimeoutMs());
    }

    /**
     * The partitions that the options select.
     *
     * @throws ClientException.UnknownTopic if there is no such topic
     * @throws ClientException.Unreachable if no broker answers in time
     */
    List<TopicPartition> partitions(String topic, ReadOptions options) {
        List<PartitionInfo> infos;
        try {
            infos = consumer.partitionsFor(topic, timeout);
        } catch (UnknownTopicOrPartitionException e) {
            infos = List.of();
        } catch (TimeoutException e) {
            throw new ClientException.Unreachable(
                    config.bootstrapServers(), config.connectTimeoutMs(), e);
        }
        if (infos.isEmpty()) {
            throw new ClientException.UnknownTopic(topic, config.bootstrapServers());
        }
        TreeSet<Integer> there = new TreeSet<>();
        infos.forEach(info -> there.add(info.partition()));
        for (int wanted : options.partitions()) {
            if (!there.contains(wanted)) {
                throw new IllegalArgumentException(
                        "topic "
                                + topic
                                + " has partitions 0 to "
                                + there.last()
                                + ": there is no partition "
                                + wanted);
            }
        }
        List<TopicPartition> selected = new ArrayList<>();
        for (int partition : there) {
            if (options.partitions().isEmpty() || options.partitions().contains(partition)) {
                selected.add(new TopicPartition(topic, partition));
            }
        }
        return selected;
    }

    Map<TopicPartition, Long> beginnings(List<TopicPartition> partitions) {
        return consumer.beginningOffsets(partitions, timeout);
    }

    Map<TopicPartition, Long> ends(List<TopicPartition> partitions) {
        return consumer.endOffsets(partitions, timeout);
    }

    Map<TopicPartition, Long> of(ReadFrom from, List<TopicPartition> partitions) {
        if (from instanceof ReadFrom.Beginning) {
            return beginnings(partitions);
        }
        if (from instanceof ReadFrom.Latest) {
            return ends(partitions);
        }
        if (from instanceof ReadFrom.Offsets offsets) {
            Map<TopicPartition, Long> positions = new HashMap<>(beginnings(partitions));
            positions.replaceAll(
                    (p, first) -> offsets.byPartition().getOrDefault(p.partition(), first));
            return positions;
        }
        if (from instanceof ReadFrom.Timestamp timestamp) {
            Map<TopicPartition, Long> query = new HashMap<>();
            partitions.forEach(p -> query.put(p, timestamp.instant().toEpochMilli()));
            Map<TopicPartition, Long> positions = new HashMap<>(ends(partitions));
            Map<TopicPartition, OffsetAndTimestamp> found =
                    consumer.offsetsForTimes(query, timeout);
            found.forEach(
                    (partition, at) -> {
                        if (at != null) { // null: all records are older
                            positions.put(partition, at.offset());
                        }
                    });
            return positions;
        }
        throw new AssertionError("not a ReadFrom: " + from);
    }
}
