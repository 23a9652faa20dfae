package dev.millrace.streams.internal.task;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.rx.Outlet;
import dev.millrace.streams.processor.api.Record;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Ends at subscribers. With exactly-once they get records when the transaction is committed that
 * they come from: what is rolled back was never seen.
 */
public final class FlowableNode extends Node {
    private final Outlet outlet;
    private final List<Record<Object, Object>> uncommitted = new ArrayList<>();
    private boolean afterCommit;
    private int limit;

    public FlowableNode(Outlet outlet) {
        this.outlet = outlet;
    }

    @Override
    void init(TaskContext context) {
        super.init(context);
        afterCommit = context.config().exactlyOnce();
        limit = context.config().getInt(StreamsConfig.FLOWABLE_BUFFER_RECORDS_CONFIG);
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        if (!outlet.isSubscribed()) {
            return;
        }
        // Another thread will read the headers; here they go on to other nodes.
        Record<Object, Object> record =
                new Record<>(
                        Erased.any(key),
                        Erased.any(value),
                        timestamp,
                        new RecordHeaders(context.headers()));
        if (!afterCommit) {
            outlet.offer(record);
            return;
        }
        uncommitted.add(record);
        if (!hasRoom()) {
            context.requestCommit();
        }
    }

    /** Whether the task may process more. */
    boolean hasRoom() {
        return uncommitted.size() + outlet.waiting() < limit;
    }

    /** What the subscribers wait for is committed. */
    void committed() {
        uncommitted.forEach(outlet::offer);
        uncommitted.clear();
    }

    /** Records that came past their topic would come past the limit, too. */
    @Override
    boolean seesOffsets() {
        return true;
    }
}
