package dev.millrace.broker.group;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the members of a group read together: how many name each topic, and how many expressions
 * stand for it.
 */
final class TopicSubscriptions {
    private final Map<String, Integer> byName = new HashMap<>();
    private final Map<String, Integer> byRegex = new HashMap<>();
    private final Map<String, Integer> regexes = new HashMap<>();
    private final int members;

    private TopicSubscriptions(int members) {
        this.members = members;
    }

    /**
     * @param resolved of the group; expressions to which nobody subscribes do not count
     */
    static TopicSubscriptions of(
            Collection<ConsumerMember> members, Map<String, ResolvedRegex> resolved) {
        TopicSubscriptions counts = new TopicSubscriptions(members.size());
        for (ConsumerMember member : members) {
            MemberSubscription subscription = member.subscription();
            subscription.topics().forEach(topic -> counts.byName.merge(topic, 1, Integer::sum));
            if (subscription.hasRegex()) {
                counts.regexes.merge(subscription.regex(), 1, Integer::sum);
            }
        }
        for (String regex : counts.regexes.keySet()) {
            resolved.getOrDefault(regex, ResolvedRegex.NOTHING)
                    .topics()
                    .forEach(topic -> counts.byRegex.merge(topic, 1, Integer::sum));
        }
        return counts;
    }

    Set<String> topics() {
        Set<String> topics = new HashSet<>(byName.keySet());
        topics.addAll(byRegex.keySet());
        return topics;
    }

    /** All members read the same topics, as far as counting tells. */
    boolean isHomogeneous() {
        if (regexes.isEmpty()) {
            return byName.values().stream().allMatch(count -> count == members);
        }
        return byName.isEmpty()
                && regexes.size() == 1
                && regexes.values().stream().allMatch(count -> count == members)
                && byRegex.values().stream().allMatch(count -> count == 1);
    }

    /** The topics of one member's subscription. */
    static Set<String> topicsOf(
            MemberSubscription subscription, Map<String, ResolvedRegex> resolved) {
        if (!subscription.hasRegex()) {
            return subscription.topics();
        }
        Set<String> topics = new HashSet<>(subscription.topics());
        topics.addAll(resolved.getOrDefault(subscription.regex(), ResolvedRegex.NOTHING).topics());
        return topics;
    }
}
