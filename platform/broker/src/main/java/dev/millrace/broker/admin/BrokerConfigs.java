package dev.millrace.broker.admin;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.errors.InvalidRequestException;

/**
 * What may be set on brokers at run time. Refusals are INVALID_REQUEST in Kafka's words; names that
 * nobody knows are kept and do nothing, as Kafka keeps those of its plugins. Pure functions.
 *
 * @see "KIP-226: dynamic broker configuration"
 */
final class BrokerConfigs {
    private static final Pattern OF_A_LISTENER = Pattern.compile("listener\\.name\\.[^.]*\\.(.*)");

    /** These may be set for all listeners of all brokers. */
    private static final Set<String> CLUSTER_LEVEL_LISTENER_CONFIGS =
            Set.of("max.connections", "max.connection.creation.rate", "num.network.threads");

    private static final List<String> THREADS =
            List.of(
                    "num.io.threads",
                    "num.network.threads",
                    "num.replica.fetchers",
                    "num.recovery.threads.per.data.dir",
                    "background.threads");

    private static final long CLEANER_BUFFER_BYTES_MIN = 1 << 20;

    private static final long UNLIMITED = -1;
    private static final long AS_THE_TOTAL = -2;

    private final Map<String, String> properties;
    private final List<String> logDirs;

    /**
     * @param properties the node's, under Kafka's names
     */
    BrokerConfigs(Map<String, String> properties, List<String> logDirs) {
        this.properties = properties;
        this.logDirs = logDirs;
    }

    /**
     * @param configs all that would be set on the resource
     * @param forOneBroker false: for all brokers
     * @param forAll set for all brokers now
     * @param forOne set for this broker now
     * @throws InvalidRequestException if one of them must not be
     */
    void validate(
            Map<String, String> configs,
            boolean forOneBroker,
            Map<String, String> forAll,
            Map<String, String> forOne) {
        refuse(
                names(configs, name -> isKnown(name) && !isDynamic(name)),
                "Cannot update these configs dynamically");
        refuse(
                names(configs, SslConfigs.RECONFIGURABLE_CONFIGS::contains),
                "These security configs can be dynamically updated only per-listener using the"
                        + " listener prefix");
        configs.forEach(BrokerConfigs::validateValue);
        if (!forOneBroker) {
            refuse(
                    names(configs, BrokerConfigs::isOfOneBrokerOnly),
                    "Cannot update these configs at default cluster level, broker id must be"
                            + " specified");
        }
        Map<String, String> before = EffectiveSettings.overlaid(properties, forAll, forOne);
        Map<String, String> after =
                forOneBroker
                        ? EffectiveSettings.overlaid(properties, forAll, configs)
                        : EffectiveSettings.overlaid(properties, configs, forOne);
        try {
            validateTogether(before, after);
        } catch (ConfigException e) {
            // Kafka says it so, the class name in the text included.
            throw new InvalidRequestException(
                    new ConfigException("Invalid dynamic configuration", e).getMessage());
        }
    }

    private static Set<String> names(Map<String, String> configs, Predicate<String> which) {
        Set<String> names = new LinkedHashSet<>();
        configs.keySet().stream().filter(which).forEach(names::add);
        return names;
    }

    private static void refuse(Set<String> names, String message) {
        if (!names.isEmpty()) {
            throw new InvalidRequestException(message + ": " + names);
        }
    }

    private static boolean isKnown(String name) {
        return BrokerSetting.find(name).isPresent();
    }

    private static boolean isDynamic(String name) {
        return BrokerSetting.find(name).map(BrokerSetting::isDynamic).orElse(false);
    }

    private static boolean isOfOneBrokerOnly(String name) {
        Matcher listener = OF_A_LISTENER.matcher(name);
        if (listener.matches()) {
            return !CLUSTER_LEVEL_LISTENER_CONFIGS.contains(listener.group(1));
        }
        return BrokerSetting.find(name)
                .map(s -> s.updateMode() == BrokerSetting.UpdateMode.PER_BROKER)
                .orElse(false);
    }

    private static void validateValue(String name, String value) {
        Matcher listener = OF_A_LISTENER.matcher(name);
        Optional<BrokerSetting> setting =
                BrokerSetting.find(listener.matches() ? listener.group(1) : name);
        setting.flatMap(s -> s.rule().violation(s.name(), value))
                .or(() -> setting.flatMap(s -> s.refusalOf(value)))
                .ifPresent(
                        violation -> {
                            throw new InvalidRequestException(violation);
                        });
    }

