package dev.millrace.console;

import dev.millrace.console.RecordsQuery.Start;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads one page of a topic's records. Blocks: worker threads only. */
final class RecordReader {
    /** A page ends after this time with what was found, and says so. */
    private static final Duration PAGE_DEADLINE = Duration.ofSeconds(4);

    /** Records read for one page that shows the newest over all partitions. */
    private static final int MAX_BACKWARD_RECORDS = 20_000;

    private final KafkaClients clients;

    RecordReader(KafkaClients clients) {
        this.clients = clients;
    }

    /**
     * {@code {"records":[...],"next":"0:120","previous":"0:20","end":"0:120","complete":true}},
     * oldest record first. {@code complete} is false when the deadline cut the page short.
     */
    JsonObject page(String topic, RecordsQuery query) {
        try (TopicConsumer consumer =
                TopicConsumer.open(clients, "millrace-console-page", topic, query.partitions())) {
            boolean backward =
                    query.start() instanceof Start.Latest || query.start() instanceof Start.Before;
            Page page =
                    backward
                            ? backward(consumer, query.start(), query.limit())
                            : forward(consumer, query.start(), query.limit());
            JsonArray records = new JsonArray();
            page.records.forEach(found -> records.add(RecordJson.of(found, query.maxBytes())));
            Map<Integer, Long> ends = new TreeMap<>();
            consumer.ends().forEach((tp, end) -> ends.put(tp.partition(), end));
            return new JsonObject()
                    .put("topic", topic)
                    .put("records", records)
                    .put("previous", Positions.format(page.first))
                    .put("next", Positions.format(page.next))
                    .put("end", Positions.format(ends))
                    .put("complete", page.complete);
        }
    }

    /**
     * @param first per partition the offset at which the page begins
     * @param next per partition the offset after the page
     */
    private record Page(
            List<ConsumerRecord<byte[], byte[]>> records,
            Map<Integer, Long> first,
            Map<Integer, Long> next,
            boolean complete) {}

    private static Page forward(TopicConsumer consumer, Start start, int limit) {
        Map<TopicPartition, Long> from = consumer.startOffsets(start);
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> read = new HashMap<>();
        boolean complete = read(consumer, from, consumer.ends(), limit, read);
        List<ConsumerRecord<byte[], byte[]>> merged = RecordOrder.byTime(read.values());
        List<ConsumerRecord<byte[], byte[]>> shown =
                List.copyOf(merged.subList(0, Math.min(limit, merged.size())));

        Map<Integer, Long> first = byPartition(from);
        Map<Integer, Long> next = new TreeMap<>();
        for (TopicPartition tp : consumer.partitions()) {
            // All of this partition was shown: go on behind it, past gaps; else behind the last.
            long kept = shown.stream().filter(r -> r.partition() == tp.partition()).count();
            boolean all = kept == read.getOrDefault(tp, List.of()).size();
            next.put(
                    tp.partition(),
                    all ? consumer.position(tp) : Objects.requireNonNull(from.get(tp)));
        }
        if (shown.size() < merged.size()) {
            for (ConsumerRecord<byte[], byte[]> record : shown) {
                next.merge(record.partition(), record.offset() + 1, Math::max);
            }
        }
        return new Page(shown, first, next, complete);
    }

    /** The newest records before an offset of each partition. */
    private static Page backward(TopicConsumer consumer, Start start, int limit) {
        Map<TopicPartition, Long> until = consumer.startOffsets(start);
        int perPartition =
                Math.max(1, Math.min(limit, MAX_BACKWARD_RECORDS / consumer.partitions().size()));
        Map<TopicPartition, Long> from = new HashMap<>();
        until.forEach(
                (tp, end) -> from.put(tp, Math.max(consumer.beginning(tp), end - perPartition)));
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> read = new HashMap<>();
        boolean complete = read(consumer, from, until, Integer.MAX_VALUE, read);
        List<ConsumerRecord<byte[], byte[]>> merged = RecordOrder.byTime(read.values());
        List<ConsumerRecord<byte[], byte[]>> shown =
                List.copyOf(merged.subList(Math.max(0, merged.size() - limit), merged.size()));

        Map<Integer, Long> first = new TreeMap<>();
        for (TopicPartition tp : consumer.partitions()) {
            boolean nothingFound = read.getOrDefault(tp, List.of()).isEmpty();
            first.put(
                    tp.partition(),
                    Objects.requireNonNull(nothingFound ? from.get(tp) : until.get(tp)));
        }
        for (ConsumerRecord<byte[], byte[]> record : shown) {
            first.merge(record.partition(), record.offset(), Math::min);
        }
        return new Page(shown, first, byPartition(until), complete);
    }

    /**
     * Reads from {@code from} up to {@code until}, and stops early with {@code enough} records.
     *
     * @return whether the end or enough was reached before the deadline
     */
    private static boolean read(
            TopicConsumer consumer,
            Map<TopicPartition, Long> from,
            Map<TopicPartition, Long> until,
            int enough,
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> into) {
        consumer.seek(from);
        long deadlineNs = System.nanoTime() + PAGE_DEADLINE.toNanos();
        int found = 0;
        while (found < enough && !consumer.reached(until)) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(250))) {
                TopicPartition tp = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < Objects.requireNonNull(until.get(tp))) {
                    into.computeIfAbsent(tp, any -> new ArrayList<>()).add(record);
                    found++;
                }
            }
        }
        return true;
    }

    private static Map<Integer, Long> byPartition(Map<TopicPartition, Long> offsets) {
        Map<Integer, Long> byPartition = new TreeMap<>();
        offsets.forEach((tp, offset) -> byPartition.put(tp.partition(), offset));
        return byPartition;
    }
}
