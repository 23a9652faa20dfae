package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * Where replicas go. Brokers stand in a ring in which racks alternate; partition {@code p} starts
 * {@code p} places after a point that depends on the topic, and takes its followers from the places
 * behind, brokers of racks it does not have yet first. So leaders are even within a topic, topics
 * do not all begin on one broker, and a rack can fail. Brokers that are down get what the others
 * are too few for, and their share of being preferred as leaders, when they are back.
 *
 * <pre>
 *   racks   a: 1 4   b: 2 5   c: 3        ring   1 2 3 4 5
 *   3 replicas       p0: 1 2 3   p1: 2 3 4   p2: 3 4 5   p3: 4 5 3   p4: 5 1 3
 * </pre>
 */
final class Placement {
    sealed interface Result {}

    record Placed(List<Partition> partitions) implements Result {}

    record Refused(Errors error, String message) implements Result {}

    private final Map<Integer, BrokerRegistration> brokers = new TreeMap<>();
    private final List<BrokerRegistration> ring; // those that are there
    private final List<BrokerRegistration> wholeRing;
    private final List<BrokerRegistration> down;

    private Placement(Collection<BrokerRegistration> registrations, Set<Integer> cordoned) {
        registrations.forEach(broker -> brokers.put(broker.nodeId(), broker));
        List<BrokerRegistration> usable =
                brokers.values().stream()
                        .filter(broker -> !cordoned.contains(broker.nodeId()))
                        .toList();
        this.ring = ring(usable.stream().filter(BrokerRegistration::isActive).toList());
        this.wholeRing = ring(usable);
        this.down = usable.stream().filter(broker -> !broker.isActive()).toList();
    }

    /** Brokers that are cordoned get no replicas but those that a caller places there. */
    static Placement of(MetadataState state) {
        Set<Integer> cordoned = new HashSet<>();
        for (BrokerRegistration broker : state.brokers().values()) {
            if (Cordon.of(state.configs(), broker.nodeId())) {
                cordoned.add(broker.nodeId());
            }
        }
        return new Placement(state.brokers().values(), cordoned);
    }

    private static List<BrokerRegistration> ring(Collection<BrokerRegistration> byNodeId) {
        Map<String, Queue<BrokerRegistration>> racks = new TreeMap<>();
        for (BrokerRegistration broker : byNodeId) {
            racks.computeIfAbsent(broker.rack(), rack -> new ArrayDeque<>()).add(broker);
        }
        List<BrokerRegistration> ring = new ArrayList<>(byNodeId.size());
        while (ring.size() < byNodeId.size()) {
            for (Queue<BrokerRegistration> rack : racks.values()) {
                BrokerRegistration next = rack.poll();
                if (next != null) {
                    ring.add(next);
                }
            }
        }
        return ring;
    }

    /** Places partitions {@code first} to {@code first + count - 1}. */
    Result place(Uuid topicId, int first, int count, int replicationFactor) {
        if (count < 1 || count > Decisions.MAX_PARTITIONS_PER_REQUEST) {
            return new Refused(
                    Errors.INVALID_PARTITIONS,
                    "The number of partitions must be 1 to "
                            + Decisions.MAX_PARTITIONS_PER_REQUEST
                            + " per request, got "
                            + count
                            + ".");
        }
        if (replicationFactor < 1) {
            return new Refused(
                    Errors.INVALID_REPLICATION_FACTOR,
                    "The replication factor must be at least 1, got " + replicationFactor + ".");
        }
        if (ring.isEmpty()) {
            return new Refused(
                    Errors.INVALID_REPLICATION_FACTOR,
                    unable(replicationFactor)
                            + "All brokers are currently fenced or have all their log directories"
                            + " cordoned.");
        }
        if (replicationFactor > ring.size() + down.size()) {
            return new Refused(
                    Errors.INVALID_REPLICATION_FACTOR,
                    unable(replicationFactor)
                            + "The target replication factor of "
                            + replicationFactor
                            + " cannot be reached because only "
                            + (ring.size() + down.size())
                            + " broker(s) are registered or some brokers have all their log"
                            + " directories cordoned.");
        }
        boolean enough = replicationFactor <= ring.size();
        int places = enough ? ring.size() : wholeRing.size();
        int start = Math.floorMod(topicId.hashCode(), places);
        List<Partition> partitions = new ArrayList<>(count);
        for (int index = first; index < first + count; index++) {
            int leaderAt = (start + index) % places;
            partitions.add(
                    created(
                            index,
                            enough
                                    ? replicas(leaderAt, replicationFactor)
                                    : replicasOfAll(leaderAt, replicationFactor)));
        }
        return new Placed(partitions);
    }

