package dev.millrace.broker;

import java.util.HashSet;
import java.util.Set;

/**
 * The partitions of a topic whose replica on one broker is throttled: what {@code
 * leader.replication.throttled.replicas} and its follower's twin say for that broker.
 */
record ThrottledReplicas(boolean all, Set<Integer> partitions) {
    static final ThrottledReplicas NONE = new ThrottledReplicas(false, Set.of());

    /**
     * @param value {@code *}, or {@code partition:broker} in a list, which may be empty
     */
    static ThrottledReplicas of(String value, int nodeId) {
        String text = value.strip();
        if (text.isEmpty()) {
            return NONE;
        }
        if (text.equals("*")) {
            return new ThrottledReplicas(true, Set.of());
        }
        Set<Integer> partitions = new HashSet<>();
        for (String element : text.split(",")) {
            String[] pair = element.strip().split(":");
            if (pair.length == 2 && Integer.parseInt(pair[1]) == nodeId) {
                partitions.add(Integer.parseInt(pair[0]));
            }
        }
        return new ThrottledReplicas(false, Set.copyOf(partitions));
    }

    boolean contains(int partition) {
        return all || partitions.contains(partition);
    }
}
