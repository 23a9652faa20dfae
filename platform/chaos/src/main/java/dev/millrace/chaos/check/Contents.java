package dev.millrace.chaos.check;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Everything that the partitions hold at the end, read at both isolation levels from the beginning.
 */
public record Contents(Map<TopicPartition, OfPartition> partitions) {

    /**
     * @param uncommitted in the order in which it was read
     * @param committed in the order in which it was read
     * @param endOffset high watermark
     * @param stableOffset last stable offset
     */
    public record OfPartition(
            List<Entry> uncommitted, List<Entry> committed, long endOffset, long stableOffset) {
        List<Entry> at(Isolation isolation) {
            return isolation == Isolation.READ_COMMITTED ? committed : uncommitted;
        }
    }

    OfPartition of(TopicPartition partition) {
        OfPartition found = partitions.get(partition);
        return found != null ? found : new OfPartition(List.of(), List.of(), 0, 0);
    }

    static NavigableMap<Long, String> byOffset(List<Entry> entries) {
        NavigableMap<Long, String> map = new TreeMap<>();
        entries.forEach(entry -> map.put(entry.offset(), entry.value()));
        return map;
    }
}
