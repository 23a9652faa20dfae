package dev.millrace.broker.group.assignor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;

/**
 * One uniform assignment among members with different subscriptions; used once.
 *
 * <p>Members keep what they have and still read. What nobody has goes to the least loaded
 * subscriber. Then, topic by topic, the most loaded subscriber gives to the least loaded one until
 * they differ by one at most; a topic's levelling can tilt another's, so this is repeated, a
 * bounded number of times.
 */
final class LevelledTopics {
    /** Each round about halves what is uneven; nearly all groups are done after the first. */
    private static final int MAX_ROUNDS = 16;

    private static final int NOBODY = -1;

    private final List<Subscriber> members;
    private final ToIntFunction<Uuid> partitions;

    /** Indices into {@code members}, ascending. */
    private final Map<Uuid, List<Integer>> subscribers = new HashMap<>();

    /** By partition number: index of the member, or {@link #NOBODY}. */
    private final Map<Uuid, int[]> owners = new HashMap<>();

    /** Partitions of each member. */
    private final int[] loads;

    LevelledTopics(List<Subscriber> members, ToIntFunction<Uuid> partitions) {
        this.members = members;
        this.partitions = partitions;
        this.loads = new int[members.size()];
        for (int i = 0; i < members.size(); i++) {
            for (Uuid topic : members.get(i).topics()) {
                subscribers.computeIfAbsent(topic, t -> new ArrayList<>()).add(i);
            }
        }
        for (Uuid topic : subscribers.keySet()) {
            int[] nobody = new int[partitions.applyAsInt(topic)];
            Arrays.fill(nobody, NOBODY);
            owners.put(topic, nobody);
        }
    }

    Map<String, Map<Uuid, Set<Integer>>> assign() {
        if (subscribers.isEmpty()) {
            return new HashMap<>();
        }
        keepWhatIsStillRead();
        List<Uuid> sorted = byPartitionsPerSubscriber(subscribers.keySet());
        for (Uuid topic : sorted) {
            assignUnowned(topic);
        }
        levelAll(sorted.stream().filter(topic -> subscribersOf(topic).size() > 1).toList());
        return result();
    }

    private void keepWhatIsStillRead() {
        for (int i = 0; i < members.size(); i++) {
            Subscriber member = members.get(i);
            for (Map.Entry<Uuid, Set<Integer>> had : member.target().entrySet()) {
                if (member.topics().contains(had.getKey())) {
                    for (int partition : had.getValue()) {
                        give(had.getKey(), partition, i);
                    }
                }
            }
        }
    }

    /** The fuller a topic's subscribers must become by it, the earlier it comes. */
    private List<Uuid> byPartitionsPerSubscriber(Collection<Uuid> topics) {
        List<Uuid> sorted = new ArrayList<>(topics);
        sorted.sort(
                Comparator.comparingDouble(this::partitionsPerSubscriber)
                        .reversed()
                        .thenComparingInt(topic -> subscribersOf(topic).size())
                        .thenComparing(Comparator.naturalOrder()));
        return sorted;
    }

    private double partitionsPerSubscriber(Uuid topic) {
        return (double) partitions.applyAsInt(topic) / subscribersOf(topic).size();
    }

    private void assignUnowned(Uuid topic) {
        int[] owner = ownersOf(topic);
        Ladder ladder = null;
        for (int partition = 0; partition < owner.length; partition++) {
            if (owner[partition] == NOBODY) {
                if (ladder == null) {
                    ladder = new Ladder(subscribersOf(topic), loads);
                }
                give(topic, partition, ladder.nextLowest());
            }
        }
    }

    private void levelAll(List<Uuid> topics) {
        int lastChanged = -1;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            for (int i = 0; i < topics.size(); i++) {
                if (i == lastChanged) {
                    return;
                }
                boolean moved = level(topics.get(i));
                if (moved || lastChanged == -1) {
                    lastChanged = i;
                }
            }
        }
    }

    /** Whether a partition changed hands. */
    private boolean level(Uuid topic) {
        Ladder ladder = new Ladder(subscribersOf(topic), loads);
        if (ladder.spread() <= 1) {
            return false;
        }
        Map<Integer, List<Integer>> owned = ownedOf(topic);
        boolean moved = false;
        while (!ladder.isLevel()) {
            int giver = ladder.nextHighest();
            while (giver != Ladder.NOBODY && owned.getOrDefault(giver, List.of()).isEmpty()) {
                ladder.hasNothingToGive();
                giver = ladder.nextHighest();
            }
            if (giver == Ladder.NOBODY) {
                break;
            }
            List<Integer> giversPartitions = owned.getOrDefault(giver, List.of());
            int partition = giversPartitions.remove(giversPartitions.size() - 1);
            int taker = ladder.nextLowest();
            if (ladder.isLevel()) {
                break;
            }
            give(topic, partition, taker);
            moved = true;
        }
        return moved;
    }

    /** Partitions of the topic by owner, ascending. */
    private Map<Integer, List<Integer>> ownedOf(Uuid topic) {
        Map<Integer, List<Integer>> owned = new HashMap<>();
        int[] owner = ownersOf(topic);
        for (int partition = 0; partition < owner.length; partition++) {
            owned.computeIfAbsent(owner[partition], member -> new ArrayList<>()).add(partition);
        }
        return owned;
    }

    private void give(Uuid topic, int partition, int member) {
        int[] owner = ownersOf(topic);
        if (owner[partition] != NOBODY) {
            loads[owner[partition]]--;
        }
        owner[partition] = member;
        loads[member]++;
    }

    private Map<String, Map<Uuid, Set<Integer>>> result() {
        Map<String, Map<Uuid, Set<Integer>>> assigned = new HashMap<>();
        members.forEach(member -> assigned.put(member.memberId(), new HashMap<>()));
        owners.forEach(
                (topic, owner) -> {
                    for (int partition = 0; partition < owner.length; partition++) {
                        String memberId = members.get(owner[partition]).memberId();
                        assigned.computeIfAbsent(memberId, id -> new HashMap<>())
                                .computeIfAbsent(topic, t -> new HashSet<>())
                                .add(partition);
                    }
                });
        return assigned;
    }

    private List<Integer> subscribersOf(Uuid topic) {
        return subscribers.getOrDefault(topic, List.of());
    }

    private int[] ownersOf(Uuid topic) {
        int[] owner = owners.get(topic);
        if (owner == null) {
            throw new IllegalStateException("nobody reads topic " + topic);
        }
        return owner;
    }
}
