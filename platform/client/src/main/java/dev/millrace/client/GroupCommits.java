package dev.millrace.client;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits the offsets after the records that are done: every five seconds, when partitions are
 * given up, and at the end. Owned by the reader's thread.
 */
final class GroupCommits {
    private static final Logger log = LoggerFactory.getLogger(GroupCommits.class);
    private static final long INTERVAL_NS = 5_000_000_000L;

    private final Consumer<?, ?> consumer;
    private final Map<TopicPartition, OffsetAndMetadata> uncommitted = new HashMap<>();
    private long lastNs = System.nanoTime();

    GroupCommits(Consumer<?, ?> consumer) {
        this.consumer = consumer;
    }

    void done(ConsumerRecord<?, ?> record) {
        uncommitted.put(
                new TopicPartition(record.topic(), record.partition()),
                new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), ""));
    }

    void forget(Collection<TopicPartition> partitions) {
        uncommitted.keySet().removeAll(partitions);
    }

    void commitIfDue() {
        long nowNs = System.nanoTime();
        if (nowNs - lastNs < INTERVAL_NS) {
            return;
        }
        lastNs = nowNs;
        if (!uncommitted.isEmpty()) {
            consumer.commitAsync(Map.copyOf(uncommitted), (offsets, e) -> warn(e));
            uncommitted.clear();
        }
    }

    void commitNow() {
        if (uncommitted.isEmpty()) {
            return;
        }
        try {
            commitSync();
        } catch (WakeupException woken) { // it was meant for a poll
            commitSync();
        } catch (KafkaException e) {
            warn(e);
        }
        uncommitted.clear();
    }

    private void commitSync() {
        consumer.commitSync(Map.copyOf(uncommitted), Duration.ofSeconds(5));
    }

    /**
     * Not an error of the stream: what is not committed is read again, which a group must expect.
     */
    private static void warn(@Nullable Exception e) {
        if (e != null) {
            log.warn("offsets not committed, records may be read again: {}", e.toString());
        }
    }
}
