package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.processor.TaskId;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Gives every task to one member, all members the same number or one more: first those with state,
 * then the others. A task stays with the member that ran it, else goes where its state is, else to
 * the member with the fewest like it. So a change of members moves as few tasks with state as
 * evenness allows, and no task but to make room or fill it.
 *
 * <p>Where that member would have to read much of a changelog first, and another process need not,
 * the task runs there meanwhile, and the member warms up: it follows the changelog, and asks for a
 * new placement when it has caught up. Standbys follow the changelogs of tasks for good, in
 * processes other than the task's own.
 */
final class TaskPlacement {
    /**
     * A thread of the application.
     *
     * @param processId of the instance it runs in
     * @param running tasks it ran until now
     * @param stored tasks with state on the disk of its instance: how many changelog records that
     *     state holds, the sum of its offsets
     * @param endpoint {@code application.server}, HOST:PORT; empty without one
     * @param shutdown whether all instances are to end
     * @param tags what its {@code client.tag.} settings say
     */
    record Member(
            UUID processId,
            Set<TaskId> running,
            Map<TaskId, Long> stored,
            String endpoint,
            boolean shutdown,
            Map<String, String> tags) {
        /** Without tags. */
        Member(
                UUID processId,
                Set<TaskId> running,
                Map<TaskId, Long> stored,
                String endpoint,
                boolean shutdown) {
            this(processId, running, stored, endpoint, shutdown, Map.of());
        }
    }

    /** What one member gets. */
    record Placed(Set<TaskId> active, Set<TaskId> standby, Set<TaskId> warmup) {
        Placed() {
            this(new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
        }

        boolean follows(TaskId task) {
            return standby.contains(task) || warmup.contains(task);
        }

        int size() {
            return active.size() + standby.size() + warmup.size();
        }
    }

    /**
     * @param standbys of each task with a changelog: {@code num.standby.replicas}
     * @param acceptableLag records that a task may read before it runs: {@code
     *     acceptable.recovery.lag}
     * @param maxWarmups of the whole application: {@code max.warmup.replicas}
     */
    record Settings(int standbys, long acceptableLag, int maxWarmups) {}

    /** Tasks of one partition stay together, rather than those of one sub-topology. */
    private static final Comparator<TaskId> BY_PARTITION =
            Comparator.comparingInt(TaskId::partition).thenComparing(Comparator.naturalOrder());

    private final Map<String, Member> members;
    private final Map<TaskId, Long> ends;
    private final Settings settings;
    private final Map<String, Placed> placed = new TreeMap<>();
    private int given;
    private int fewest;
    private int withOneMore;

    private TaskPlacement(Map<String, Member> members, Map<TaskId, Long> ends, Settings settings) {
        this.members = new TreeMap<>(members);
        this.ends = ends;
        this.settings = settings;
        members.keySet().forEach(member -> placed.put(member, new Placed()));
    }

    /**
     * By member id.
     *
     * @param ends of the tasks that have changelogs: sums of their end offsets
     */
    static Map<String, Placed> place(
            Collection<TaskId> tasks,
            Map<String, Member> members,
            Map<TaskId, Long> ends,
            Settings settings) {
        return new TaskPlacement(members, ends, settings).run(Set.copyOf(tasks));
    }

    private Map<String, Placed> run(Set<TaskId> tasks) {
        Set<TaskId> withState = new TreeSet<>(tasks);
        withState.retainAll(ends.keySet());
        Set<TaskId> others = new TreeSet<>(tasks);
        others.removeAll(withState);
        give(withState);
        give(others);
        warmUp();
        withState.forEach(this::addStandbys);
        return placed;
    }

