package dev.millrace.broker.group.assignor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.GroupAssignment;
import org.apache.kafka.coordinator.group.api.assignor.GroupSpec;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.MemberSubscription;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random groups, assigned by Apache's assignors and by ours, several times over while members and
 * topics come and go.
 *
 * <p>{@code -Dmillrace.oracle.assignments=20000} tries more.
 */
class AssignorOracleTest {
    private static final int TRIES = Integer.getInteger("millrace.oracle.assignments", 3_000);

    @Test
    void range_is_the_same() {
        compare(
                new RangeAssignor(),
                new org.apache.kafka.coordinator.group.assignor.RangeAssignor(),
                false);
    }

    /**
     * Among members that read the same, Apache goes through topics in no order: which partitions
     * move is free, how many each member has and how many move is not. Where subscriptions differ,
     * the assignment is the same.
     */
    @Test
    void uniform_is_the_same_or_as_even_and_as_sticky() {
        compare(
                new UniformAssignor(),
                new org.apache.kafka.coordinator.group.assignor.UniformAssignor(),
                true);
    }

    private static void compare(
            PartitionAssignor ours, ConsumerGroupPartitionAssignor theirs, boolean freeIfSame) {
        long first = System.nanoTime();
        for (int i = 0; i < TRIES; i++) {
            long seed = first + i;
            World world = new World(new Random(seed));
            for (int round = 0; round < 4; round++) {
                Map<String, Map<Uuid, Set<Integer>>> our =
                        ours.assign(
                                world.subscribers(), world.homogeneous(), world.partitions::get);
                Map<String, Map<Uuid, Set<Integer>>> their = world.askApache(theirs);
                String as = "seed " + seed + ", round " + round;
                if (freeIfSame && world.homogeneous()) {
                    assertThat(sizes(our)).as(as).isEqualTo(sizes(their));
                    assertThat(world.kept(our)).as(as).isEqualTo(world.kept(their));
                    world.requireComplete(our);
                } else {
                    assertThat(withoutEmpty(our)).as(as).isEqualTo(withoutEmpty(their));
                }
                world.goOn(their);
            }
        }
    }

    private static Map<String, Integer> sizes(Map<String, Map<Uuid, Set<Integer>>> assigned) {
        Map<String, Integer> sizes = new TreeMap<>();
        assigned.forEach(
                (member, topics) ->
                        sizes.put(member, topics.values().stream().mapToInt(Set::size).sum()));
        return sizes;
    }

    private static Map<String, Map<Uuid, Set<Integer>>> withoutEmpty(
            Map<String, Map<Uuid, Set<Integer>>> assigned) {
        Map<String, Map<Uuid, Set<Integer>>> filled = new TreeMap<>();
        assigned.forEach(
                (member, topics) -> {
                    Map<Uuid, Set<Integer>> some = new HashMap<>();
                    topics.forEach(
                            (topic, partitions) -> {
                                if (!partitions.isEmpty()) {
                                    some.put(topic, new HashSet<>(partitions));
                                }
                            });
                    if (!some.isEmpty()) {
                        filled.put(member, some);
                    }
                });
        return filled;
    }

    private static final class World {
        private final Random random;
        private final Map<Uuid, Integer> partitions = new HashMap<>();
        private final List<Uuid> topics = new ArrayList<>();
        private final Map<String, Set<Uuid>> subscriptions = new TreeMap<>();
        private final Map<String, Optional<String>> instanceIds = new HashMap<>();
        private Map<String, Map<Uuid, Set<Integer>>> target = new HashMap<>();
        private boolean sameForAll;
        private int ids;

        private World(Random random) {
            this.random = random;
            this.sameForAll = random.nextBoolean();
            int count = 1 + random.nextInt(5);
            for (int i = 0; i < count; i++) {
                addTopic();
            }
            int members = 1 + random.nextInt(7);
            for (int i = 0; i < members; i++) {
                addMember();
            }
            if (sameForAll) {
                alike();
            }
        }

        private void addTopic() {
            Uuid id = new Uuid(random.nextLong(), random.nextLong());
            topics.add(id);
            partitions.put(id, 1 + random.nextInt(9));
        }

        private void addMember() {
            String id = "m" + ids++;
            subscriptions.put(id, some());
            instanceIds.put(
                    id, random.nextInt(4) == 0 ? Optional.of("i" + (100 - ids)) : Optional.empty());
        }

        private Set<Uuid> some() {
            Set<Uuid> some = new HashSet<>();
            for (Uuid topic : topics) {
                if (random.nextInt(3) > 0) {
                    some.add(topic);
                }
            }
            return some;
        }

        private void alike() {
            Set<Uuid> all = some();
            subscriptions.replaceAll((member, before) -> all);
        }

        private boolean homogeneous() {
            return new HashSet<>(subscriptions.values()).size() == 1;
        }

        private List<Subscriber> subscribers() {
            List<Subscriber> subscribers = new ArrayList<>();
            subscriptions.forEach(
                    (id, read) ->
                            subscribers.add(
                                    new Subscriber(
                                            id,
                                            instanceIds
                                                    .getOrDefault(id, Optional.empty())
                                                    .orElse(null),
                                            read,
                                            target.getOrDefault(id, Map.of()))));
            return subscribers;
        }

