package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** What holds of every partition, whatever was written to it. */
final class LogChecks {
    private final History history;
    private final Contents contents;
    private final List<Violation> violations = new ArrayList<>();

    LogChecks(History history, Contents contents) {
        this.history = history;
        this.contents = contents;
    }

    List<Violation> check() {
        contents.partitions()
                .forEach(
                        (partition, found) -> {
                            offsets_ascend(partition, found.uncommitted());
                            offsets_ascend(partition, found.committed());
                            committed_is_a_part_of_all(partition, found);
                            no_transaction_is_left_open(partition, found);
                        });
        ends_stay();
        return violations;
    }

    private void offsets_ascend(TopicPartition partition, List<Entry> entries) {
        for (int i = 1; i < entries.size(); i++) {
            if (entries.get(i).offset() <= entries.get(i - 1).offset()) {
                violations.add(
                        new Violation(
                                "offsets ascend",
                                partition
                                        + ": "
                                        + entries.get(i)
                                        + " after "
                                        + entries.get(i - 1)));
            }
        }
    }

    private void committed_is_a_part_of_all(TopicPartition partition, Contents.OfPartition found) {
        Map<Long, String> all = Contents.byOffset(found.uncommitted());
        for (Entry entry : found.committed()) {
            if (!entry.value().equals(all.get(entry.offset()))) {
                violations.add(
                        new Violation(
                                "both isolation levels read the same records",
                                partition
                                        + ": committed "
                                        + entry
                                        + ", uncommitted "
                                        + all.get(entry.offset())));
            }
        }
    }

    private void no_transaction_is_left_open(TopicPartition partition, Contents.OfPartition found) {
        if (found.stableOffset() != found.endOffset()) {
            violations.add(
                    new Violation(
                            "no transaction is left open",
                            partition
                                    + ": last stable offset "
                                    + found.stableOffset()
                                    + ", high watermark "
                                    + found.endOffset()));
        }
    }

    private void ends_stay() {
        history.ends()
                .forEach(
                        (partition, end) -> {
                            if (contents.of(partition).endOffset() < end) {
                                violations.add(
                                        new Violation(
                                                "a high watermark that was seen stays",
                                                partition
                                                        + ": seen "
                                                        + end
                                                        + ", at the end "
                                                        + contents.of(partition).endOffset()));
                            }
                        });
    }
}
