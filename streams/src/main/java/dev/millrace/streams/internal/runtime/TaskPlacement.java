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
import org.jspecify.annotations.Nullable;

/**
 * Gives every task to one member, all members the same number or one more. A task stays with the
 * member that ran it, else goes where its state is, else to the member with the fewest tasks.
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
        members.forEach((id, member) -> keep(id, member.running, open));
        members.forEach((id, member) -> keep(id, member.stored, open));
        for (TaskId task : open) {
            give(leastLoaded(), task);
        }
        placed.values().forEach(tasks -> tasks.sort(null));
        return placed;
    }

    private void keep(String member, Set<TaskId> wanted, Set<TaskId> open) {
        for (TaskId task : new TreeSet<>(wanted)) {
            if (hasRoom(member) && open.remove(task)) {
                give(member, task);
            }
        }
    }

    private boolean hasRoom(String member) {
        int size = placed(member).size();
        return size < fewest || (size == fewest && withOneMore > 0);
    }

    private String leastLoaded() {
        @Nullable String best = null;
        for (String member : placed.keySet()) {
            if (hasRoom(member) && (best == null || placed(member).size() < placed(best).size())) {
                best = member;
            }
        }
        return Objects.requireNonNull(best, "There is room for every task");
    }

    private void give(String member, TaskId task) {
        List<TaskId> tasks = placed(member);
        tasks.add(task);
        if (tasks.size() > fewest) {
            withOneMore--;
        }
    }

    private List<TaskId> placed(String member) {
        return Objects.requireNonNull(placed.get(member), member);
    }
}
