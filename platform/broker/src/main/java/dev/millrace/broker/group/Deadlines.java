package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * When to look at which group again. At most one live entry per group, the earliest asked for:
 * heartbeats only move deadlines back, so they cost nothing here, and the look at the old time
 * finds the new one.
 */
final class Deadlines {
    private record Entry(long dueMs, String groupId) {}

    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>(Comparator.comparingLong(Entry::dueMs));
    private final Map<String, Long> earliest = new HashMap<>();

    void lookAt(String groupId, long dueMs) {
        if (dueMs == Group.NEVER) {
            return;
        }
        Long known = earliest.get(groupId);
        if (known == null || dueMs < known) {
            earliest.put(groupId, dueMs);
            queue.add(new Entry(dueMs, groupId));
        }
    }

    /** {@link Group#NEVER} if there is nothing to look at. */
    long nextMs() {
        dropSuperseded();
        Entry first = queue.peek();
        return first == null ? Group.NEVER : first.dueMs();
    }

    /** Takes out the groups whose time has come. */
    List<String> takeDue(long nowMs) {
        List<String> due = new ArrayList<>();
        while (nextMs() <= nowMs) {
            Entry entry = queue.remove();
            earliest.remove(entry.groupId());
            due.add(entry.groupId());
        }
        return due;
    }

    private void dropSuperseded() {
        for (Entry first = queue.peek(); first != null; first = queue.peek()) {
            Long current = earliest.get(first.groupId());
            if (current != null && current == first.dueMs()) {
                return;
            }
            queue.remove();
        }
    }
}
