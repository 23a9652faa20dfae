package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which sub-topology reads which topic: those that its sources name, and those whose names match
 * the pattern of one, whenever they are created. A name goes before a pattern, and the first
 * pattern before the others. The application's own internal topics match none.
 */
public final class SourceTopics {
    private final Map<String, Integer> named = new LinkedHashMap<>();
    private final Map<Pattern, NodeSpec.Source> patterns = new LinkedHashMap<>();
    private final Map<NodeSpec.Source, Integer> subtopologyOf = new HashMap<>();
    private final String internal;

    public SourceTopics(String applicationId, Collection<SubtopologySpec> subtopologies) {
        internal = Pattern.quote(applicationId + "-") + ".*-(?:changelog|repartition)";
        for (SubtopologySpec subtopology : subtopologies) {
            subtopology.sourceTopics().forEach(topic -> named.put(topic, subtopology.id()));
            for (NodeSpec node : subtopology.nodes()) {
                if (node instanceof NodeSpec.Source source && source.pattern() != null) {
                    patterns.put(source.pattern(), source);
                    subtopologyOf.put(source, subtopology.id());
                }
            }
        }
    }

    boolean hasPatterns() {
        return !patterns.isEmpty();
    }

    Set<String> named() {
        return named.keySet();
    }

    /** Null: nobody reads the topic. */
    @Nullable Integer subtopologyOf(String topic) {
        Integer byName = named.get(topic);
        if (byName != null) {
            return byName;
        }
        NodeSpec.Source source = matching(topic);
        return source == null ? null : subtopologyOf.get(source);
    }

    /** The source that takes a topic because of its pattern; null: none does. */
    NodeSpec.@Nullable Source matching(String topic) {
        if (patterns.isEmpty() || named.containsKey(topic) || topic.matches(internal)) {
            return null;
        }
        for (Map.Entry<Pattern, NodeSpec.Source> pattern : patterns.entrySet()) {
            if (pattern.getKey().matcher(topic).matches()) {
                return pattern.getValue();
            }
        }
        return null;
    }

    /** Of all topics there are, those that match a pattern. */
    Set<String> matching(Collection<String> topics) {
        Set<String> found = new TreeSet<>();
        for (String topic : topics) {
            if (matching(topic) != null) {
                found.add(topic);
            }
        }
        return found;
    }

    /**
     * Topics that a sub-topology reads.
     *
     * @param known all that are there, or those that match a pattern
     */
    Set<String> of(SubtopologySpec subtopology, Collection<String> known) {
        Set<String> topics = new TreeSet<>(subtopology.sourceTopics());
        for (String topic : matching(known)) {
            Integer reader = subtopologyOf(topic);
            if (reader != null && reader == subtopology.id()) {
                topics.add(topic);
            }
        }
        return topics;
    }

    /** All of it as one expression, for a consumer that subscribes by pattern. */
    Pattern expression() {
        List<String> alternatives = new ArrayList<>();
        named.keySet().forEach(topic -> alternatives.add(Pattern.quote(topic)));
        patterns.keySet()
                .forEach(
                        pattern ->
                                alternatives.add(
                                        "(?!"
                                                + internal
                                                + "$)(?"
                                                + flags(pattern)
                                                + ":"
                                                + pattern.pattern()
                                                + ")"));
        return Pattern.compile(String.join("|", alternatives));
    }

    private static String flags(Pattern pattern) {
        StringBuilder flags = new StringBuilder();
        Map<Integer, String> letters =
                Map.of(
                        Pattern.CASE_INSENSITIVE, "i",
                        Pattern.MULTILINE, "m",
                        Pattern.DOTALL, "s",
                        Pattern.UNICODE_CASE, "u",
                        Pattern.COMMENTS, "x");
        letters.forEach(
                (flag, letter) -> flags.append((pattern.flags() & flag) != 0 ? letter : ""));
        return flags.toString();
    }
}
