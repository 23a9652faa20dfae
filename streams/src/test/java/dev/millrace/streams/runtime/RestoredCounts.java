package dev.millrace.streams.runtime;

import dev.millrace.streams.processor.StateRestoreListener;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** How many records stores read of their changelogs, batch by batch. */
record RestoredCounts(List<Long> counts) implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition changelog, String store, long start, long end) {}

    @Override
    public void onBatchRestored(TopicPartition changelog, String store, long last, long count) {
        counts.add(count);
    }

    @Override
    public void onRestoreEnd(TopicPartition changelog, String store, long total) {}
}
