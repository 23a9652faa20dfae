package dev.millrace.broker.group;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a member of a consumer group wants, and who it is.
 *
 * @param topics names it subscribed to, sorted
 * @param regex RE2 expression it subscribed to, empty if none
 * @param assignor server-side assignor it asks for, null if it leaves the choice
 * @param rebalanceTimeoutMs how long it may take to give partitions up
 * @param classic set if it speaks the classic protocol
 */
record MemberSubscription(
        @Nullable String instanceId,
        @Nullable String rackId,
        String clientId,
        String clientHost,
        Set<String> topics,
        String regex,
        @Nullable String assignor,
        int rebalanceTimeoutMs,
        @Nullable Classic classic) {

    /** Of a member of which nothing is known yet. */
    static final MemberSubscription NONE =
            new MemberSubscription(null, null, "", "", Set.of(), "", null, -1, null);

    /**
     * @param protocols assignors the client supports, preferred first, with its subscription in
     *     each one's form
     */
    record Classic(int sessionTimeoutMs, List<Member.Protocol> protocols) {
        Classic {
            protocols = List.copyOf(protocols);
        }
    }

    MemberSubscription {
        topics = sorted(topics);
    }

    private static Set<String> sorted(Collection<String> topics) {
        return topics.isEmpty() ? Set.of() : Collections.unmodifiableSet(new TreeSet<>(topics));
    }

    boolean hasRegex() {
        return !regex.isEmpty();
    }
}
