package dev.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.ReplicaPlan.ImpossibleException;
import dev.millrace.cluster.ReplicaPlan.Move;
import dev.millrace.cluster.ReplicaPlan.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ReplicaPlanTest {
    private static List<Node> nodes(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(id -> new Node(id, "", true)).toList();
    }

    private static TopicPartition p(int partition) {
        return new TopicPartition("t", partition);
    }

    private static Map<TopicPartition, List<Integer>> after(
            Map<TopicPartition, List<Integer>> before, List<Move> moves) {
        Map<TopicPartition, List<Integer>> after = new HashMap<>(before);
        moves.forEach(move -> after.put(move.partition(), move.to()));
        return after;
    }

    @Test
    void a_drained_node_has_nothing_and_nobody_else_loses_anything() {
        Map<TopicPartition, List<Integer>> before =
                Map.of(p(0), List.of(1, 2, 3), p(1), List.of(2, 3, 4), p(2), List.of(3, 4, 1));

        List<Move> moves = ReplicaPlan.drain(nodes(4), before, 3);

        assertThat(moves)
                .containsExactly(
                        new Move(p(0), List.of(1, 2, 3), List.of(1, 2, 4)),
                        new Move(p(1), List.of(2, 3, 4), List.of(2, 1, 4)),
                        new Move(p(2), List.of(3, 4, 1), List.of(2, 4, 1)));
    }

    @Test
    void a_node_cannot_be_drained_if_the_others_are_too_few() {
        Map<TopicPartition, List<Integer>> before = Map.of(p(0), List.of(1, 2, 3));
        List<Node> cordoned =
                List.of(
                        new Node(1, "", true),
                        new Node(2, "", true),
                        new Node(3, "", true),
                        new Node(4, "", false));

        assertThatThrownBy(() -> ReplicaPlan.drain(cordoned, before, 3))
                .isInstanceOf(ImpossibleException.class)
                .hasMessageContaining("t-0 has 3 replicas")
                .hasMessageContaining("2 nodes");
    }

    @Test
    void a_replica_goes_to_a_rack_that_the_partition_does_not_have() {
        List<Node> racks =
                List.of(
                        new Node(1, "a", true),
                        new Node(2, "b", true),
                        new Node(3, "c", true),
                        new Node(4, "a", true),
                        new Node(5, "c", true));

        List<Move> moves = ReplicaPlan.drain(racks, Map.of(p(0), List.of(1, 2, 3)), 3);

        assertThat(moves).containsExactly(new Move(p(0), List.of(1, 2, 3), List.of(1, 2, 5)));
    }

    @Test
    void a_node_that_was_added_gets_its_share_and_no_more_is_copied() {
        Map<TopicPartition, List<Integer>> before = new HashMap<>();
        for (int i = 0; i < 12; i++) {
            before.put(p(i), List.of(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3));
        }

        List<Move> moves = ReplicaPlan.balance(nodes(4), before);

        assertThat(moves.stream().mapToInt(move -> move.added().size()).sum())
                .as("a quarter of 36 replicas")
                .isEqualTo(9);
        assertThat(ReplicaPlan.replicasAfter(before, moves))
                .isEqualTo(Map.of(1, 9, 2, 9, 3, 9, 4, 9));
        Map<Integer, Integer> leaders = new HashMap<>();
        after(before, moves).values().forEach(ids -> leaders.merge(ids.get(0), 1, Integer::sum));
        assertThat(leaders).isEqualTo(Map.of(1, 3, 2, 3, 3, 3, 4, 3));
        assertThat(ReplicaPlan.balance(nodes(4), after(before, moves))).isEmpty();
    }

    @Test
    void a_node_that_was_added_gets_a_share_of_every_topic() {
        Map<TopicPartition, List<Integer>> before = new HashMap<>();
        Map.of("large", 40, "small", 8)
                .forEach(
                        (topic, partitions) -> {
                            for (int i = 0; i < partitions; i++) {
                                before.put(
                                        new TopicPartition(topic, i),
                                        List.of(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3));
                            }
                        });

        List<Move> moves = ReplicaPlan.balance(nodes(4), before);

        Map<String, Integer> copied = new HashMap<>();
        moves.forEach(
                move -> copied.merge(move.partition().topic(), move.added().size(), Integer::sum));
        assertThat(copied).isEqualTo(Map.of("large", 30, "small", 6));
    }

    @Test
    void topics_of_a_node_that_was_alone_get_the_replicas_they_lack() {
        Map<TopicPartition, List<Integer>> before =
                Map.of(p(0), List.of(1), p(1), List.of(1), p(2), List.of(1));

        List<Move> moves = ReplicaPlan.replicate(nodes(3), before, 3);

        assertThat(after(before, moves).values())
                .allSatisfy(ids -> assertThat(ids).containsExactlyInAnyOrder(1, 2, 3))
                .extracting(ids -> ids.get(0))
                .containsExactlyInAnyOrder(1, 2, 3);
        assertThatThrownBy(() -> ReplicaPlan.replicate(nodes(2), before, 3))
                .isInstanceOf(ImpossibleException.class);
    }

    @Test
    @Timeout(60)
    void ten_thousand_partitions_are_planned_in_seconds() {
        for (int topics : List.of(1, 100, 10_000)) {
            Map<TopicPartition, List<Integer>> before = new HashMap<>();
            for (int i = 0; i < 10_000; i++) {
                before.put(
                        new TopicPartition("t" + i % topics, i / topics),
                        List.of(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3));
            }

            Map<TopicPartition, List<Integer>> balanced =
                    after(before, ReplicaPlan.balance(nodes(4), before));
            List<Move> drained = ReplicaPlan.drain(nodes(5), balanced, 2);

            assertThat(ReplicaPlan.replicasAfter(balanced, List.of()).values()).containsOnly(7_500);
            assertThat(drained).hasSize(7_500);
        }
    }

    @Property(tries = 300)
    void plans_keep_what_partitions_need(
            @ForAll @IntRange(min = 3, max = 8) int count,
            @ForAll @IntRange(min = 1, max = 40) int partitions,
            @ForAll @IntRange(min = 1, max = 3) int copies,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<Node> nodes =
                IntStream.rangeClosed(1, count)
                        .mapToObj(id -> new Node(id, "r" + random.nextInt(3), true))
                        .toList();
        Map<TopicPartition, List<Integer>> before = new HashMap<>();
        for (int i = 0; i < partitions; i++) {
            List<Integer> ids = new ArrayList<>(nodes.stream().map(Node::id).toList());
            Collections.shuffle(ids, random);
            before.put(p(i), ids.subList(0, copies));
        }

        for (Map<TopicPartition, List<Integer>> after :
                List.of(
                        after(before, ReplicaPlan.balance(nodes, before)),
                        count > copies
                                ? after(before, ReplicaPlan.drain(nodes, before, 1))
                                : before)) {
            assertThat(after.values())
                    .allMatch(ids -> ids.size() == copies)
                    .allMatch(ids -> new HashSet<>(ids).size() == copies);
        }
        if (count > copies) {
            assertThat(after(before, ReplicaPlan.drain(nodes, before, 1)).values())
                    .noneMatch(ids -> ids.contains(1));
        }
    }
}
