package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A group begins again where it has committed.
 *
 * <p>Of two commits, one unanswered and a later one acknowledged, the first may be carried out last
 * (it was still under way in a broker that was suspended): so a group may also begin at any offset
 * whose commit was never answered.
 */
final class GroupChecks {
    private final History history;

    GroupChecks(History history) {
        this.history = history;
    }

    List<Violation> check() {
        Map<String, List<GroupEvent.Commit>> commits = new HashMap<>();
        for (GroupEvent event : history.groupEvents()) {
            if (event instanceof GroupEvent.Commit commit) {
                commits.computeIfAbsent(key(event), k -> new ArrayList<>()).add(commit);
            }
        }
        List<Violation> violations = new ArrayList<>();
        for (GroupEvent event : history.groupEvents()) {
            if (event instanceof GroupEvent.Resume resume) {
                check(resume, commits.getOrDefault(key(event), List.of()), violations);
            }
        }
        return violations;
    }

    private static void check(
            GroupEvent.Resume resume, List<GroupEvent.Commit> commits, List<Violation> violations) {
        long least = 0;
        Set<Long> tried = new HashSet<>(Set.of(0L));
        Set<Long> unanswered = new HashSet<>();
        for (GroupEvent.Commit commit : commits) {
            if (commit.acknowledgedNs() < resume.askedNs()) {
                least = Math.max(least, commit.offset());
            }
            if (commit.sentNs() < resume.answeredNs()) {
                tried.add(commit.offset());
                if (commit.acknowledgedNs() == GroupEvent.UNANSWERED) {
                    unanswered.add(commit.offset());
                }
            }
        }
        if (resume.offset() < least && !unanswered.contains(resume.offset())) {
            violations.add(
                    new Violation(
                            "a group goes on where it has committed",
                            resume + ", but " + least + " was committed before"));
        } else if (!tried.contains(resume.offset())) {
            violations.add(
                    new Violation(
                            "a group goes on where it has committed",
                            resume + ", which nobody has committed"));
        }
    }

    private static String key(GroupEvent event) {
        return event.group() + " " + event.partition();
    }
}
