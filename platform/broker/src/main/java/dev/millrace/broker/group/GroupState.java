package dev.millrace.broker.group;

/**
 * Where a group is in its rebalance.
 *
 * <pre>
 *            first member joins              every member has joined, or time is up
 *   EMPTY ---------------------&gt; PREPARING ------------------------------------------+
 *     ^                            ^   ^                                             v
 *     | nobody rejoined            |   +------- member joins, leaves, falls silent - COMPLETING
 *     +----------------------------+                                                 |
 *                                  +-- STABLE &lt;-- the leader's assignment is stored -+
 * </pre>
 */
enum GroupState {
    EMPTY("Empty"),
    PREPARING_REBALANCE("PreparingRebalance"),
    COMPLETING_REBALANCE("CompletingRebalance"),
    STABLE("Stable");

    private final String wireName;

    GroupState(String wireName) {
        this.wireName = wireName;
    }

    /** As DescribeGroups and ListGroups spell it. */
    String wireName() {
        return wireName;
    }
}
