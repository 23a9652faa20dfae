package dev.millrace.broker.admin;

/** Type of a setting, with its number in DescribeConfigs. */
enum ConfigType {
    BOOLEAN(1, "true or false"),
    STRING(2, "text"),
    INT(3, "a whole number"),
    LONG(5, "a whole number"),
    DOUBLE(6, "a number"),
    LIST(7, "a comma-separated list");

    private final byte wireId;
    private final String description;

    ConfigType(int wireId, String description) {
        this.wireId = (byte) wireId;
        this.description = description;
    }

    byte wireId() {
        return wireId;
    }

    String description() {
        return description;
    }
}
