package dev.millrace.node.config;

import dev.millrace.broker.admin.BrokerSetting;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One setting a node knows.
 *
 * @param name Kafka's name, or {@code millrace.…}
 * @param expects for messages: "a whole number from 1 to 65536"
 * @param accepts whether a (trimmed) text is such a value
 * @param effect empty, or why the setting is accepted but changes nothing
 * @param refusal why a value that fits must not be set here; empty if it may
 */
record Setting(
        String name,
        String expects,
        Predicate<String> accepts,
        String effect,
        Function<String, String> refusal) {

    /** As the broker's table of settings has it. */
    static Setting of(BrokerSetting setting) {
        return new Setting(
                setting.name(),
                setting.expects(),
                setting::accepts,
                setting.withoutEffect(),
                value -> setting.refusalOf(value).orElse(""));
    }

    static Setting text(String name) {
        return new Setting(name, "a text", value -> true, "", value -> "");
    }

    static Setting matching(String name, String expects, String pattern) {
        return new Setting(name, expects, value -> value.matches(pattern), "", value -> "");
    }

    /** Kafka has it, its users' files contain it, and here it has nothing to act on. */
    Setting withoutEffect(String why) {
        return new Setting(name, expects, accepts, why, refusal);
    }
}
