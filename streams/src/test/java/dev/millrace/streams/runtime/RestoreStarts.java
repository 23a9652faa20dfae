package dev.millrace.streams.runtime;

import dev.millrace.streams.processor.StateRestoreListener;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** Where stores begin to read their changelogs. */
record RestoreStarts(List<Long> starts) implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition changelog, String store, long start, long end) {
        starts.add(start);
    }

    @Override
    public void onBatchRestored(TopicPartition changelog, String store, long last, long count) {}

    @Override
    public void onRestoreEnd(TopicPartition changelog, String store, long total) {}
}
