package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Consume, produce and commit offsets in one transaction: the copy of a partition is the partition,
 * up to where the copying has come, each record once and in order.
 */
final class CopyChecks {
    private final History history;
    private final Contents contents;

    CopyChecks(History history, Contents contents) {
        this.history = history;
        this.contents = contents;
    }

    List<Violation> check() {
        List<Violation> violations = new ArrayList<>();
        for (Map.Entry<String, String> copied : history.copies().entrySet()) {
            for (TopicPartition source : contents.partitions().keySet()) {
                if (source.topic().equals(copied.getKey())) {
                    compare(
                            source,
                            new TopicPartition(copied.getValue(), source.partition()),
                            violations);
                }
            }
        }
        return violations;
    }

    private void compare(TopicPartition source, TopicPartition target, List<Violation> violations) {
        NavigableMap<Long, String> originals = Contents.byOffset(contents.of(source).committed());
        long next = 0;
        for (Entry entry : contents.of(target).committed()) {
            long from = Long.parseLong(entry.value().substring(0, entry.value().indexOf('<')));
            String original = originals.get(from);
            if (original == null || !entry.value().equals(new Entry(from, original).copy())) {
                violations.add(
                        new Violation(
                                "a copy has an original",
                                target + ": " + entry + ", original " + original));
            }
            if (from < next) {
                violations.add(
                        new Violation(
                                "each record is copied once, in order",
                                target + ": " + entry + " after the copy of " + (next - 1)));
                continue;
            }
            for (Map.Entry<Long, String> skipped : originals.subMap(next, from).entrySet()) {
                violations.add(
                        new Violation(
                                "each record is copied once, in order",
                                target + ": " + skipped + " was not copied before " + entry));
            }
            next = from + 1;
        }
    }
}
