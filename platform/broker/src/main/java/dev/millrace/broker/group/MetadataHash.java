package dev.millrace.broker.group;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Collection;
import java.util.TreeSet;

/**
 * A fingerprint of the topics that a group reads: when it changes, partitions must be assigned
 * anew. Computed as Apache Kafka does (XXH3, 64 bits), so that a group which moves between the two
 * does not rebalance for nothing.
 *
 * <pre>
 * topic   magic int8 = 0 | id, high and low int64 | name string | partitions int32
 *         | for each: number int32 | for each rack, sorted: length int32, rack string
 * group   the topics' hashes, int64 each, sorted by name; 0 if there are none
 * </pre>
 */
final class MetadataHash {
    private static final byte MAGIC = 0;

    private MetadataHash() {}

    /** Names without a topic do not count. */
    static long of(Collection<String> names, Topics topics) {
        HashStream64 hash = Hashing.xxh3_64().hashStream();
        boolean empty = true;
        for (String name : new TreeSet<>(names)) {
            Topics.Topic topic = topics.named(name);
            if (topic != null) {
                hash.putLong(of(topic));
                empty = false;
            }
        }
        return empty ? 0 : hash.getAsLong();
    }

    private static long of(Topics.Topic topic) {
        HashStream64 hash =
                Hashing.xxh3_64()
                        .hashStream()
                        .putByte(MAGIC)
                        .putLong(topic.id().getMostSignificantBits())
                        .putLong(topic.id().getLeastSignificantBits())
                        .putString(topic.name())
                        .putInt(topic.partitions());
        for (int partition = 0; partition < topic.partitions(); partition++) {
            hash.putInt(partition);
            topic.racks().get(partition).stream()
                    .sorted()
                    .forEach(rack -> hash.putInt(rack.length()).putString(rack));
        }
        return hash.getAsLong();
    }
}
