package dev.millrace.streams.http;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A path and its parameters.
 *
 * <pre>
 * /stores
 * /stores/STORE/keys/KEY                    ?stale ?asOf
 * /stores/STORE/keys/KEY/windows            ?stale ?from ?to
 * /stores/STORE/keys/KEY/sessions           ?stale
 * /stores/STORE/keys/KEY/versions           ?stale ?from ?to
 * /stores/STORE/keys                        ?from ?to ?limit
 * /stores/STORE/windows                     ?from ?to ?limit
 * </pre>
 *
 * @param store null: all of them
 * @param key null: all of them
 * @param resource the last name of the path; empty for the list of stores
 * @param text path and parameters as they came
 */
record Question(
        @Nullable String store,
        @Nullable String key,
        String resource,
        Map<String, String> parameters,
        String text) {
    static final int DEFAULT_LIMIT = 1_000;
    static final int MAX_LIMIT = 10_000;
    private static final Set<String> PARAMETERS = Set.of("stale", "asOf", "from", "to", "limit");

    static Question parse(URI uri) {
        List<String> path = new ArrayList<>();
        for (String segment : uri.getRawPath().substring(1).split("/", -1)) {
            path.add(decoded(segment, true));
        }
        Map<String, String> parameters = parameters(uri.getRawQuery());
        String text = uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        int size = path.size();
        if (path.get(0).equals("stores")) {
            if (size == 1) {
                return new Question(null, null, "", parameters, text);
            }
            if (size == 3) {
                return new Question(path.get(1), null, path.get(2), parameters, text);
            }
            if (size == 4 && path.get(2).equals("keys")) {
                return new Question(path.get(1), path.get(3), "keys", parameters, text);
            }
            if (size == 5 && path.get(2).equals("keys")) {
                return new Question(path.get(1), path.get(3), path.get(4), parameters, text);
            }
        }
        throw new Refused(
                404,
                "no_such_resource",
                "There is no "
                        + uri.getRawPath()
                        + ". There are /stores, /stores/STORE/keys/KEY, /stores/STORE/keys?from=&to=,"
                        + " /stores/STORE/keys/KEY/windows?from=&to= and the like.");
    }

    private static Map<String, String> parameters(@Nullable String query) {
        Map<String, String> parameters = new HashMap<>();
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals), false);
            if (!PARAMETERS.contains(name)) {
                throw new Refused(
                        400,
                        "unknown_parameter",
                        "There is no parameter "
                                + name
                                + ". There are from, to, limit, stale, asOf.");
            }
            parameters.put(name, equals < 0 ? "true" : decoded(pair.substring(equals + 1), false));
        }
        return parameters;
    }

    /** In a path, a plus sign is one. */
    private static String decoded(String text, boolean path) {
        try {
            return URLDecoder.decode(
                    path ? text.replace("+", "%2B") : text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new Refused(400, "bad_escape", "Not percent-encoded: " + text);
        }
    }

    /** Whether a standby may answer. */
    boolean stale() {
        return "true".equals(parameters.get("stale"));
    }

    /** Milliseconds since the epoch. */
    long time(String name, long absent) {
        String text = parameters.get(name);
        if (text == null) {
            return absent;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new Refused(
                    400,
                    "bad_time",
                    "Parameter "
                            + name
                            + " is milliseconds since the epoch, such as 1700000000000, not "
                            + text);
        }
    }

    int limit() {
        String text = parameters.getOrDefault("limit", Integer.toString(DEFAULT_LIMIT));
        try {
            int limit = Integer.parseInt(text);
            if (limit > 0 && limit <= MAX_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // said below, as of a number out of bounds
        }
        throw new Refused(
                400, "bad_limit", "Parameter limit is from 1 to " + MAX_LIMIT + ", not " + text);
    }
}
