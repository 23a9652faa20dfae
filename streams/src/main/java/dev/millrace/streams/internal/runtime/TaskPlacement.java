package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.processor.TaskId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BiPredicate;

/**
 * Gives every task to one member, all members the same number or one more. A task stays with the
 * member that ran it, else goes where its state is, else to the member with the fewest like it.
 */
final class TaskPlacement {
    /**
     * A thread of the application.
     *
     * @param processId of the instance it runs in
     * @param running tasks it ran until now
     * @param stored tasks with state on the disk of its instance
     */
    record Member(UUID processId, Set<TaskId> running, Set<TaskId> stored) {}

    private final Map<String, Member> members;
    private final Map<String, List<TaskId>> placed = new TreeMap<>();
    private final int fewest;
    private int withOneMore;

    private TaskPlacement(Collection<TaskId> tasks, Map<String, Member> members) {
        this.members = new TreeMap<>(members);
        this.fewest = tasks.size() / members.size();
        this.withOneMore = tasks.size() % members.size();
        members.keySet().forEach(member -> placed.put(member, new ArrayList<>()));
    }

    /** Tasks by member id, sorted. */
    static Map<String, List<TaskId>> place(Collection<TaskId> tasks, Map<String, Member> members) {
        return new TaskPlacement(tasks, members).run(new TreeSet<>(tasks));
    }

    private Map<String, List<TaskId>> run(Set<TaskId> open) {
        giveWhere((member, task) -> member.running.contains(task), open);
        giveWhere((member, task) -> member.stored.contains(task), open);
        giveWhere((member, task) -> true, open);
        placed.values().forEach(tasks -> tasks.sort(null));
        return placed;
    }

    private void giveWhere(BiPredicate<Member, TaskId> wanted, Set<TaskId> open) {
        for (TaskId task : List.copyOf(open)) {
            String best = null;
            for (Map.Entry<String, Member> member : members.entrySet()) {
                String id = member.getKey();
                if (wanted.test(member.getValue(), task)
                        && hasRoom(id)
                        && (best == null || load(id, task) < load(best, task))) {
                    best = id;
                }
            }
            if (best != null) {
                open.remove(task);
                placed(best).add(task);
                if (placed(best).size() > fewest) {
                    withOneMore--;
                }
            }
        }
    }

    private boolean hasRoom(String member) {
        int size = placed(member).size();
        return size < fewest || (size == fewest && withOneMore > 0);
    }

    /** Tasks of one sub-topology do the same work: they are spread first. */
    private long load(String member, TaskId task) {
        List<TaskId> tasks = placed(member);
        long same = tasks.stream().filter(each -> each.subtopology() == task.subtopology()).count();
        return (same << 32) + tasks.size();
    }

    private List<TaskId> placed(String member) {
        return Objects.requireNonNull(placed.get(member), member);
    }
}