    private static String unable(int replicationFactor) {
        return "Unable to replicate the partition " + replicationFactor + " time(s): ";
    }

    private List<Integer> replicas(int leaderAt, int replicationFactor) {
        List<Integer> replicas = new ArrayList<>(replicationFactor);
        Set<String> racks = new HashSet<>();
        for (boolean newRacksOnly : new boolean[] {true, false}) {
            for (int i = 0; i < ring.size() && replicas.size() < replicationFactor; i++) {
                BrokerRegistration broker = ring.get((leaderAt + i) % ring.size());
                boolean newRack = racks.add(broker.rack());
                if ((newRack || !newRacksOnly) && !replicas.contains(broker.nodeId())) {
                    replicas.add(broker.nodeId());
                }
            }
        }
        return replicas;
    }

    /** All that are there, and of the others as many as are wanted, in the order of the ring. */
    private List<Integer> replicasOfAll(int leaderAt, int replicationFactor) {
        Set<BrokerRegistration> chosen = new HashSet<>(ring);
        for (int i = 0; chosen.size() < replicationFactor; i++) {
            chosen.add(down.get((leaderAt + i) % down.size()));
        }
        List<Integer> replicas = new ArrayList<>(replicationFactor);
        for (int i = 0; i < wholeRing.size(); i++) {
            BrokerRegistration broker = wholeRing.get((leaderAt + i) % wholeRing.size());
            if (chosen.contains(broker)) {
                replicas.add(broker.nodeId());
            }
        }
        return replicas;
    }

    /**
     * Takes the caller's placement, if it is one that can work.
     *
     * @param first the partition number that is next
     * @param assignment not empty; numbered from {@code first} without gaps
     */
    Result checked(int first, Map<Integer, List<Integer>> assignment) {
        Map<Integer, List<Integer>> ordered = new TreeMap<>(assignment);
        List<Partition> partitions = new ArrayList<>(ordered.size());
        int replicationFactor = ordered.values().iterator().next().size();
        if (ordered.size() > Decisions.MAX_PARTITIONS_PER_REQUEST) {
            return new Refused(
                    Errors.INVALID_PARTITIONS,
                    "At most "
                            + Decisions.MAX_PARTITIONS_PER_REQUEST
                            + " partitions per request, got "
                            + ordered.size()
                            + ".");
        }
        for (Map.Entry<Integer, List<Integer>> entry : ordered.entrySet()) {
            int index = entry.getKey();
            List<Integer> replicas = entry.getValue();
            if (index != first + partitions.size()) {
                return invalid(
                        "partitions must be numbered from " + first + " without gaps, got",
                        ordered.keySet());
            }
            if (replicas.isEmpty() || new HashSet<>(replicas).size() != replicas.size()) {
                return invalid("partition " + index + " needs different brokers, got", replicas);
            }
            if (replicas.size() != replicationFactor) {
                return invalid(
                        "all partitions need "
                                + replicationFactor
                                + " replica(s) as the first has, partition "
                                + index
                                + " got",
                        replicas);
            }
            if (!brokers.keySet().containsAll(replicas)) {
                return invalid(
                        "brokers are " + brokers.keySet() + ", partition " + index + " got",
                        replicas);
            }
            if (replicas.stream().allMatch(this::isUnavailable)) {
                return invalid("no broker of partition " + index + " is available:", replicas);
            }
            partitions.add(created(index, replicas));
        }
        return new Placed(partitions);
    }

    private static Refused invalid(String expected, Collection<Integer> got) {
        return new Refused(
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "Manual assignment: " + expected + " " + got + ".");
    }

    private boolean isUnavailable(int nodeId) {
        BrokerRegistration broker = brokers.get(nodeId);
        return broker == null || !broker.isActive();
    }

    private Partition created(int index, List<Integer> replicas) {
        List<Integer> isr = replicas.stream().filter(nodeId -> !isUnavailable(nodeId)).toList();
        return new Partition(index, isr.get(0), 0, 0, List.copyOf(replicas), isr);
    }
}
