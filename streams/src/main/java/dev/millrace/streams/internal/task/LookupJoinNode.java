package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.kstream.KeyValueMapper;
import dev.millrace.streams.kstream.ValueJoinerWithKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Joins the records of a stream with the rows of a table, which are looked up. With a grace period
 * a record waits in a buffer until stream time has passed its own by it, and results leave in the
 * order of their timestamps.
 *
 * <pre>
 * key of the buffer:  timestamp, 8 bytes, milliseconds | number, 8 bytes
 * </pre>
 */
public final class LookupJoinNode extends Node {
    /**
     * @param keySelector of a global table; null: the record's key
     * @param left whether records without a row are results
     * @param graceMs -1 without a buffer
     */
    public record Settings(
            @Nullable KeyValueMapper<Object, Object, Object> keySelector,
            ValueJoinerWithKey<Object, Object, Object, Object> joiner,
            boolean left,
            long graceMs,
            @Nullable String bufferStore) {}

    private final Settings settings;
    private final ValueGetter table;
    private @Nullable RowStore buffer;
    private long observedTime = -1;
    private long number;

    public LookupJoinNode(Settings settings, ValueGetter table) {
        this.settings = settings;
        this.table = table;
    }

    @Override
    void init(TaskContext context) {
        super.init(context);
        table.init(context);
        if (settings.bufferStore() != null) {
            buffer = context.rows(settings.bufferStore());
            observedTime = context.markedTime(settings.bufferStore());
            List<Long> numbers = new ArrayList<>();
            buffer.forEachRow((key, value, at) -> numbers.add(numberOf((Bytes) key)));
            numbers.forEach(each -> number = Math.max(number, each + 1));
        }
    }

    @Override
    void saveMarks() {
        if (settings.bufferStore() != null) {
            context.markTime(settings.bufferStore(), observedTime);
        }
    }

    private static long numberOf(Bytes key) {
        return ByteBuffer.wrap(key.get()).getLong(8);
    }

    private static long timestampOf(Bytes key) {
        return ByteBuffer.wrap(key.get()).getLong(0);
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        observedTime = Math.max(observedTime, timestamp);
        Object tableKey = tableKey(key, value);
        boolean dropped = value == null || (tableKey == null && !settings.left());
        if (dropped) {
            context.dropped("null key or value");
            return;
        }
        RowStore waiting = buffer;
        if (waiting == null || timestamp <= observedTime - settings.graceMs() || key == null) {
            join(key, value, tableKey, timestamp);
        } else {
            Bytes position =
                    Bytes.wrap(
                            ByteBuffer.allocate(16).putLong(timestamp).putLong(number++).array());
            waiting.update(
                    position,
                    new BufferedRecord(key, value, timestamp, context.headers()),
                    null,
                    timestamp);
        }
        if (waiting != null) {
            release(waiting);
        }
    }

    private @Nullable Object tableKey(@Nullable Object key, @Nullable Object value) {
        KeyValueMapper<Object, Object, Object> selector = settings.keySelector();
        return selector == null || value == null ? key : selector.apply(Erased.any(key), value);
    }

    private void release(RowStore waiting) {
        List<Bytes> due = new ArrayList<>();
        List<BufferedRecord> records = new ArrayList<>();
        waiting.forEachRow(
                (position, record, at) -> {
                    Bytes key = (Bytes) position;
                    if (timestampOf(key) <= observedTime - settings.graceMs()) {
                        due.add(key);
                        records.add((BufferedRecord) record);
                    }
                });
        Headers headers = context.headers();
        for (int i = 0; i < due.size(); i++) {
            BufferedRecord record = records.get(i);
            context.headers(record.headers());
            join(
                    record.key(),
                    record.value(),
                    tableKey(record.key(), record.value()),
                    record.timestamp());
            waiting.update(due.get(i), null, null, record.timestamp());
        }
        context.headers(headers);
    }

    private void join(
            @Nullable Object key,
            @Nullable Object value,
            @Nullable Object tableKey,
            long timestamp) {
        Object row = null;
        if (tableKey != null) {
            row = table.isVersioned() ? table.get(tableKey, timestamp) : table.get(tableKey);
        }
        if (row != null || settings.left()) {
            Object joined =
                    settings.joiner().apply(Erased.any(key), Erased.any(value), Erased.any(row));
            forward(key, joined, null, timestamp);
        }
    }
}
