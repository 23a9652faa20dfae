package dev.millrace.broker.quota;

/** What is counted of a client. Keys and units are Kafka's. */
enum QuotaType {
    /** Bytes of Produce requests per second. */
    PRODUCE("producer_byte_rate"),
    /** Bytes of Fetch responses per second. */
    FETCH("consumer_byte_rate"),
    /** Time of event loops and workers, in percent of one thread. */
    REQUEST("request_percentage"),
    /** Partitions created and deleted per second. */
    CONTROLLER_MUTATION("controller_mutation_rate");

    private final String key;

    QuotaType(String key) {
        this.key = key;
    }

    String key() {
        return key;
    }
}
