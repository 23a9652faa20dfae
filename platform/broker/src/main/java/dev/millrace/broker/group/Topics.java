package dev.millrace.broker.group;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** The topics there are, as assigning sees them. */
interface Topics {
    /** Grows with every change. */
    long version();

    Set<String> names();

    @Nullable Topic named(String name);

    @Nullable Topic withId(Uuid id);

    /**
     * @param racks of each partition's replicas, as far as their brokers have one
     */
    record Topic(String name, Uuid id, List<List<String>> racks) {
        int partitions() {
            return racks.size();
        }
    }
}
