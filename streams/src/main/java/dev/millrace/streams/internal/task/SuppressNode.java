package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.kstream.SuppressionBuffer;
import dev.millrace.streams.kstream.Windowed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Holds changes of a table back: of a key, the last one goes on, with the value from before the
 * first one as its old value. The changes are in a store, from which a restart reads them; which of
 * them is due is kept on the heap.
 */
public final class SuppressNode extends Node {
    /**
     * @param waitMs after the change, or after the end of its window
     * @param byWindow time is the end of the key's window; otherwise the first change's timestamp
     * @param dropsTombstones deleted rows were never seen downstream
     */
    public record Settings(
            String name,
            String storeName,
            long waitMs,
            boolean byWindow,
            boolean dropsTombstones,
            SuppressionBuffer limits) {}

    /** Place in the buffer: by time, then by key. */
    private record Place(long timeMs, Bytes key) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byTime = Long.compare(timeMs, other.timeMs);
            return byTime != 0 ? byTime : key.compareTo(other.key);
        }
    }

    /** Time, offset and partition, as Kafka Streams counts them. */
    private static final int RECORD_OVERHEAD_BYTES = 28;

    private record Held(Place place, long bytes) {}

    private final Settings settings;
    private final TreeMap<Place, Object> due = new TreeMap<>();
    private final Map<Object, Held> held = new HashMap<>();

    @SuppressWarnings("NullAway.Init") // set by init, before the first record
    private RowStore rows;

    private long observedTime = -1;
    private long bytes;

    public SuppressNode(Settings settings) {
        this.settings = settings;
    }

    @Override
    void init(TaskContext context) {
        super.init(context);
        rows = context.rows(settings.storeName());
        observedTime = context.markedTime(settings.storeName());
        List<BufferedRecord> restored = new ArrayList<>();
        rows.forEachRow((key, value, at) -> restored.add((BufferedRecord) value));
        restored.sort((a, b) -> Long.compare(timeOf(a), timeOf(b)));
        restored.forEach(record -> hold(Erased.any(record.key()), timeOf(record), record));
    }

    @Override
    void saveMarks() {
        context.markTime(settings.storeName(), observedTime);
    }

    private long timeOf(BufferedRecord record) {
        return timeOf(record.key(), record.timestamp());
    }

    private long timeOf(@Nullable Object key, long timestamp) {
        return settings.byWindow() && key instanceof Windowed<?> windowed
                ? windowed.window().end()
                : timestamp;
    }

    private void hold(Object key, long timeMs, BufferedRecord record) {
        Held present = held.get(key);
        Place place = present == null ? new Place(timeMs, rows.keyBytes(key)) : present.place();
        ConsumerRecord<byte[], byte[]> origin = context.origin();
        int topicBytes = origin == null ? 0 : origin.topic().length();
        long recordBytes =
                (long) RECORD_OVERHEAD_BYTES
                        + topicBytes
                        + place.key().get().length
                        + rows.valueBytes(record);
        bytes += recordBytes - (present == null ? 0 : present.bytes());
        held.put(key, new Held(place, recordBytes));
        due.put(place, key);
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        observedTime = Math.max(observedTime, timestamp);
        Object heldKey = Erased.any(key);
        BufferedRecord before = (BufferedRecord) rows.get(heldKey);
        Object first = before == null ? old : before.old();
        BufferedRecord record =
                new BufferedRecord(heldKey, value, first, timestamp, context.headers());
        rows.update(heldKey, record, null, timestamp);
        hold(heldKey, timeOf(heldKey, timestamp), record);
        release();
    }

    private void release() {
        while (!due.isEmpty() && due.firstKey().timeMs() <= observedTime - settings.waitMs()) {
            emitFirst();
        }
        if (!overCapacity()) {
            return;
        }
        if (!settings.limits().emitsEarly()) {
            throw new StreamsException(
                    String.format(
                            "%s buffer exceeded its max capacity. Currently [%d/%d] records and [%d/%d] bytes.",
                            settings.name(),
                            held.size(),
                            settings.limits().maxRecords(),
                            bytes,
                            settings.limits().maxBytes()));
        }
        while (!due.isEmpty() && overCapacity()) {
            emitFirst();
        }
    }

    private boolean overCapacity() {
        return held.size() > settings.limits().maxRecords() || bytes > settings.limits().maxBytes();
    }

    private void emitFirst() {
        Object key = Erased.any(due.remove(due.firstKey()));
        Held removed = held.remove(key);
        bytes -= removed == null ? 0 : removed.bytes();
        BufferedRecord record = (BufferedRecord) rows.get(key);
        rows.forget(key, observedTime);
        if (record == null || (record.value() == null && settings.dropsTombstones())) {
            return;
        }
        Headers headers = context.headers();
        context.headers(record.headers());
        forward(key, record.value(), record.old(), record.timestamp());
        context.headers(headers);
    }

    /** What downstream knows: the value before the first change held back. */
    public static final class Getter extends ValueGetter {
        private final String storeName;
        private final ValueGetter parent;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private RowStore rows;

        public Getter(String storeName, ValueGetter parent) {
            this.storeName = storeName;
            this.parent = parent;
        }

        @Override
        void init(TaskContext context) {
            parent.init(context);
            rows = context.rows(storeName);
        }

        @Override
        @Nullable Object get(Object key) {
            BufferedRecord held = (BufferedRecord) rows.get(key);
            if (held != null) {
                timestamp(held.old() == null ? -1 : held.timestamp());
                return held.old();
            }
            Object value = parent.get(key);
            timestamp(parent.timestamp());
            return value;
        }
    }
}