    /** Evenly, with those that were given before. */
    private void give(Set<TaskId> tasks) {
        given += tasks.size();
        fewest = given / members.size();
        withOneMore = given % members.size();
        for (Placed each : placed.values()) {
            if (each.active.size() > fewest) {
                withOneMore--;
            }
        }
        Set<TaskId> open = new TreeSet<>(BY_PARTITION);
        open.addAll(tasks);
        giveWhere((member, task) -> member.running.contains(task), open);
        giveWhere(this::isCaughtUp, open);
        giveWhere((member, task) -> member.stored.containsKey(task), open);
        giveWhere((member, task) -> true, open);
    }

    private void giveWhere(BiPredicate<Member, TaskId> wanted, Set<TaskId> open) {
        for (TaskId task : List.copyOf(open)) {
            String best =
                    leastLoaded(task, id -> wanted.test(member(id), task) && hasRoom(id))
                            .orElse(null);
            if (best != null) {
                open.remove(task);
                placed(best).active.add(task);
                if (placed(best).active.size() > fewest) {
                    withOneMore--;
                }
            }
        }
    }

    private Optional<String> leastLoaded(TaskId task, Predicate<String> allowed) {
        return members.keySet().stream()
                .filter(allowed)
                .min(Comparator.comparingLong((String id) -> load(id, task)));
    }

    private boolean hasRoom(String member) {
        int size = placed(member).active.size();
        return size < fewest || (size == fewest && withOneMore > 0);
    }

    /** Tasks of one sub-topology do the same work: they are spread first. */
    private long load(String member, TaskId task) {
        Set<TaskId> tasks = placed(member).active;
        long same = tasks.stream().filter(each -> each.subtopology() == task.subtopology()).count();
        return (same << 32) + tasks.size();
    }

    /** Whether the member's process has to read little before it can run the task. */
    private boolean isCaughtUp(Member member, TaskId task) {
        Long end = ends.get(task);
        if (end == null) {
            return true; // no state
        }
        if (members.values().stream()
                .anyMatch(
                        each ->
                                each.processId.equals(member.processId)
                                        && each.running.contains(task))) {
            return true;
        }
        return end - member.stored.getOrDefault(task, 0L) <= settings.acceptableLag;
    }

    /** Leaves tasks where their state is, as long as it is elsewhere than their new place. */
    private void warmUp() {
        int warmups = 0;
        for (String id : List.copyOf(members.keySet())) {
            for (TaskId task : List.copyOf(placed(id).active)) {
                if (isCaughtUp(member(id), task)) {
                    continue;
                }
                String ready = ready(task);
                if (ready != null) {
                    placed(id).active.remove(task);
                    placed(ready).active.add(task);
                    if (warmups < settings.maxWarmups) {
                        warmups++;
                        placed(id).warmup.add(task);
                    }
                }
            }
        }
    }

    /** Whoever runs the task now, else whoever can at once. */
    private @Nullable String ready(TaskId task) {
        return leastLoaded(task, id -> member(id).running.contains(task))
                .or(() -> leastLoaded(task, id -> isCaughtUp(member(id), task)))
                .orElse(null);
    }

    private void addStandbys(TaskId task) {
        Set<UUID> taken = new HashSet<>();
        placed.forEach(
                (id, each) -> {
                    if (each.active.contains(task) || each.warmup.contains(task)) {
                        taken.add(member(id).processId);
                    }
                });
        for (int i = 0; i < settings.standbys; i++) {
            Optional<String> best =
                    members.keySet().stream()
                            .filter(id -> !taken.contains(member(id).processId))
                            .min(
                                    Comparator.comparing(
                                                    (String id) ->
                                                            !member(id).stored.containsKey(task))
                                            .thenComparing(id -> placed(id).size()));
            if (best.isEmpty()) {
                return; // fewer processes than replicas
            }
            placed(best.get()).standby.add(task);
            taken.add(member(best.get()).processId);
        }
    }

    private Placed placed(String member) {
        return Objects.requireNonNull(placed.get(member), member);
    }

    private Member member(String id) {
        return Objects.requireNonNull(members.get(id), id);
    }
}
