package dev.millrace.streams.http;

import dev.millrace.streams.processor.StreamPartitioner;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A store that a server answers for.
 *
 * @param render makes of a value what JSON can say; the identity for what it can say already
 * @param partitioner null: keys are where Kafka's producers put them
 */
record Served<K>(
        String name,
        Kind kind,
        KeyFormat<K> keys,
        Function<Object, Object> render,
        @Nullable StreamPartitioner<K, ?> partitioner) {
    enum Kind {
        KEY_VALUE,
        /** Every instance has all of it. */
        GLOBAL,
        WINDOWS,
        SESSIONS,
        VERSIONED
    }

    /** A key as it stands in a path, and as it is. */
    K key(String text) {
        try {
            return keys.parse().apply(text);
        } catch (IllegalArgumentException e) {
            throw new Refused(
                    400, "bad_key", "Store " + name + " has no keys like \"" + text + "\": " + e);
        }
    }

    /** Names of what can be asked below a key, beside the key itself. */
    private Set<String> ofKey() {
        return switch (kind) {
            case KEY_VALUE, GLOBAL -> Set.of();
            case WINDOWS -> Set.of("windows");
            case SESSIONS -> Set.of("sessions");
            case VERSIONED -> Set.of("versions");
        };
    }

    /** Refuses what the kind of store does not know. */
    void check(Question question) {
        String resource = question.resource();
        boolean known;
        if (question.key() == null) {
            known = resource.equals(kind == Kind.WINDOWS ? "windows" : "keys") && hasRanges();
        } else if (kind == Kind.WINDOWS || kind == Kind.SESSIONS) {
            known = ofKey().contains(resource);
        } else {
            known = resource.equals("keys") || ofKey().contains(resource);
        }
        if (!known) {
            throw new Refused(
                    400,
                    "wrong_kind",
                    "Store "
                            + name
                            + " is of kind "
                            + kind.name().toLowerCase(Locale.ROOT)
                            + ". Ask "
                            + paths());
        }
    }

    private boolean hasRanges() {
        return kind != Kind.SESSIONS && kind != Kind.VERSIONED;
    }

    private String paths() {
        String key = "/stores/" + name + "/keys/KEY";
        return switch (kind) {
            case KEY_VALUE, GLOBAL -> key + " or /stores/" + name + "/keys?from=&to=";
            case WINDOWS -> key + "/windows?from=&to= or /stores/" + name + "/windows?from=&to=";
            case SESSIONS -> key + "/sessions";
            case VERSIONED -> key + "?asOf= or " + key + "/versions?from=&to=";
        };
    }
}
