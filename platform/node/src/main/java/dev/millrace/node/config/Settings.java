package dev.millrace.node.config;

import static dev.millrace.node.config.Setting.matching;
import static dev.millrace.node.config.Setting.text;

import dev.millrace.broker.admin.BrokerSetting;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every setting a node knows, by name: those of a broker, and what a node is stricter about. A name
 * that is not here is refused, with the nearest one that is.
 */
final class Settings {
    private static final String KRAFT = "Millrace keeps its metadata in its own journal";

    /** Before the broker's rules. */
    private static final Map<String, Setting> OF_THE_NODE =
            Stream.of(
                            matching(
                                    "listeners",
                                    "PLAINTEXT://HOST:PORT",
                                    "PLAINTEXT://[^/:]*:\\d{1,5}"),
                            matching(
                                    "advertised.listeners",
                                    "PLAINTEXT://HOST:PORT",
                                    "PLAINTEXT://[^/:]+:\\d{1,5}"),
                            matching("millrace.http.listener", "HOST:PORT", "[^/:]*:\\d{1,5}"),
                            matching(ClusterSettings.LISTENER, "HOST:PORT", "[^/:,]+:\\d{1,5}"),
                            matching(
                                    ClusterSettings.PEERS,
                                    "HOST:PORT,...",
                                    "([^/:,]+:\\d{1,5}( *, *[^/:,]+:\\d{1,5})*)?"),
                            matching(
                                    ClusterSettings.VOTERS,
                                    "HOST:PORT,...",
                                    "([^/:,]+:\\d{1,5}( *, *[^/:,]+:\\d{1,5})*)?"),
                            matching("broker.id", "a whole number of at least 0", "\\d{1,9}"),
                            // Of files from before Kafka 4.
                            text("zookeeper.connect").withoutEffect(KRAFT))
                    .collect(Collectors.toMap(Setting::name, Function.identity()));

    private Settings() {}

    /**
     * @throws ConfigException if there is no such setting, or it does not accept the value
     */
    static Setting check(String name, String value, String origin) {
        Setting setting =
                find(name)
                        .orElseThrow(
                                () ->
                                        new ConfigException(
                                                origin
                                                        + ": unknown setting '"
                                                        + name
                                                        + "'"
                                                        + nearest(name)
                                                                .map(
                                                                        n ->
                                                                                "; did you mean '"
                                                                                        + n
                                                                                        + "'?")
                                                                .orElse("")));
        if (!setting.accepts().test(value)) {
            throw new ConfigException(
                    origin
                            + ": "
                            + name
                            + " should be "
                            + setting.expects()
                            + ", not '"
                            + value
                            + "'");
        }
        String refusal = setting.refusal().apply(value);
        if (!refusal.isEmpty()) {
            throw new ConfigException(origin + ": " + refusal);
        }
        return setting;
    }

    private static Optional<Setting> find(String name) {
        Setting own = OF_THE_NODE.get(name);
        return own != null
                ? Optional.of(own)
                : Optional.ofNullable(BrokerSetting.all().get(name)).map(Setting::of);
    }

    private static Optional<String> nearest(String name) {
        return Stream.concat(OF_THE_NODE.keySet().stream(), BrokerSetting.all().keySet().stream())
                .distinct()
                .filter(known -> distance(known, name) <= Math.max(2, name.length() / 4))
                .min(Comparator.comparingInt(known -> distance(known, name)));
    }

    /** Levenshtein. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], previous[j]) + 1, previous[j - 1] + change);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
