package dev.millrace.broker.group;

/** Where a consumer group (KIP-848) is. */
enum ConsumerGroupState {
    EMPTY("Empty"),
    /** The target is older than the group. */
    ASSIGNING("Assigning"),
    /** Some member is not where the target wants it. */
    RECONCILING("Reconciling"),
    STABLE("Stable");

    private final String wireName;

    ConsumerGroupState(String wireName) {
        this.wireName = wireName;
    }

    /** As ConsumerGroupDescribe and ListGroups spell it. */
    String wireName() {
        return wireName;
    }
}