        /** Partitions that stay with their member. */
        private int kept(Map<String, Map<Uuid, Set<Integer>>> assigned) {
            int kept = 0;
            for (Map.Entry<String, Map<Uuid, Set<Integer>>> member : target.entrySet()) {
                for (Map.Entry<Uuid, Set<Integer>> topic : member.getValue().entrySet()) {
                    Set<Integer> now =
                            new HashSet<>(
                                    assigned.getOrDefault(member.getKey(), Map.of())
                                            .getOrDefault(topic.getKey(), Set.of()));
                    now.retainAll(topic.getValue());
                    kept += now.size();
                }
            }
            return kept;
        }

        private void requireComplete(Map<String, Map<Uuid, Set<Integer>>> assigned) {
            Map<Uuid, Set<Integer>> seen = new HashMap<>();
            assigned.values()
                    .forEach(
                            mine ->
                                    mine.forEach(
                                            (topic, numbers) ->
                                                    numbers.forEach(
                                                            number ->
                                                                    assertThat(
                                                                                    seen.computeIfAbsent(
                                                                                                    topic,
                                                                                                    t ->
                                                                                                            new HashSet<>())
                                                                                            .add(
                                                                                                    number))
                                                                            .as("given once")
                                                                            .isTrue())));
            Set<Uuid> read = subscriptions.values().iterator().next();
            read.forEach(
                    topic ->
                            assertThat(seen.getOrDefault(topic, Set.of()))
                                    .hasSize(partitions.getOrDefault(topic, 0)));
        }

        private void goOn(Map<String, Map<Uuid, Set<Integer>>> assigned) {
            target = new HashMap<>(withoutEmpty(assigned));
            switch (random.nextInt(5)) {
                case 0 -> addMember();
                case 1 -> {
                    if (subscriptions.size() > 1) {
                        String gone = subscriptions.keySet().iterator().next();
                        subscriptions.remove(gone);
                        target.remove(gone);
                    }
                }
                case 2 -> addTopic();
                case 3 ->
                        partitions.merge(
                                topics.get(random.nextInt(topics.size())), 2, Integer::sum);
                default -> {
                    String changed = subscriptions.keySet().iterator().next();
                    subscriptions.put(changed, some());
                }
            }
            if (sameForAll) {
                alike();
            }
            subscriptions.keySet().forEach(id -> instanceIds.putIfAbsent(id, Optional.empty()));
        }

        private Map<String, Map<Uuid, Set<Integer>>> askApache(
                ConsumerGroupPartitionAssignor assignor) {
            GroupAssignment assignment = assignor.assign(new Spec(this), new Describer(partitions));
            Map<String, Map<Uuid, Set<Integer>>> assigned = new LinkedHashMap<>();
            assignment.members().forEach((id, member) -> assigned.put(id, member.partitions()));
            return assigned;
        }
    }

    private record Describer(Map<Uuid, Integer> partitions) implements SubscribedTopicDescriber {
        @Override
        public int numPartitions(Uuid topicId) {
            return partitions.getOrDefault(topicId, -1);
        }

        @Override
        public Set<String> racksForPartition(Uuid topicId, int partition) {
            return Set.of();
        }
    }

    private record Spec(World world) implements GroupSpec {
        @Override
        public Set<String> memberIds() {
            return world.subscriptions.keySet();
        }

        @Override
        public SubscriptionType subscriptionType() {
            return world.homogeneous()
                    ? SubscriptionType.HOMOGENEOUS
                    : SubscriptionType.HETEROGENEOUS;
        }

        @Override
        public boolean isPartitionAssigned(Uuid topicId, int partitionId) {
            return world.target.values().stream()
                    .anyMatch(
                            topics -> topics.getOrDefault(topicId, Set.of()).contains(partitionId));
        }

        @Override
        public boolean isPartitionAssignable(Uuid topicId, int partitionId) {
            return true;
        }

        @Override
        public MemberSubscription memberSubscription(String memberId) {
            Set<Uuid> read = world.subscriptions.getOrDefault(memberId, Set.of());
            Optional<String> instanceId =
                    world.instanceIds.getOrDefault(memberId, Optional.empty());
            return new MemberSubscription() {
                @Override
                public Optional<String> rackId() {
                    return Optional.empty();
                }

                @Override
                public Optional<String> instanceId() {
                    return instanceId;
                }

                @Override
                public Set<Uuid> subscribedTopicIds() {
                    return read;
                }
            };
        }

        @Override
        public MemberAssignment memberAssignment(String memberId) {
            @Nullable Map<Uuid, Set<Integer>> mine = world.target.get(memberId);
            // It tells by the class of the map whether it may write to it.
            Map<Uuid, Set<Integer>> unmodifiable =
                    Collections.unmodifiableMap(mine == null ? new HashMap<>() : mine);
            return () -> unmodifiable;
        }
    }
}
