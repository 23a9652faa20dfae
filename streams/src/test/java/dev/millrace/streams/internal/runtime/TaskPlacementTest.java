package dev.millrace.streams.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.processor.TaskId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TaskPlacementTest {
    private static final UUID PROCESS = new UUID(1, 2);

    private static Set<TaskId> tasks(int subtopologies, int partitions) {
        Set<TaskId> tasks = new TreeSet<>();
        for (int subtopology = 0; subtopology < subtopologies; subtopology++) {
            for (int partition = 0; partition < partitions; partition++) {
                tasks.add(new TaskId(subtopology, partition));
            }
        }
        return tasks;
    }

    private static TaskPlacement.Member fresh() {
        return new TaskPlacement.Member(PROCESS, Set.of(), Set.of());
    }

    @Test
    void spreads_the_tasks_of_each_subtopology() {
        Map<String, List<TaskId>> placed =
                TaskPlacement.place(tasks(2, 4), Map.of("a", fresh(), "b", fresh()));

        for (String member : List.of("a", "b")) {
            assertThat(placed.get(member)).hasSize(4);
            assertThat(placed.get(member)).filteredOn(task -> task.subtopology() == 0).hasSize(2);
        }
    }

    @Test
    void threads_of_a_process_share_the_tasks_that_have_state_there() {
        TaskPlacement.Member stored =
                new TaskPlacement.Member(PROCESS, Set.of(), Set.copyOf(tasks(1, 4)));

        Map<String, List<TaskId>> placed =
                TaskPlacement.place(tasks(1, 4), Map.of("a", stored, "b", stored));

        assertThat(placed.get("a")).hasSize(2);
        assertThat(placed.get("b")).hasSize(2);
    }

    @Test
    void moves_only_as_many_tasks_as_a_new_member_needs() {
        Set<TaskId> all = tasks(1, 6);
        TaskPlacement.Member owner = new TaskPlacement.Member(PROCESS, all, Set.of());

        Map<String, List<TaskId>> placed =
                TaskPlacement.place(all, Map.of("a", owner, "b", fresh()));

        assertThat(placed.get("a")).hasSize(3);
        assertThat(placed.get("b")).hasSize(3);
    }

    @Test
    void places_every_task_once_and_evenly_whatever_members_claim() {
        Random random = new Random(3);
        for (int round = 0; round < 500; round++) {
            Set<TaskId> all = tasks(1 + random.nextInt(3), 1 + random.nextInt(6));
            Map<String, TaskPlacement.Member> members = new HashMap<>();
            for (int i = 0; i <= random.nextInt(5); i++) {
                members.put(
                        "m" + i,
                        new TaskPlacement.Member(PROCESS, some(all, random), some(all, random)));
            }

            Map<String, List<TaskId>> placed = TaskPlacement.place(all, members);

            List<TaskId> given = new ArrayList<>();
            placed.values().forEach(given::addAll);
            assertThat(given).containsExactlyInAnyOrderElementsOf(all);
            assertThat(placed.keySet()).isEqualTo(members.keySet());
            placed.values()
                    .forEach(
                            each ->
                                    assertThat(each.size())
                                            .isBetween(
                                                    all.size() / members.size(),
                                                    (all.size() + members.size() - 1)
                                                            / members.size()));
        }
    }

    private static Set<TaskId> some(Set<TaskId> all, Random random) {
        Set<TaskId> some = new HashSet<>(all);
        some.removeIf(task -> random.nextBoolean());
        some.add(new TaskId(9, 9)); // of a former program
        return some;
    }

    @Test
    void user_data_survives_the_way_to_the_leader() {
        TaskPlacement.Member member = new TaskPlacement.Member(PROCESS, tasks(2, 2), tasks(1, 3));

        assertThat(TaskAssignor.decode(TaskAssignor.encode(member))).isEqualTo(member);
        assertThat(TaskAssignor.decode(null).running()).isEmpty();
        assertThat(TaskAssignor.decode(ByteBuffer.allocate(40)).stored()).isEmpty();
    }
}
