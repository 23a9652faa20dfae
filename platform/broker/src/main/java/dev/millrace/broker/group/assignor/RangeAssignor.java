package dev.millrace.broker.group.assignor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * Cuts each topic into consecutive ranges, one for each subscriber, the first ones a partition
 * longer where it does not come out even. Topics with equally many partitions and the same
 * subscribers are cut alike, so that they can be joined by partition number.
 *
 * <p>Static members come first, by their instance id, so that a restart moves nothing.
 */
public final class RangeAssignor implements PartitionAssignor {
    public static final String NAME = "range";

    private static final Comparator<Subscriber> STATIC_FIRST =
            (a, b) -> {
                String first = a.instanceId();
                String second = b.instanceId();
                if (first != null && second != null) {
                    return first.compareTo(second);
                } else if (first != null) {
                    return -1;
                } else if (second != null) {
                    return 1;
                } else {
                    return a.memberId().compareTo(b.memberId());
                }
            };

    @Override
    public String name() {
        return NAME;
    }

    /** What is left of a topic. */
    private static final class Rest {
        private final int perMember;
        private int longer;
        private int next;

        private Rest(int partitions, int members) {
            perMember = partitions / members;
            longer = partitions % members;
        }

        private Set<Integer> take() {
            int count = perMember;
            if (longer > 0) {
                longer--;
                count++;
            }
            int from = next;
            next += count;
            return IntStream.range(from, next).boxed().collect(Collectors.toSet());
        }
    }

    @Override
    public Map<String, Map<Uuid, Set<Integer>>> assign(
            List<Subscriber> members, boolean homogeneous, ToIntFunction<Uuid> partitions) {
        List<Subscriber> sorted = new ArrayList<>(members);
        sorted.sort(STATIC_FIRST);
        Map<Uuid, Integer> subscribers = new HashMap<>();
        for (Subscriber member : sorted) {
            member.topics().forEach(topic -> subscribers.merge(topic, 1, Integer::sum));
        }
        Map<Uuid, Rest> rests = new HashMap<>();
        subscribers.forEach(
                (topic, count) -> rests.put(topic, new Rest(partitions.applyAsInt(topic), count)));
        Map<String, Map<Uuid, Set<Integer>>> assigned = new HashMap<>();
        for (Subscriber member : sorted) {
            Map<Uuid, Set<Integer>> mine = new HashMap<>();
            for (Uuid topic : member.topics()) {
                Rest rest = rests.get(topic);
                Set<Integer> range = rest == null ? Set.of() : rest.take();
                if (!range.isEmpty()) {
                    mine.put(topic, range);
                }
            }
            assigned.put(member.memberId(), mine);
        }
        return assigned;
    }
}
