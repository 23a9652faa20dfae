package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** What holds of transactions. */
final class TransferChecks {
    private final History history;
    private final Contents contents;
    private final List<Violation> violations = new ArrayList<>();

    TransferChecks(History history, Contents contents) {
        this.history = history;
        this.contents = contents;
    }

    List<Violation> check() {
        List<Transfer> transfers = history.transfers();
        Set<TopicPartition> accounts = new HashSet<>();
        Set<String> sent = new HashSet<>();
        for (Transfer transfer : transfers) {
            for (Transfer.Part part : transfer.parts()) {
                accounts.add(part.partition());
                sent.add(part.partition() + part.value());
            }
        }
        Map<TopicPartition, Map<String, Long>> visible = new HashMap<>();
        long total = 0;
        for (TopicPartition account : accounts) {
            Map<String, Long> offsets = new HashMap<>();
            for (Entry entry : contents.of(account).committed()) {
                total += Transfer.amountOf(entry.value());
                if (offsets.put(entry.value(), entry.offset()) != null) {
                    violations.add(
                            new Violation(
                                    "a committed record is there once", account + ": " + entry));
                }
                if (!sent.contains(account + entry.value())) {
                    violations.add(
                            new Violation("nobody else has written", account + ": " + entry));
                }
            }
            visible.put(account, offsets);
        }
        transfers.forEach(transfer -> whole_or_not_at_all(transfer, visible));
        if (total != 0) {
            violations.add(
                    new Violation("all accounts together hold nothing", "they hold " + total));
        }
        return violations;
    }

    private void whole_or_not_at_all(
            Transfer transfer, Map<TopicPartition, Map<String, Long>> visible) {
        int present = 0;
        for (Transfer.Part part : transfer.parts()) {
            Long offset = visible.getOrDefault(part.partition(), Map.of()).get(part.value());
            if (offset == null) {
                continue;
            }
            present++;
            if (part.offset() >= 0 && part.offset() != offset) {
                violations.add(
                        new Violation(
                                "what is acknowledged is at its offset",
                                part + " is at offset " + offset));
            }
        }
        boolean right =
                switch (transfer.end()) {
                    case COMMITTED -> present == transfer.parts().size();
                    case ABORTED -> present == 0;
                    case UNKNOWN -> present == 0 || present == transfer.parts().size();
                };
        if (!right) {
            violations.add(
                    new Violation(
                            switch (transfer.end()) {
                                case COMMITTED -> "a committed transaction is there";
                                case ABORTED -> "an aborted transaction is not read";
                                case UNKNOWN -> "a transaction is there whole or not at all";
                            },
                            present
                                    + " of "
                                    + transfer.parts().size()
                                    + " records of "
                                    + transfer));
        }
    }
}
