package dev.millrace.broker.group.assignor;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;

/**
 * Gives members equally many partitions, and moves no more of them than that takes.
 *
 * <p>Where everybody reads the same topics, loads differ by one at most, and only what is above a
 * member's share moves. Where subscriptions differ, the subscribers of each topic are levelled
 * topic by topic, which is nearly even in bounded time.
 */
public final class UniformAssignor implements PartitionAssignor {
    public static final String NAME = "uniform";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Map<String, Map<Uuid, Set<Integer>>> assign(
            List<Subscriber> members, boolean homogeneous, ToIntFunction<Uuid> partitions) {
        if (members.isEmpty()) {
            return new HashMap<>();
        }
        return homogeneous
                ? new EqualShares(members, partitions).assign()
                : new LevelledTopics(members, partitions).assign();
    }
}
