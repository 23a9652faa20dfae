package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.processor.StandbyUpdateListener;
import dev.millrace.streams.processor.StateRestoreListener;
import dev.millrace.streams.processor.TaskId;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Who wants to know how stores are filled. */
public record RestoreEvents(StateRestoreListener restores, StandbyUpdateListener standbys) {
    private static final StateRestoreListener NO_RESTORES =
            new StateRestoreListener() {
                @Override
                public void onRestoreStart(
                        TopicPartition changelog, String store, long start, long end) {}

                @Override
                public void onBatchRestored(
                        TopicPartition changelog, String store, long last, long count) {}

                @Override
                public void onRestoreEnd(TopicPartition changelog, String store, long total) {}
            };

    private static final StandbyUpdateListener NO_STANDBYS =
            new StandbyUpdateListener() {
                @Override
                public void onUpdateStart(TopicPartition changelog, String store, long start) {}

                @Override
                public void onBatchLoaded(
                        TopicPartition changelog,
                        String store,
                        TaskId task,
                        long last,
                        long count,
                        long end) {}

                @Override
                public void onUpdateSuspended(
                        TopicPartition changelog,
                        String store,
                        long offset,
                        long end,
                        SuspendReason reason) {}
            };

    /** Null: nobody. */
    public static RestoreEvents to(
            @Nullable StateRestoreListener restores, @Nullable StandbyUpdateListener standbys) {
        return new RestoreEvents(
                restores == null ? NO_RESTORES : restores,
                standbys == null ? NO_STANDBYS : standbys);
    }
}
