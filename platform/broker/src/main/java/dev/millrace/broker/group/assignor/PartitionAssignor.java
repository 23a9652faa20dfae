package dev.millrace.broker.group.assignor;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;

/** Stateless; any thread. */
public interface PartitionAssignor {
    /** As clients ask for it in {@code group.remote.assignor}. */
    String name();

    /**
     * @param members in the order in which ties are broken
     * @param homogeneous all members read the same topics
     * @param partitions number of partitions of a topic
     * @return by member id; who is absent gets nothing. Every partition of a topic with subscribers
     *     is in it once.
     */
    Map<String, Map<Uuid, Set<Integer>>> assign(
            List<Subscriber> members, boolean homogeneous, ToIntFunction<Uuid> partitions);
}