    private void validateTogether(Map<String, String> before, Map<String, String> after) {
        for (String name : THREADS) {
            validateThreads(name, number(before, name), number(after, name));
        }
        validateCleaner(number(before, "log.cleaner.threads"), after);
        for (String kind : List.of("consumer", "share", "streams")) {
            validateAssignmentInterval("group." + kind + ".", after);
        }
        validateLocalRetention("log.local.retention.ms", "log.retention.ms", after);
        validateLocalRetention("log.local.retention.bytes", "log.retention.bytes", after);
        validateCordoned(after);
        validateIpOverrides(after.getOrDefault("max.connections.per.ip.overrides", ""));
        String listeners = after.getOrDefault("listeners", "");
        if (!listeners.equals(before.getOrDefault("listeners", ""))) {
            throw new InvalidRequestException(
                    "listeners cannot be changed while this broker runs: stop it, and start it"
                            + " with the new ones");
        }
    }

    private static void validateThreads(String name, long before, long after) {
        if (before == after) {
            return;
        }
        String failed = "Dynamic thread count update validation failed for " + name + "=" + after;
        if (after < before / 2) {
            throw new ConfigException(
                    failed + ", value should be at least half the current value " + before);
        }
        if (after > before * 2) {
            throw new ConfigException(
                    failed
                            + ", value should not be greater than double the current value "
                            + before);
        }
    }

    private static void validateCleaner(long threadsBefore, Map<String, String> after) {
        long threads = number(after, "log.cleaner.threads");
        if (threads < 1) {
            throw new ConfigException("Log cleaner threads should be at least 1");
        }
        if (threads < threadsBefore / 2) {
            throw new ConfigException(
                    "Log cleaner threads cannot be reduced to less than half the current value "
                            + threadsBefore);
        }
        if (threads > threadsBefore * 2) {
            throw new ConfigException(
                    "Log cleaner threads cannot be increased to more than double the current value "
                            + threadsBefore);
        }
        if (number(after, "log.cleaner.dedupe.buffer.size") / threads < CLEANER_BUFFER_BYTES_MIN) {
            throw new InvalidRequestException(
                    "requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per"
                            + " cleaner thread.");
        }
    }

    private static void validateAssignmentInterval(String kind, Map<String, String> after) {
        String name = kind + "assignment.interval.ms";
        String min = kind + "min.assignment.interval.ms";
        String max = kind + "max.assignment.interval.ms";
        if (number(after, name) < number(after, min)) {
            throw new InvalidRequestException(name + " must be greater than or equal to " + min);
        }
        if (number(after, name) > number(after, max)) {
            throw new InvalidRequestException(name + " must be less than or equal to " + max);
        }
    }

    /**
     * There is no remote storage yet; a value that would be wrong with it is refused all the same.
     */
    private static void validateLocalRetention(
            String local, String total, Map<String, String> after) {
        long localLimit = number(after, local);
        long limit =
                total.equals("log.retention.ms")
                        ? TopicConfigs.retentionMs(after)
                        : number(after, total);
        if (limit == UNLIMITED || localLimit == AS_THE_TOTAL) {
            return;
        }
        if (localLimit == UNLIMITED) {
            throw new ConfigException(
                    local,
                    localLimit,
                    "Value must not be -1 as " + total + " value is set as " + limit + ".");
        }
        if (localLimit > limit) {
            throw new ConfigException(
                    local,
                    localLimit,
                    "Value must not be more than " + total + " property value: " + limit);
        }
    }

    private void validateCordoned(Map<String, String> after) {
        List<String> cordoned = TopicConfig.elements(after.getOrDefault("cordoned.log.dirs", ""));
        if (cordoned.equals(List.of("*"))) {
            return;
        }
        List<String> missing = new ArrayList<>(cordoned);
        missing.removeAll(logDirs);
        if (!missing.isEmpty()) {
            throw new InvalidRequestException(
                    "requirement failed: All entries in cordoned.log.dirs must be present in"
                            + " log.dirs or log.dir. Missing entries : "
                            + String.join(", ", missing));
        }
    }

    private static void validateIpOverrides(String overrides) {
        for (String each : TopicConfig.elements(overrides)) {
            try {
                int limit = Integer.parseInt(each.substring(each.lastIndexOf(':') + 1).trim());
                if (limit < 0 || each.lastIndexOf(':') < 1) {
                    throw new InvalidRequestException(
                            "max.connections.per.ip.overrides has an entry '"
                                    + each
                                    + "'; expected HOST:NUMBER");
                }
            } catch (NumberFormatException e) {
                throw new InvalidRequestException(String.valueOf(e.getMessage()));
            }
        }
    }

    private static long number(Map<String, String> settings, String name) {
        BrokerSetting setting = BrokerSetting.find(name).orElseThrow();
        String value = settings.get(name);
        if (value == null) {
            value = setting.defaultValue();
        }
        return value == null ? 0 : Long.parseLong(value.trim());
    }
}
