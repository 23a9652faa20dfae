package dev.millrace.console;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/** Records of several partitions in one order that a person understands. */
final class RecordOrder {
    private RecordOrder() {}

    static List<ConsumerRecord<byte[], byte[]>> byTime(ConsumerRecords<byte[], byte[]> polled) {
        return byTime(polled.partitions().stream().map(polled::records).toList());
    }

    /**
     * All records by time, each partition in the order of its log: within a partition a timestamp
     * counts as at least the one before it.
     */
    static List<ConsumerRecord<byte[], byte[]>> byTime(
            Collection<List<ConsumerRecord<byte[], byte[]>>> partitions) {
        record Timed(long timestampMs, ConsumerRecord<byte[], byte[]> record) {}
        List<Timed> all = new ArrayList<>();
        for (List<ConsumerRecord<byte[], byte[]>> records : partitions) {
            long newestMs = Long.MIN_VALUE;
            for (ConsumerRecord<byte[], byte[]> record : records) {
                newestMs = Math.max(newestMs, record.timestamp());
                all.add(new Timed(newestMs, record));
            }
        }
        all.sort(
                Comparator.comparingLong(Timed::timestampMs)
                        .thenComparingInt(timed -> timed.record().partition())
                        .thenComparingLong(timed -> timed.record().offset()));
        return all.stream().map(Timed::record).toList();
    }
}
