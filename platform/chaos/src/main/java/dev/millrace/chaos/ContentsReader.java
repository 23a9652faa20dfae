package dev.millrace.chaos;

import dev.millrace.chaos.check.Contents;
import dev.millrace.chaos.check.Entry;
import dev.millrace.chaos.check.Isolation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads all partitions from the beginning to the end, at both isolation levels. */
final class ContentsReader {
    private final String bootstrap;
    private final List<TopicPartition> partitions;
    private final Duration within;

    /**
     * @param within how long reading may take, and how long open transactions are waited for
     */
    ContentsReader(String bootstrap, List<TopicPartition> partitions, Duration within) {
        this.bootstrap = bootstrap;
        this.partitions = partitions;
        this.within = within;
    }

    Contents read() throws InterruptedException {
        try (KafkaConsumer<String, String> all = consumer(Isolation.READ_UNCOMMITTED);
                KafkaConsumer<String, String> committed = consumer(Isolation.READ_COMMITTED)) {
            Map<TopicPartition, Long> ends = all.endOffsets(partitions);
            Map<TopicPartition, Long> stable = awaitStable(committed, ends);
            Map<TopicPartition, List<Entry>> everything = readTo(all, ends);
            Map<TopicPartition, List<Entry>> decided = readTo(committed, stable);
            Map<TopicPartition, Contents.OfPartition> contents = new HashMap<>();
            for (TopicPartition partition : partitions) {
                contents.put(
                        partition,
                        new Contents.OfPartition(
                                everything.getOrDefault(partition, List.of()),
                                decided.getOrDefault(partition, List.of()),
                                ends.getOrDefault(partition, 0L),
                                stable.getOrDefault(partition, 0L)));
            }
            return new Contents(contents);
        }
    }

    /** What producers left open, their coordinators abort after the transaction's timeout. */
    private Map<TopicPartition, Long> awaitStable(
            KafkaConsumer<String, String> committed, Map<TopicPartition, Long> ends)
            throws InterruptedException {
        long deadlineNs = System.nanoTime() + within.toNanos();
        Map<TopicPartition, Long> stable = committed.endOffsets(partitions);
        while (!reaches(stable, ends) && System.nanoTime() < deadlineNs) {
            Thread.sleep(500);
            stable = committed.endOffsets(partitions);
        }
        // Markers that came meanwhile are past the end that was asked for first.
        Map<TopicPartition, Long> upToEnd = new HashMap<>();
        stable.forEach(
                (partition, offset) ->
                        upToEnd.put(
                                partition, Math.min(offset, ends.getOrDefault(partition, offset))));
        return upToEnd;
    }

    private static boolean reaches(
            Map<TopicPartition, Long> offsets, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(end -> offsets.getOrDefault(end.getKey(), -1L) >= end.getValue());
    }

    private Map<TopicPartition, List<Entry>> readTo(
            KafkaConsumer<String, String> consumer, Map<TopicPartition, Long> ends) {
        consumer.assign(partitions);
        partitions.forEach(partition -> consumer.seek(partition, 0));
        Map<TopicPartition, List<Entry>> entries = new HashMap<>();
        long deadlineNs = System.nanoTime() + within.toNanos();
        while (true) {
            Set<TopicPartition> behind =
                    partitions.stream()
                            .filter(p -> consumer.position(p) < ends.getOrDefault(p, 0L))
                            .collect(Collectors.toSet());
            if (behind.isEmpty()) {
                return entries;
            }
            if (System.nanoTime() > deadlineNs) {
                throw new IllegalStateException(
                        "reading everything took more than "
                                + within.toSeconds()
                                + " s; not at the end of "
                                + behind);
            }
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < ends.getOrDefault(partition, 0L)) {
                    entries.computeIfAbsent(partition, p -> new ArrayList<>())
                            .add(new Entry(record.offset(), record.value()));
                }
            }
        }
    }

    private KafkaConsumer<String, String> consumer(Isolation isolation) {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        isolation.name().toLowerCase(Locale.ROOT)),
                new StringDeserializer(),
                new StringDeserializer());
    }
}
