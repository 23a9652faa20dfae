package dev.millrace.broker.group;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidRegularExpression;

/**
 * Subscriptions to expressions (RE2): when they are looked up, and what follows from the result.
 * Looking up takes time with the number of topics, so it happens beside the group's decisions.
 */
final class RegexSubscriptions {
    /** However often members come and go, a group's expressions are not looked up sooner. */
    static final long MIN_REFRESH_MS = 10_000;

    /** What a heartbeat did to its member's expression. */
    enum Change {
        NONE,
        /** To one that is still to be looked up. */
        UNRESOLVED,
        /** What the member reads is known. */
        RESOLVED
    }

    /**
     * @param lookUp expressions to look up, empty if none
     */
    record Update(Change change, Set<String> lookUp) {}

    private RegexSubscriptions() {}

    /**
     * @throws InvalidRegularExpression the new expression is none
     */
    static Update update(
            ConsumerDraft draft,
            ConsumerMember before,
            ConsumerMember updated,
            ConsumerSituation now,
            int refreshIntervalMs) {
        ConsumerGroup group = draft.group();
        String oldRegex = before.subscription().regex();
        String newRegex = updated.subscription().regex();
        Change change = Change.NONE;
        boolean needed = false;
        if (!oldRegex.equals(newRegex)) {
            change = Change.UNRESOLVED;
            if (!oldRegex.isEmpty() && group.subscribers(oldRegex) == 1) {
                draft.add(new ConsumerGroupRecord.RegexDeleted(group.groupId(), oldRegex));
            }
            if (newRegex.isEmpty()) {
                change = Change.RESOLVED;
            } else if (group.subscribers(newRegex) == 0) {
                requireValid(newRegex);
                needed = true;
            } else if (group.resolvedRegexes().containsKey(newRegex)) {
                change = Change.RESOLVED;
            }
        }
        return new Update(change, lookUp(group, before, updated, now, needed, refreshIntervalMs));
    }

    private static Set<String> lookUp(
            ConsumerGroup group,
            ConsumerMember before,
            ConsumerMember updated,
            ConsumerSituation now,
            boolean needed,
            int refreshIntervalMs) {
        if (now.resolving() || (!needed && group.regexSubscribers().isEmpty())) {
            return Set.of();
        }
        Map<String, ResolvedRegex> resolved = group.resolvedRegexes();
        ResolvedRegex last =
                resolved.isEmpty() ? ResolvedRegex.NOTHING : resolved.values().iterator().next();
        if (!resolved.isEmpty() && now.nowMs() <= last.timestampMs() + MIN_REFRESH_MS) {
            return Set.of();
        }
        Set<String> subscribed = subscribed(group, before, updated);
        boolean due =
                needed
                        || subscribed.size() != resolved.size()
                        || last.version() < now.newTopicsVersion()
                        || now.nowMs() > last.timestampMs() + refreshIntervalMs;
        return due ? subscribed : Set.of();
    }

    private static Set<String> subscribed(
            ConsumerGroup group, ConsumerMember before, ConsumerMember updated) {
        Set<String> regexes = new HashSet<>(group.regexSubscribers().keySet());
        String oldRegex = before.subscription().regex();
        if (group.subscribers(oldRegex) == 1) {
            regexes.remove(oldRegex);
        }
        if (updated.subscription().hasRegex()) {
            regexes.add(updated.subscription().regex());
        }
        return regexes;
    }

    private static void requireValid(String regex) {
        try {
            Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new InvalidRegularExpression(
                    "'%s' is not an RE2 expression: %s".formatted(regex, e.getDescription()));
        }
    }

    /** The topics that each expression stands for. Any thread. */
    static Map<String, ResolvedRegex> resolve(Set<String> regexes, Topics topics, long nowMs) {
        Map<String, ResolvedRegex> resolved = new HashMap<>();
        for (String regex : regexes) {
            Pattern pattern = Pattern.compile(regex);
            Set<String> matching = new HashSet<>();
            for (String topic : topics.names()) {
                if (pattern.matches(topic)) {
                    matching.add(topic);
                }
            }
            resolved.put(regex, new ResolvedRegex(matching, topics.version(), nowMs));
        }
        return resolved;
    }

    /** The records of what was found; the group's epoch is raised if it reads other topics now. */
    static List<GroupRecord> found(
            ConsumerDraft draft, Map<String, ResolvedRegex> found, Topics topics) {
        ConsumerGroup group = draft.group();
        Map<String, ResolvedRegex> next = new HashMap<>(group.resolvedRegexes());
        boolean changed = false;
        for (Map.Entry<String, ResolvedRegex> entry : found.entrySet()) {
            String regex = entry.getKey();
            if (group.subscribers(regex) == 0) {
                continue;
            }
            ResolvedRegex before = next.put(regex, entry.getValue());
            changed |=
                    !entry.getValue().topics().equals(before == null ? Set.of() : before.topics());
            draft.add(new ConsumerGroupRecord.Regex(group.groupId(), regex, entry.getValue()));
        }
        long hash = MetadataHash.of(TopicSubscriptions.of(group.members(), next).topics(), topics);
        if (changed || hash != group.metadataHash()) {
            draft.raiseEpoch(hash);
            group.metadataSeen(draft.groupEpoch());
        }
        return draft.records();
    }
}
