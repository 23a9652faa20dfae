package dev.millrace.broker.admin;

/** Where a value comes from, with its number in DescribeConfigs. */
enum ConfigSource {
    DYNAMIC_TOPIC(1),
    /** Set for one broker at run time. */
    DYNAMIC_BROKER(2),
    /** Set for all brokers at run time. */
    DYNAMIC_DEFAULT_BROKER(3),
    /** From the node's properties file or command line. */
    STATIC_BROKER(4),
    DEFAULT(5),
    /** Level of a logger. */
    BROKER_LOGGER(6),
    CLIENT_METRICS(7),
    GROUP(8);

    private final byte wireId;

    ConfigSource(int wireId) {
        this.wireId = (byte) wireId;
    }

    byte wireId() {
        return wireId;
    }
}
