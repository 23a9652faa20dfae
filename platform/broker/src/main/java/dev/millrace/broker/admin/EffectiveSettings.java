package dev.millrace.broker.admin;

import dev.millrace.cluster.MetadataImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings of a broker as they are now: what was set at run time for this broker, before what
 * was set for all brokers, before the node's properties. Pure functions; any thread.
 */
public final class EffectiveSettings {
    private static final Logger LOG = LoggerFactory.getLogger(EffectiveSettings.class);

    /** Names for one thing, strongest first. */
    private static final List<List<String>> SYNONYMS =
            List.of(
                    List.of("log.roll.ms", "log.roll.hours"),
                    List.of("log.roll.jitter.ms", "log.roll.jitter.hours"),
                    List.of("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
                    List.of("log.flush.interval.ms", "log.flush.scheduler.interval.ms"));

    private EffectiveSettings() {}

    /**
     * @param properties the node's, under Kafka's names
     */
    public static Map<String, String> of(
            Map<String, String> properties, MetadataImage image, int nodeId) {
        return overlaid(
                properties,
                image.config(TopicConfigs.brokerResource("")),
                image.config(TopicConfigs.brokerResource(String.valueOf(nodeId))));
    }

    /**
     * @param forAll set for all brokers
     * @param forOne set for this one
     */
    static Map<String, String> overlaid(
            Map<String, String> properties,
            Map<String, String> forAll,
            Map<String, String> forOne) {
        Map<String, String> effective = new HashMap<>(properties);
        overlay(effective, forAll);
        overlay(effective, forOne);
        return effective;
    }

    private static void overlay(Map<String, String> effective, Map<String, String> changes) {
        changes.forEach(
                (name, value) -> {
                    BrokerSetting setting = BrokerSetting.find(name).orElse(null);
                    if (setting == null
                            || !setting.isDynamic()
                            || setting.rule().violation(name, value).isPresent()) {
                        // Set by a version with other rules; the weaker value holds.
                        LOG.debug("{} is not a setting that can be changed at run time", name);
                        return;
                    }
                    // What is set later wins over a stronger name that was set before.
                    effective.keySet().removeAll(synonyms(name));
                    effective.put(name, value.trim());
                });
    }

    /** The name itself and those that mean the same, strongest first. */
    static List<String> synonyms(String name) {
        for (List<String> group : SYNONYMS) {
            // The scheduler's interval is the default of the interval, not the other way round.
            if (group.contains(name) && !name.equals("log.flush.scheduler.interval.ms")) {
                return group;
            }
        }
        return List.of(name);
    }

    /** The settings among {@code names} that are not the same in both. */
    public static boolean differ(
            Map<String, String> before, Map<String, String> now, Set<String> names) {
        return names.stream().anyMatch(name -> !Objects.equals(before.get(name), now.get(name)));
    }
}
