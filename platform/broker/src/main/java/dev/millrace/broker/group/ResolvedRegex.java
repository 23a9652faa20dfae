package dev.millrace.broker.group;

import java.util.Set;

/**
 * The topics that a subscribed expression stood for when it was last looked up.
 *
 * @param version of the metadata that was searched
 */
record ResolvedRegex(Set<String> topics, long version, long timestampMs) {
    static final ResolvedRegex NOTHING = new ResolvedRegex(Set.of(), -1, -1);

    ResolvedRegex {
        topics = Set.copyOf(topics);
    }
}
