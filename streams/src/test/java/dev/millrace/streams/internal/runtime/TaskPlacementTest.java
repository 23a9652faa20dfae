package dev.millrace.streams.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.processor.TaskId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TaskPlacementTest {
    private static final UUID PROCESS = new UUID(1, 2);
    private static final TaskPlacement.Settings PLAIN = new TaskPlacement.Settings(0, 100, 2);

    private static Set<TaskId> tasks(int subtopologies, int partitions) {
        Set<TaskId> tasks = new TreeSet<>();
        for (int subtopology = 0; subtopology < subtopologies; subtopology++) {
            for (int partition = 0; partition < partitions; partition++) {
                tasks.add(new TaskId(subtopology, partition));
            }
        }
        return tasks;
    }

    private static Map<TaskId, Long> each(Set<TaskId> tasks, long offsets) {
        Map<TaskId, Long> each = new TreeMap<>();
        tasks.forEach(task -> each.put(task, offsets));
        return each;
    }

    private static TaskPlacement.Placed at(
            Map<String, TaskPlacement.Placed> placed, String member) {
        return Objects.requireNonNull(placed.get(member));
    }

    private static TaskPlacement.Member member(
            int process, Set<TaskId> running, Map<TaskId, Long> stored) {
        return new TaskPlacement.Member(new UUID(0, process), running, stored, "", false);
    }

    private static TaskPlacement.Member fresh() {
        return member(9, Set.of(), Map.of());
    }

    private static Map<String, Set<TaskId>> active(
            Set<TaskId> tasks, Map<String, TaskPlacement.Member> members) {
        Map<String, Set<TaskId>> active = new TreeMap<>();
        TaskPlacement.place(tasks, members, Map.of(), PLAIN)
                .forEach((id, placed) -> active.put(id, placed.active()));
        return active;
    }

    @Test
    void spreads_the_tasks_of_each_subtopology() {
        Map<String, Set<TaskId>> placed = active(tasks(2, 4), Map.of("a", fresh(), "b", fresh()));

        for (String member : List.of("a", "b")) {
            assertThat(placed.get(member)).hasSize(4);
            assertThat(placed.get(member)).filteredOn(task -> task.subtopology() == 0).hasSize(2);
        }
    }

    @Test
    void threads_of_a_process_share_the_tasks_that_have_state_there() {
        TaskPlacement.Member stored = member(1, Set.of(), each(tasks(1, 4), 7));

        Map<String, Set<TaskId>> placed = active(tasks(1, 4), Map.of("a", stored, "b", stored));

        assertThat(placed.get("a")).hasSize(2);
        assertThat(placed.get("b")).hasSize(2);
    }

    @Test
    void moves_only_as_many_tasks_as_a_new_member_needs() {
        Set<TaskId> all = tasks(1, 6);

        Map<String, Set<TaskId>> placed =
                active(all, Map.of("a", member(1, all, Map.of()), "b", fresh()));

        assertThat(placed.get("a")).hasSize(3);
        assertThat(placed.get("b")).hasSize(3);
    }

    @Test
    void a_new_member_takes_its_share_of_the_state_and_no_more() {
        Set<TaskId> all = tasks(2, 3);
        Map<TaskId, Long> ends = new TreeMap<>();
        all.stream().filter(task -> task.subtopology() == 1).forEach(task -> ends.put(task, 10L));

        Map<String, TaskPlacement.Placed> placed =
                TaskPlacement.place(
                        all,
                        Map.of("a", member(1, all, ends), "b", fresh(), "c", fresh()),
                        ends,
                        PLAIN);

        placed.values()
                .forEach(
                        each -> {
                            assertThat(each.active()).hasSize(2);
                            assertThat(each.active()).filteredOn(ends::containsKey).hasSize(1);
                        });
    }

    @Test
    void as_much_state_stays_where_it_is_as_evenness_allows() {
        Random random = new Random(6);
        for (int round = 0; round < 500; round++) {
            Set<TaskId> all = tasks(1 + random.nextInt(3), 1 + random.nextInt(6));
            Map<TaskId, Long> ends = new TreeMap<>();
            all.stream()
                    .filter(task -> task.subtopology() % 2 == 0)
                    .forEach(task -> ends.put(task, 10L));
            int count = 1 + random.nextInt(5);
            Map<String, Set<TaskId>> running = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                running.put("m" + i, new TreeSet<>());
            }
            int former = 1 + random.nextInt(count + 1); // one may have left
            for (TaskId task : all) {
                Set<TaskId> owned = running.get("m" + random.nextInt(former));
                if (owned != null) {
                    owned.add(task);
                }
            }
            Map<String, TaskPlacement.Member> members = new TreeMap<>();
            running.forEach((id, tasks) -> members.put(id, member(id.hashCode(), tasks, Map.of())));

            Map<String, TaskPlacement.Placed> placed =
                    TaskPlacement.place(all, members, ends, PLAIN);

            int fewest = ends.size() / count;
            int withOneMore = ends.size() % count;
            int mayStay = 0;
            int stay = 0;
            for (Map.Entry<String, Set<TaskId>> each : running.entrySet()) {
                Set<TaskId> before = new TreeSet<>(each.getValue());
                before.retainAll(ends.keySet());
                mayStay += Math.min(before.size(), fewest);
                if (before.size() > fewest && withOneMore > 0) {
                    withOneMore--;
                    mayStay++;
                }
                before.retainAll(at(placed, each.getKey()).active());
                stay += before.size();
            }
            assertThat(stay).isEqualTo(mayStay);
        }
    }

    @Test
    void a_task_with_much_state_runs_where_it_is_until_its_new_place_has_caught_up() {
        Set<TaskId> all = tasks(1, 4);
        Map<TaskId, Long> ends = each(all, 1000);
        TaskPlacement.Member owner = member(1, all, each(all, 1000));

        Map<String, TaskPlacement.Placed> before =
                TaskPlacement.place(all, Map.of("a", owner, "b", fresh()), ends, PLAIN);
        assertThat(at(before, "a").active()).isEqualTo(all);
        assertThat(at(before, "b").active()).isEmpty();
        Set<TaskId> warmups = at(before, "b").warmup();
        assertThat(warmups).hasSize(2);

        TaskPlacement.Member warm = member(2, Set.of(), each(warmups, 950));
        Map<String, TaskPlacement.Placed> after =
                TaskPlacement.place(all, Map.of("a", owner, "b", warm), ends, PLAIN);
        assertThat(at(after, "b").active()).isEqualTo(warmups);
        assertThat(at(after, "a").active()).hasSize(2).doesNotContainAnyElementsOf(warmups);
        assertThat(at(after, "b").warmup()).isEmpty();
    }

    @Test
    void no_more_tasks_warm_up_at_a_time_than_the_setting_allows() {
        Set<TaskId> all = tasks(1, 10);
        TaskPlacement.Settings one = new TaskPlacement.Settings(0, 100, 1);

        Map<String, TaskPlacement.Placed> placed =
                TaskPlacement.place(
                        all,
                        Map.of("a", member(1, all, Map.of()), "b", fresh()),
                        each(all, 1000),
                        one);

        assertThat(at(placed, "a").active()).isEqualTo(all);
        assertThat(at(placed, "b").warmup()).hasSize(1);
    }

    @Test
    void standbys_are_in_other_processes_than_their_task_and_stay_where_state_is() {
        Set<TaskId> all = tasks(1, 4);
        Map<String, TaskPlacement.Member> members =
                Map.of(
                        "a1", member(1, all, Map.of()),
                        "a2", member(1, Set.of(), Map.of()),
                        "b", member(2, Set.of(), each(all, 10)),
                        "c", member(3, Set.of(), Map.of()));

        Map<String, TaskPlacement.Placed> placed =
                TaskPlacement.place(
                        all, members, each(all, 10), new TaskPlacement.Settings(1, 100, 2));

        for (TaskId task : all) {
            List<String> active = having(placed, each -> each.active().contains(task));
            List<String> standby = having(placed, each -> each.standby().contains(task));
            assertThat(active).hasSize(1);
            assertThat(standby).hasSize(1);
            assertThat(standby.get(0).charAt(0)).isNotEqualTo(active.get(0).charAt(0));
        }
    }

    private static List<String> having(
            Map<String, TaskPlacement.Placed> placed,
            java.util.function.Predicate<TaskPlacement.Placed> wanted) {
        List<String> ids = new ArrayList<>();
        placed.forEach(
                (id, each) -> {
                    if (wanted.test(each)) {
                        ids.add(id);
                    }
                });
        return ids;
    }

    @Test
    void with_fewer_processes_than_replicas_there_are_fewer_standbys() {
        Set<TaskId> all = tasks(1, 2);

        Map<String, TaskPlacement.Placed> placed =
                TaskPlacement.place(
                        all,
                        Map.of("a", member(1, all, Map.of()), "b", member(2, Set.of(), Map.of())),
                        each(all, 10),
                        new TaskPlacement.Settings(3, 100, 2));

        assertThat(having(placed, each -> !each.standby().isEmpty())).hasSize(2);
        placed.values().forEach(each -> assertThat(each.standby()).hasSize(1));
    }

    @Test
    void places_every_task_once_and_evenly_whatever_members_claim() {
        Random random = new Random(3);
        for (int round = 0; round < 500; round++) {
            Set<TaskId> all = tasks(1 + random.nextInt(3), 1 + random.nextInt(6));
            Map<String, TaskPlacement.Member> members = new HashMap<>();
            for (int i = 0; i <= random.nextInt(5); i++) {
                members.put("m" + i, member(i / 2, some(all, random), each(some(all, random), 5)));
            }

            Map<String, Set<TaskId>> placed = active(all, members);

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

    @Test
    void with_state_of_any_size_every_task_has_one_place_and_never_follows_itself() {
        Random random = new Random(4);
        for (int round = 0; round < 500; round++) {
            Set<TaskId> all = tasks(1 + random.nextInt(3), 1 + random.nextInt(6));
            Map<String, TaskPlacement.Member> members = new HashMap<>();
            for (int i = 0; i <= random.nextInt(5); i++) {
                Map<TaskId, Long> stored = new HashMap<>();
                some(all, random).forEach(task -> stored.put(task, (long) random.nextInt(300)));
                members.put("m" + i, member(i, some(all, random), stored));
            }
            TaskPlacement.Settings settings =
                    new TaskPlacement.Settings(random.nextInt(3), 100, 1 + random.nextInt(3));

            Map<String, TaskPlacement.Placed> placed =
                    TaskPlacement.place(all, members, each(all, 250), settings);

            List<TaskId> given = new ArrayList<>();
            placed.values().forEach(each -> given.addAll(each.active()));
            assertThat(given).containsExactlyInAnyOrderElementsOf(all);
            int warmups = 0;
            for (TaskPlacement.Placed each : placed.values()) {
                assertThat(each.standby()).noneMatch(each.active()::contains);
                assertThat(each.warmup()).noneMatch(each.active()::contains);
                assertThat(each.warmup()).noneMatch(each.standby()::contains);
                warmups += each.warmup().size();
            }
            assertThat(warmups).isLessThanOrEqualTo(settings.maxWarmups());
        }
    }

    private static Set<TaskId> some(Set<TaskId> all, Random random) {
        Set<TaskId> some = new HashSet<>(all);
        some.removeIf(task -> random.nextBoolean());
        some.add(new TaskId(9, 9)); // of a former program
        return some;
    }

    @Test
    void what_members_and_leader_say_survives_the_way() {
        TaskPlacement.Member member =
                new TaskPlacement.Member(
                        PROCESS, tasks(2, 2), each(tasks(1, 3), 1L << 40), "localhost:8080", true);
        AssignorData.Assigned assigned =
                new AssignorData.Assigned(
                        tasks(1, 2),
                        tasks(2, 1),
                        List.of(new AssignorData.Host("a:1", tasks(1, 1), tasks(2, 2))),
                        true);

        assertThat(
                        AssignorData.decodeMember(AssignorData.encode(member, AssignorData.LATEST))
                                .member())
                .isEqualTo(member);
        assertThat(AssignorData.decodeAssigned(AssignorData.encode(assigned, AssignorData.LATEST)))
                .isEqualTo(assigned);
    }

    @Test
    void a_member_that_says_nothing_readable_has_no_tasks() {
        assertThat(AssignorData.decodeMember(null).member().running()).isEmpty();
        assertThat(AssignorData.decodeMember(ByteBuffer.allocate(40)).member().stored()).isEmpty();
        ByteBuffer torn =
                AssignorData.encode(
                        new TaskPlacement.Member(PROCESS, tasks(2, 2), Map.of(), "", false),
                        AssignorData.LATEST);
        torn.put(20, (byte) (torn.get(20) + 1));
        assertThat(AssignorData.decodeMember(torn).member().running()).isEmpty();
        assertThat(AssignorData.decodeAssigned(torn).standby()).isEmpty();
    }
}
