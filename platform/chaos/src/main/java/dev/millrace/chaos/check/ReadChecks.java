package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.apache.kafka.common.TopicPartition;

/** What was read while things failed is what is there when they do not. */
final class ReadChecks {
    private static final int AT_MOST_OF_ONE_RUN = 5;

    private final History history;
    private final Contents contents;
    private final List<Violation> violations = new ArrayList<>();
    private final Map<Isolation, Map<TopicPartition, NavigableMap<Long, String>>> indexes =
            new EnumMap<>(Isolation.class);

    ReadChecks(History history, Contents contents) {
        this.history = history;
        this.contents = contents;
    }

    List<Violation> check() {
        for (ReadRun run : history.reads()) {
            List<Violation> ofRun = new ArrayList<>();
            compare(run, ofRun);
            violations.addAll(ofRun.subList(0, Math.min(AT_MOST_OF_ONE_RUN, ofRun.size())));
        }
        return violations;
    }

    private void compare(ReadRun run, List<Violation> found) {
        NavigableMap<Long, String> index =
                indexes.computeIfAbsent(run.isolation(), i -> new HashMap<>())
                        .computeIfAbsent(
                                run.partition(),
                                p -> Contents.byOffset(contents.of(p).at(run.isolation())));
        String where = run.reader() + " (" + run.isolation() + ") in " + run.partition();
        long next = run.from();
        for (int i = 0; i < run.size(); i++) {
            long offset = run.offset(i);
            if (offset < next) {
                found.add(
                        new Violation(
                                "a reader goes forward",
                                where + ": offset " + offset + " after " + (next - 1)));
                continue;
            }
            String value = index.get(offset);
            if (value == null || ReadRun.hash(value) != run.hash(i)) {
                found.add(
                        new Violation(
                                "what was read once stays",
                                where
                                        + " offset "
                                        + offset
                                        + ": was another record, now "
                                        + value));
            }
            passedOver(index, next, offset, where, found);
            next = offset + 1;
        }
        passedOver(index, next, run.position(), where, found);
    }

    private static void passedOver(
            NavigableMap<Long, String> index,
            long from,
            long to,
            String where,
            List<Violation> found) {
        if (from < to) {
            index.subMap(from, to)
                    .forEach(
                            (offset, value) ->
                                    found.add(
                                            new Violation(
                                                    "no reader passes over a record",
                                                    where
                                                            + ": not given offset "
                                                            + offset
                                                            + ", "
                                                            + value)));
        }
    }
}
