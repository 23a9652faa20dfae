package dev.millrace.broker.group.assignor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/** One uniform assignment among members that read the same topics; used once. */
final class EqualShares {
    private final List<Subscriber> members;
    private final Set<Uuid> topics;
    private final ToIntFunction<Uuid> partitions;
    private final Map<String, Map<Uuid, Set<Integer>>> assigned = new HashMap<>();

    /** Partitions to give away: those nobody has, then those above somebody's share. */
    private final List<TopicIdPartition> free = new ArrayList<>();

    private final List<Gap> gaps = new ArrayList<>();

    private record Gap(String memberId, int missing) {}

    EqualShares(List<Subscriber> members, ToIntFunction<Uuid> partitions) {
        this.members = members;
        this.topics = new TreeSet<>(members.get(0).topics());
        this.partitions = partitions;
    }

    Map<String, Map<Uuid, Set<Integer>>> assign() {
        if (topics.isEmpty()) {
            return assigned;
        }
        int total = collectUnowned();
        keepUpToShare(total / members.size(), total % members.size());
        fillGaps();
        return assigned;
    }

    private int collectUnowned() {
        Map<Uuid, Set<Integer>> owned = new HashMap<>();
        for (Subscriber member : members) {
            member.target()
                    .forEach(
                            (topic, numbers) ->
                                    owned.computeIfAbsent(topic, t -> new HashSet<>())
                                            .addAll(numbers));
        }
        int total = 0;
        for (Uuid topic : topics) {
            int count = partitions.applyAsInt(topic);
            Set<Integer> taken = owned.getOrDefault(topic, Set.of());
            for (int partition = 0; partition < count; partition++) {
                if (!taken.contains(partition)) {
                    free.add(partition(topic, partition));
                }
            }
            total += count;
        }
        return total;
    }

    /**
     * @param larger how many members have one partition more than {@code share}
     */
    private void keepUpToShare(int share, int larger) {
        int largerLeft = larger;
        for (int i = 0; i < members.size(); i++) {
            Subscriber member = members.get(i);
            boolean hasLarger = largerLeft > 0;
            int missing = share + (hasLarger ? 1 : 0) - keep(member, share + (hasLarger ? 1 : 0));
            // Who would have to be given its extra partition leaves it to somebody who has it
            // already, unless too few members are left to take the larger shares.
            if (missing > 0 && hasLarger && members.size() - i > largerLeft) {
                missing--;
                hasLarger = false;
            }
            if (missing > 0) {
                gaps.add(new Gap(member.memberId(), missing));
            }
            if (hasLarger) {
                largerLeft--;
            }
        }
    }

    /** How many partitions the member keeps of those it has; the rest becomes free. */
    private int keep(Subscriber member, int atMost) {
        Map<Uuid, Set<Integer>> kept = new HashMap<>();
        int count = 0;
        for (Uuid topic : topics) {
            for (int partition : new TreeSet<>(member.target().getOrDefault(topic, Set.of()))) {
                if (count < atMost) {
                    kept.computeIfAbsent(topic, t -> new HashSet<>()).add(partition);
                    count++;
                } else {
                    free.add(partition(topic, partition));
                }
            }
        }
        assigned.put(member.memberId(), kept);
        return count;
    }

    private void fillGaps() {
        int next = 0;
        for (Gap gap : gaps) {
            Map<Uuid, Set<Integer>> mine =
                    assigned.computeIfAbsent(gap.memberId(), id -> new HashMap<>());
            for (int i = 0; i < gap.missing() && next < free.size(); i++) {
                TopicIdPartition partition = free.get(next++);
                mine.computeIfAbsent(partition.topicId(), t -> new HashSet<>())
                        .add(partition.partition());
            }
        }
        if (next < free.size()) {
            throw new IllegalStateException(
                    (free.size() - next) + " partitions were left to nobody: " + members);
        }
    }

    private static TopicIdPartition partition(Uuid topic, int partition) {
        return new TopicIdPartition(topic, new TopicPartition("", partition));
    }
}
