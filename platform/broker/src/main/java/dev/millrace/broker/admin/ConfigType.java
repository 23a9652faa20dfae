package dev.millrace.broker.admin;

import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/** Type of a setting, with its number in DescribeConfigs. */
enum ConfigType {
    UNKNOWN(0, "text"),
    BOOLEAN(1, "true or false"),
    STRING(2, "text"),
    INT(3, "a whole number"),
    SHORT(4, "a whole number"),
    LONG(5, "a whole number"),
    DOUBLE(6, "a number"),
    LIST(7, "a comma-separated list"),
    CLASS(8, "the name of a class"),
    PASSWORD(9, "a secret");

    private final byte wireId;
    private final String description;

    ConfigType(int wireId, String description) {
        this.wireId = (byte) wireId;
        this.description = description;
    }

    static ConfigType of(ConfigDef.@Nullable Type type) {
        return type == null ? UNKNOWN : valueOf(type.name());
    }

    byte wireId() {
        return wireId;
    }

    String description() {
        return description;
    }
}
