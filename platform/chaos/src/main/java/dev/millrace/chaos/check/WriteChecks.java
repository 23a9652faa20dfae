package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** What holds of records written outside of transactions. */
final class WriteChecks {
    private final History history;
    private final Contents contents;
    private final List<Violation> violations = new ArrayList<>();

    WriteChecks(History history, Contents contents) {
        this.history = history;
        this.contents = contents;
    }

    List<Violation> check() {
        Map<TopicPartition, Map<String, Write>> sent = new HashMap<>();
        for (Write write : history.writes()) {
            sent.computeIfAbsent(write.partition(), p -> new HashMap<>()).put(write.value(), write);
        }
        sent.forEach(
                (partition, writes) -> {
                    Contents.OfPartition found = contents.of(partition);
                    acknowledged_is_at_its_offset(partition, writes, found.committed());
                    only_what_was_sent_and_once(partition, writes.keySet(), found.uncommitted());
                    order_is_kept(partition, writes, found.uncommitted());
                });
        return violations;
    }

    private void acknowledged_is_at_its_offset(
            TopicPartition partition, Map<String, Write> writes, List<Entry> entries) {
        Map<Long, String> byOffset = Contents.byOffset(entries);
        for (Write write : writes.values()) {
            if (write.outcome() instanceof Write.Acknowledged acknowledged
                    && !write.value().equals(byOffset.get(acknowledged.offset()))
                    && (acknowledged.offset() >= 0 || !byOffset.containsValue(write.value()))) {
                violations.add(
                        new Violation(
                                "what is acknowledged is at its offset",
                                partition
                                        + " offset "
                                        + acknowledged.offset()
                                        + ": "
                                        + write.value()
                                        + " was acknowledged, there is "
                                        + byOffset.get(acknowledged.offset())));
            }
        }
    }

    private void only_what_was_sent_and_once(
            TopicPartition partition, Set<String> sent, List<Entry> entries) {
        Set<String> once = new HashSet<>();
        for (Entry entry : entries) {
            if (!sent.contains(entry.value())) {
                violations.add(new Violation("nobody else has written", partition + ": " + entry));
            }
            if (!once.add(entry.value())) {
                violations.add(new Violation("nothing is there twice", partition + ": " + entry));
            }
        }
    }

    private void order_is_kept(
            TopicPartition partition, Map<String, Write> writes, List<Entry> entries) {
        Map<String, Entry> last = new HashMap<>();
        for (Entry entry : entries) {
            Write write = writes.get(entry.value());
            if (write == null || !history.ordered().contains(write.writer())) {
                continue;
            }
            Entry before = last.put(write.writer(), entry);
            Write earlier = before == null ? null : writes.get(before.value());
            if (earlier != null && earlier.number() > write.number()) {
                violations.add(
                        new Violation(
                                "an idempotent producer's records keep their order",
                                partition + ": " + entry + " after " + before));
            }
        }
    }
}
