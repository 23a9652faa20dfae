package dev.millrace.sql.exec;

import dev.millrace.sql.RowOp;
import dev.millrace.sql.RowSink;
import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.row.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A SELECT run inside this process by one consumer without a group: no internal topics, nothing
 * left behind. Reads history up to the end offsets of its start; a bounded query ends there, a push
 * query gives the state so far and goes on with the changes of every poll.
 *
 * <p>{@link #run} belongs to one thread, {@link #cancel} to any. State is bounded by {@code
 * maxStateRows}.
 */
public final class LocalQuery implements SqlAnswer.AdHocQuery {
    private static final Logger LOG = LoggerFactory.getLogger(LocalQuery.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int MAX_POLL_RECORDS = 5_000;
    private static final long TOPIC_CHECK_NS = 500_000_000L;
    private static final AtomicLong NUMBER = new AtomicLong();

    private final String bootstrapServers;
    private final PlannedQuery query;
    private final boolean push;
    private final boolean fromLatest;
    private final long maxChanges;
    private final int maxStateRows;
    private long topicsCheckedNs; // query thread only
    private volatile boolean cancelled;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    /**
     * @param push whether it goes on with changes
     * @param fromLatest whether streams start at their end instead of their beginning
     * @param maxChanges end after so many rows of answer; -1 for no such end
     */
    public LocalQuery(
            String bootstrapServers,
            PlannedQuery query,
            boolean push,
            boolean fromLatest,
            long maxChanges,
            int maxStateRows) {
        this.bootstrapServers = bootstrapServers;
        this.query = query;
        this.push = push;
        this.fromLatest = fromLatest;
        this.maxChanges = maxChanges;
        this.maxStateRows = maxStateRows;
    }

    @Override
    public void cancel() {
        cancelled = true;
        KafkaConsumer<byte[], byte[]> reading = consumer;
        if (reading != null) {
            reading.wakeup();
        }
    }

    @Override
    public long run(RowSink sink) {
        Delivery delivery = new Delivery(sink, maxChanges);
        LocalPlan plan = LocalPlan.wire(query.root(), delivery, maxStateRows, push);
        try {
            plan.start();
            if (plan.scans().isEmpty()) {
                plan.flush(true);
            } else {
                read(plan);
            }
        } catch (Changes.Enough e) {
            LOG.debug("the receiver has enough after {} rows", delivery.rows());
        } catch (WakeupException e) {
            LOG.debug("cancelled after {} rows", delivery.rows());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (KafkaException e) {
            throw new SqlException(
                    SqlException.Kind.FAILED, "reading failed: " + e.getMessage(), e);
        } finally {
            consumer = null;
        }
        return delivery.rows();
    }

    private void read(LocalPlan plan) throws InterruptedException {
        Map<String, List<LocalScan>> scansByTopic = new HashMap<>();
        Set<String> topics = new TreeSet<>();
        for (LocalScan scan : plan.scans()) {
            scansByTopic.computeIfAbsent(scan.topic(), t -> new ArrayList<>()).add(scan);
            topics.add(scan.topic());
        }
        try (KafkaConsumer<byte[], byte[]> reading =
                new KafkaConsumer<>(
                        config(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer = reading;
            if (cancelled) {
                return;
            }
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : topics) {
                requireTopic(reading, topic)
                        .forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
            }
            topicsCheckedNs = System.nanoTime();
            reading.assign(partitions);
            Map<TopicPartition, Long> ends = reading.endOffsets(partitions);
            List<TopicPartition> late = new ArrayList<>();
            for (TopicPartition partition : partitions) {
                boolean streamsOnly =
                        scansByTopic.getOrDefault(partition.topic(), List.of()).stream()
                                .noneMatch(LocalScan::table);
                if (push && fromLatest && streamsOnly) {
                    late.add(partition);
                    reading.seek(partition, ends.getOrDefault(partition, 0L));
                }
            }
            List<TopicPartition> early = new ArrayList<>(partitions);
            early.removeAll(late);
            if (!early.isEmpty()) {
                reading.seekToBeginning(early);
            }
            readHistory(reading, scansByTopic, ends);
            plan.flush(!push);
            while (push && !cancelled) {
                deliver(poll(reading, topics), scansByTopic, Map.of());
                plan.flush(false);
            }
        } finally {
            for (LocalScan scan : plan.scans()) {
                if (scan.skipped() > 0) {
                    LOG.warn(
                            "{} records of topic {} were left out: not what its columns say",
                            scan.skipped(),
                            scan.topic());
                }
            }
        }
    }

    private void readHistory(
            KafkaConsumer<byte[], byte[]> reading,
            Map<String, List<LocalScan>> scansByTopic,
            Map<TopicPartition, Long> ends)
            throws InterruptedException {
        while (!cancelled) {
            boolean behind = false;
            for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
                boolean done = reading.position(end.getKey()) >= end.getValue();
                behind |= !done;
                if (done && !push && !reading.paused().contains(end.getKey())) {
                    reading.pause(List.of(end.getKey()));
                }
            }
            if (!behind) {
                return;
            }
            deliver(poll(reading, scansByTopic.keySet()), scansByTopic, push ? Map.of() : ends);
        }
    }

    /** The next records; an error if the topics are gone, for which the consumer would wait. */
    private ConsumerRecords<byte[], byte[]> poll(
            KafkaConsumer<byte[], byte[]> reading, Set<String> topics) {
        ConsumerRecords<byte[], byte[]> records = reading.poll(POLL);
        long nowNs = System.nanoTime();
        if (!records.isEmpty()) {
            topicsCheckedNs = nowNs;
        } else if (nowNs - topicsCheckedNs >= TOPIC_CHECK_NS) {
            topicsCheckedNs = nowNs;
            for (String topic : topics) {
                requireTopic(reading, topic);
            }
        }
        return records;
    }

    private static List<PartitionInfo> requireTopic(
            KafkaConsumer<byte[], byte[]> reading, String topic) {
        // From the consumer's metadata, which forgets a deleted topic when a fetch fails.
        List<PartitionInfo> partitions = reading.partitionsFor(topic);
        if (partitions == null || partitions.isEmpty()) {
            throw SqlException.notFound(
                    "topic " + topic + " was deleted while the query was reading it");
        }
        return partitions;
    }

    private void deliver(
            ConsumerRecords<byte[], byte[]> records,
            Map<String, List<LocalScan>> scansByTopic,
            Map<TopicPartition, Long> ends)
            throws InterruptedException {
        for (TopicPartition partition : records.partitions()) {
            long end = ends.getOrDefault(partition, Long.MAX_VALUE);
            List<LocalScan> scans = scansByTopic.getOrDefault(partition.topic(), List.of());
            for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
                if (record.offset() >= end) {
                    break;
                }
                if (cancelled) {
                    return;
                }
                for (LocalScan scan : scans) {
                    scan.record(record);
                }
            }
        }
    }

    private Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        config.put(
                ConsumerConfig.CLIENT_ID_CONFIG, "millrace-sql-query-" + NUMBER.incrementAndGet());
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
        return config;
    }

    /** The end of the operators: changes become rows of the answer. */
    private static final class Delivery implements Changes {
        private final RowSink sink;
        private final long maxRows;
        private long rows;

        Delivery(RowSink sink, long maxRows) {
            this.sink = sink;
            this.maxRows = maxRows;
        }

        long rows() {
            return rows;
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) throws InterruptedException {
            if (before != null) {
                send(after == null ? RowOp.DELETE : RowOp.UPDATE_BEFORE, before);
            }
            if (after != null) {
                send(before == null ? RowOp.INSERT : RowOp.UPDATE_AFTER, after);
            }
        }

        private void send(RowOp op, Row row) throws InterruptedException {
            if (maxRows == 0 || !sink.row(op, row.values())) {
                sink.flush();
                throw new Enough();
            }
            rows++;
            if (maxRows >= 0 && rows >= maxRows) {
                sink.flush();
                throw new Enough();
            }
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            sink.flush();
        }
    }
}
