package dev.millrace.cluster.journal;

import java.util.Optional;
import java.util.regex.Pattern;

/** Kafka's rules for topic names. */
final class TopicNames {
    static final int MAX_LENGTH = 249;
    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]+");

    private TopicNames() {}

    /** Why the name cannot be used; empty if it can. */
    static Optional<String> refusal(String name) {
        if (name.isEmpty()) {
            return Optional.of("A topic name must not be empty.");
        }
        if (name.equals(".") || name.equals("..")) {
            return Optional.of("A topic cannot be named '" + name + "'.");
        }
        if (name.length() > MAX_LENGTH) {
            return Optional.of(
                    "A topic name has at most "
                            + MAX_LENGTH
                            + " characters, this one has "
                            + name.length()
                            + ": '"
                            + name.substring(0, 40)
                            + "...'.");
        }
        if (!LEGAL.matcher(name).matches()) {
            return Optional.of(
                    "Topic name '"
                            + name
                            + "' has a character other than ASCII letters, digits, '.', '_' and"
                            + " '-'.");
        }
        return Optional.empty();
    }

    /** Metric names turn '.' into '_', so that "a.b" and "a_b" could not be told apart. */
    static boolean canCollide(String name) {
        return name.indexOf('.') >= 0 || name.indexOf('_') >= 0;
    }

    static String collisionName(String name) {
        return name.replace('.', '_');
    }
}
