package dev.millrace.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * Where replicas should be instead: pure, and with as little to copy as can be. A replica that
 * moves goes to the node with the fewest, of a rack that the partition does not have yet if there
 * is one, and takes its predecessor's place in the list. Deterministic; one use.
 */
public final class ReplicaPlan {
    /**
     * @param rack empty if not set
     * @param takesReplicas whether new replicas may go there: it runs, and is not cordoned
     */
    public record Node(int id, String rack, boolean takesReplicas) {}

    /**
     * @param from replicas now, the preferred leader first
     * @param to replicas wanted
     */
    public record Move(TopicPartition partition, List<Integer> from, List<Integer> to) {
        /** Replicas that have to be copied. */
        public List<Integer> added() {
            return to.stream().filter(id -> !from.contains(id)).toList();
        }
    }

    /** The nodes cannot hold the replicas; the message says what would help. */
    public static final class ImpossibleException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ImpossibleException(String message) {
            super(message);
        }
    }

    private static final Comparator<TopicPartition> ORDER =
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

    private final Map<Integer, Node> nodes = new TreeMap<>();
    private final Map<TopicPartition, List<Integer>> before = new TreeMap<>(ORDER);
    private final Map<TopicPartition, List<Integer>> after = new TreeMap<>(ORDER);
    private final Map<Integer, Integer> replicas = new HashMap<>();
    private final Map<Integer, Integer> leaders = new HashMap<>();

    /** Of each node, the numbers of the partitions that it has of each topic. */
    private final Map<Integer, Map<String, SortedSet<Integer>>> held = new HashMap<>();

    /** Where to look first for a partition that goes from one node to another. */
    private final Map<Place, Integer> found = new HashMap<>();

    private ReplicaPlan(Collection<Node> nodes, Map<TopicPartition, List<Integer>> partitions) {
        nodes.forEach(node -> this.nodes.put(node.id(), node));
        before.putAll(partitions);
        partitions.forEach((partition, ids) -> put(partition, ids));
    }

    private void put(TopicPartition partition, List<Integer> ids) {
        List<Integer> old = after.put(partition, List.copyOf(ids));
        if (old != null) {
            count(partition, old, -1);
        }
        count(partition, ids, 1);
    }

    private void count(TopicPartition partition, List<Integer> ids, int change) {
        for (int id : ids) {
            replicas.merge(id, change, Integer::sum);
            SortedSet<Integer> numbers =
                    held.computeIfAbsent(id, node -> new TreeMap<>())
                            .computeIfAbsent(partition.topic(), topic -> new TreeSet<>());
            if (change > 0) {
                numbers.add(partition.partition());
            } else {
                numbers.remove(partition.partition());
            }
        }
        leaders.merge(ids.get(0), change, Integer::sum);
    }

    /**
     * Takes all replicas off a node.
     *
     * @param partitions replicas of each, the preferred leader first
     * @throws ImpossibleException the others are fewer than some partition's replicas
     */
    public static List<Move> drain(
            Collection<Node> nodes, Map<TopicPartition, List<Integer>> partitions, int nodeId) {
        ReplicaPlan plan = new ReplicaPlan(nodes, partitions);
        plan.before.forEach(
                (partition, ids) -> {
                    if (ids.contains(nodeId)) {
                        plan.put(partition, plan.without(partition, ids, nodeId));
                    }
                });
        return plan.moves();
    }

    private List<Integer> without(TopicPartition partition, List<Integer> ids, int nodeId) {
        List<Integer> staying = ids.stream().filter(id -> id != nodeId).toList();
        Node heir =
                best(staying, node -> node.id() != nodeId)
                        .orElseThrow(() -> cannotHold(partition, ids.size(), nodeId));
        return ids.stream().map(id -> id == nodeId ? heir.id() : id).toList();
    }

    private ImpossibleException cannotHold(TopicPartition partition, int copies, int nodeId) {
        long others =
                nodes.values().stream().filter(n -> n.takesReplicas() && n.id() != nodeId).count();
        return new ImpossibleException(
                "the others cannot hold what node "
                        + nodeId
                        + " has: "
                        + partition
                        + " has "
                        + copies
                        + " replicas, and without node "
                        + nodeId
                        + " there are "
                        + others
                        + " nodes that take replicas; add a node, or give the topic fewer replicas");
    }

    /**
     * Evens out replicas, then leaders.
     *
     * @param partitions replicas of each, the preferred leader first
     */
    public static List<Move> balance(
            Collection<Node> nodes, Map<TopicPartition, List<Integer>> partitions) {
        ReplicaPlan plan = new ReplicaPlan(nodes, partitions);
        plan.evenReplicas();
        plan.evenLeaders();
        return plan.moves();
    }

    /**
     * Gives each partition that many replicas, then does as {@link #balance}. Those that go are the
     * last in the list.
     *
     * @throws ImpossibleException there are fewer nodes that take replicas
     */
    public static List<Move> replicate(
            Collection<Node> nodes,
            Map<TopicPartition, List<Integer>> partitions,
            int replicationFactor) {
        ReplicaPlan plan = new ReplicaPlan(nodes, partitions);
        plan.before.forEach(
                (partition, ids) -> {
                    List<Integer> wanted =
                            new ArrayList<>(
                                    ids.subList(0, Math.min(ids.size(), replicationFactor)));
                    while (wanted.size() < replicationFactor) {
                        wanted.add(
                                plan.best(wanted, node -> true)
                                        .orElseThrow(
                                                () ->
                                                        new ImpossibleException(
                                                                partition
                                                                        + " cannot have "
                                                                        + replicationFactor
                                                                        + " replicas: only "
                                                                        + wanted
                                                                        + " take any; add a"
                                                                        + " node"))
                                        .id());
                    }
                    plan.put(partition, wanted);
                });
        plan.evenReplicas();
        plan.evenLeaders();
        return plan.moves();
    }

    /**
     * Who takes one more replica: new racks first, then load.
     *
     * @param staying replicas that there will be besides
     */
    private Optional<Node> best(List<Integer> staying, Predicate<Node> allowed) {
        Set<String> racks = new HashSet<>();
        staying.forEach(id -> racks.add(rack(id)));
        return nodes.values().stream()
                .filter(Node::takesReplicas)
                .filter(node -> !staying.contains(node.id()))
                .filter(allowed)
                .min(
                        Comparator.comparing((Node node) -> racks.contains(node.rack()))
                                .thenComparing(node -> count(replicas, node.id()))
                                .thenComparing(Node::id));
    }

    private String rack(int id) {
        Node node = nodes.get(id);
        return node == null ? "" : node.rack();
    }

    private static int count(Map<Integer, Integer> counts, int id) {
        return counts.getOrDefault(id, 0);
    }

    /**
     * Takes from the fullest node, step by step, a replica of the topic of which it has the most
     * more than another: so each topic gets its share of all nodes. Each step makes the fullest
     * node's share smaller, so there are finitely many. Topics wait in the order of what their best
     * step was when it was looked for last, so that a step costs as much as one or two topics.
     */
    private void evenReplicas() {
        boolean moved = true;
        while (moved) {
            moved = false;
            Map<Integer, PriorityQueue<Candidate>> candidates = new HashMap<>();
            for (Node node : byLoad()) {
                candidates.put(node.id(), candidatesOf(node.id()));
            }
            while (moveOne(candidates)) {
                moved = true;
            }
        }
    }

    private List<Node> byLoad() {
        return nodes.values().stream()
                .filter(Node::takesReplicas)
                .sorted(
                        Comparator.comparing((Node n) -> -count(replicas, n.id()))
                                .thenComparing(Node::id))
                .toList();
    }

    /**
     * @param skew how many more replicas of the topic the one node has than the other, at most
     */
    private record Candidate(String topic, int skew) {
        static final Comparator<Candidate> BEST_FIRST =
                Comparator.comparing((Candidate c) -> -c.skew).thenComparing(Candidate::topic);
    }

    /** As if each topic could move to a node that has none of it. */
    private PriorityQueue<Candidate> candidatesOf(int from) {
        PriorityQueue<Candidate> queue = new PriorityQueue<>(Candidate.BEST_FIRST);
        held.getOrDefault(from, Map.of())
                .forEach((topic, numbers) -> queue.add(new Candidate(topic, numbers.size())));
        return queue;
    }

    private boolean moveOne(Map<Integer, PriorityQueue<Candidate>> candidates) {
        for (Node from : byLoad()) {
            PriorityQueue<Candidate> queue =
                    candidates.getOrDefault(from.id(), new PriorityQueue<>(Candidate.BEST_FIRST));
            for (Candidate next = queue.poll(); next != null; next = queue.poll()) {
                Optional<Step> step = best(next.topic(), from.id());
                if (step.isEmpty()) {
                    continue;
                }
                Candidate now = new Candidate(next.topic(), step.get().skew());
                queue.add(now);
                if (now.skew() >= next.skew() || now.equals(queue.peek())) {
                    put(step.get().partition(), step.get().then());
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * @param then the partition's replicas after it
     * @param skew how many more replicas of the topic the one has than the other
     */
    private record Step(TopicPartition partition, List<Integer> then, int skew) {}

    /** To whom a partition of the topic goes best, if there is anybody. */
    private Optional<Step> best(String topic, int from) {
        int mine = held(from, topic).size();
        List<Node> takers =
                nodes.values().stream()
                        .filter(Node::takesReplicas)
                        .filter(to -> count(replicas, to.id()) + 1 < count(replicas, from))
                        .sorted(
                                Comparator.comparing((Node to) -> held(to.id(), topic).size())
                                        .thenComparing(to -> count(replicas, to.id()))
                                        .thenComparing(Node::id))
                        .toList();
        for (Node to : takers) {
            SortedSet<Integer> theirs = held(to.id(), topic);
            SortedSet<Integer> ours = held(from, topic);
            // Those before the last that was found went to this node from others, most likely.
            Place place = new Place(topic, from, to.id());
            int last = found.getOrDefault(place, 0);
            for (SortedSet<Integer> part : List.of(ours.tailSet(last), ours.headSet(last))) {
                for (int number : part) {
                    TopicPartition partition = new TopicPartition(topic, number);
                    List<Integer> ids = after.getOrDefault(partition, List.of());
                    List<Integer> then = swap(ids, from, to.id());
                    if (!ids.contains(to.id()) && racks(then) >= racks(ids)) {
                        found.put(place, number);
                        return Optional.of(new Step(partition, then, mine - theirs.size()));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private record Place(String topic, int from, int to) {}

    /** Sorted. */
    private SortedSet<Integer> held(int node, String topic) {
        return held.getOrDefault(node, Map.of()).getOrDefault(topic, Collections.emptySortedSet());
    }

    private int racks(List<Integer> ids) {
        return (int) ids.stream().map(this::rack).distinct().count();
    }

    private static List<Integer> swap(List<Integer> ids, int from, int to) {
        return ids.stream().map(id -> id == from ? to : id).toList();
    }

    /** By another order of the same replicas: nothing is copied for it. */
    private void evenLeaders() {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Map.Entry<TopicPartition, List<Integer>> each : after.entrySet()) {
                List<Integer> ids = each.getValue();
                int leader = ids.get(0);
                Optional<Integer> better =
                        ids.stream()
                                .filter(
                                        id ->
                                                count(leaders, id) + 1 < count(leaders, leader)
                                                        && nodes.containsKey(id)
                                                        && nodes.get(id).takesReplicas())
                                .min(Comparator.comparing(id -> count(leaders, id)));
                if (better.isPresent()) {
                    List<Integer> reordered = new ArrayList<>(ids);
                    reordered.set(ids.indexOf(better.get()), leader);
                    reordered.set(0, better.get());
                    put(each.getKey(), reordered);
                    moved = true;
                }
            }
        }
    }

    private List<Move> moves() {
        List<Move> moves = new ArrayList<>();
        after.forEach(
                (partition, to) -> {
                    List<Integer> from = before.getOrDefault(partition, List.of());
                    if (!from.equals(to)) {
                        moves.add(new Move(partition, from, to));
                    }
                });
        return moves;
    }

    /** How many replicas each node has after the moves, by node id. */
    public static Map<Integer, Integer> replicasAfter(
            Map<TopicPartition, List<Integer>> partitions, List<Move> moves) {
        Map<TopicPartition, List<Integer>> after = new LinkedHashMap<>(partitions);
        moves.forEach(move -> after.put(move.partition(), move.to()));
        Map<Integer, Integer> counts = new TreeMap<>();
        after.values().forEach(ids -> ids.forEach(id -> counts.merge(id, 1, Integer::sum)));
        return counts;
    }
}
