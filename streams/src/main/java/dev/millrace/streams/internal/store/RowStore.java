package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.KeyValueStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one store of one task: serialises, combines, logs.
 *
 * <p>Without a cache every update goes at once to the store below, to the changelog and to whoever
 * wants the changes: one change out per update, in order. With a cache, updates of a key are held
 * back as one until {@link #flush()}, which comes with every commit and when the cache is full; a
 * change then carries the value from before the first held-back update as its old one. The cache is
 * a hash map, and held-back values are objects: a counter that is updated a thousand times between
 * two commits is serialised once.
 *
 * <pre>
 * value in the store below, timestamped:  timestamp, 8 bytes, milliseconds | serialised value
 * in the changelog:                       serialised value, the timestamp is the record's
 * </pre>
 */
public final class RowStore {
    /** Gets the changes, at once or at a flush. */
    @FunctionalInterface
    public interface ChangeListener {
        void changed(Object key, @Nullable Object value, @Nullable Object old, long timestamp);
    }

    /** Writes to the changelog. */
    @FunctionalInterface
    public interface Changelog {
        void log(byte[] key, byte @Nullable [] value, long timestamp);
    }

    /** Headers of the record being processed: an update held back keeps its own. */
    public interface HeadersOfRecord {
        Headers headers();

        void headers(Headers headers);
    }

    private static final int TIMESTAMP_BYTES = 8;

    /** Map entry, row, key and array headers: measured on a 64-bit JVM with compressed pointers. */
    private static final int ROW_OVERHEAD_BYTES = 160;

    /** A key in the cache; held back while {@code dirty}. */
    private static final class Row {
        final Bytes keyBytes;
        final Object key;

        /** In the store below, null when absent there. */
        byte @Nullable [] stored;

        boolean dirty;
        @Nullable Object value;
        long timestamp;
        @Nullable Headers headers;

        Row(Bytes keyBytes, Object key, byte @Nullable [] stored) {
            this.keyBytes = keyBytes;
            this.key = key;
            this.stored = stored;
        }
    }

    private final String name;
    private final String topic;
    private final KeyValueStore<Bytes, byte[]> below;
    private final Serializer<Object> keySerializer;
    private final Deserializer<Object> keyDeserializer;
    private final Serializer<Object> valueSerializer;
    private final Deserializer<Object> valueDeserializer;
    private final boolean timestamped;
    private final @Nullable Changelog changelog;
    private final @Nullable CacheBudget budget;
    private final HeadersOfRecord context;

    private @Nullable ChangeListener listener;
    private boolean sendOldValues;
    private Map<Bytes, Row> cache = new HashMap<>();
    private List<Row> dirty = new ArrayList<>();
    private long cacheBytes;
    private @Nullable Object
            lastKey; // with lastRow: an update nearly always follows the get of its key
    private @Nullable Row lastRow;
    private @Nullable Bytes lastKeyBytes; // of lastKey, without a cache
    private long lastTimestamp;

    /**
     * @param budget null: no cache
     */
    public RowStore(
            String name,
            String topic,
            KeyValueStore<Bytes, byte[]> below,
            Serde<?> keySerde,
            Serde<?> valueSerde,
            boolean timestamped,
            @Nullable Changelog changelog,
            @Nullable CacheBudget budget,
            HeadersOfRecord context) {
        this.name = name;
        this.topic = topic;
        this.below = below;
        this.keySerializer = Erased.cast(keySerde.serializer());
        this.keyDeserializer = Erased.cast(keySerde.deserializer());
        this.valueSerializer = Erased.cast(valueSerde.serializer());
        this.valueDeserializer = Erased.cast(valueSerde.deserializer());
        this.timestamped = timestamped;
        this.changelog = changelog;
        this.budget = budget;
        this.context = context;
        if (budget != null) {
            budget.add(this);
        }
    }

    public String name() {
        return name;
    }

    public KeyValueStore<Bytes, byte[]> below() {
        return below;
    }

    public boolean timestamped() {
        return timestamped;
    }

    /**
     * @param sendOldValues whether changes need the value that was replaced
     */
    public void emitChanges(ChangeListener listener, boolean sendOldValues) {
        this.listener = listener;
        this.sendOldValues = sendOldValues;
    }

    /** Null when absent; {@link #timestampOfLastGet()} belongs to it. */
    public @Nullable Object get(Object key) {
        Bytes keyBytes = keyBytes(key);
        if (budget == null) {
            lastKey = key;
            lastKeyBytes = keyBytes;
            return decode(below.get(keyBytes));
        }
        Row row = row(keyBytes, key);
        if (row.dirty) {
            lastTimestamp = row.timestamp;
            return row.value;
        }
        return decode(row.stored);
    }

    /** Milliseconds since the epoch of the row that {@link #get} found. */
    public long timestampOfLastGet() {
        return lastTimestamp;
    }

    /** An update by a record of the row's timestamp. */
    public void update(Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        update(key, value, old, timestamp, timestamp);
    }

    /**
     * Stores and tells the listener, now or at the next flush.
     *
     * @param old the value that {@link #get} found, for the listener; ignored with a cache
     * @param timestamp of the row
     * @param recordTimestamp of the record that updates it: a deleted row has no other in the
     *     changelog
     */
    public void update(
            Object key,
            @Nullable Object value,
            @Nullable Object old,
            long timestamp,
            long recordTimestamp) {
        if (budget == null) {
            Bytes known = lastKeyBytes;
            Bytes keyBytes = known != null && lastKey == key ? known : keyBytes(key);
            lastKeyBytes = null; // a mutable key may be another one the next time
            write(keyBytes, value, value == null ? recordTimestamp : timestamp);
            if (listener != null) {
                listener.changed(key, value, old, timestamp);
            }
            return;
        }
        Row last = lastRow;
        Row row = last != null && lastKey == key ? last : row(keyBytes(key), key);
        if (!row.dirty) {
            row.dirty = true;
            dirty.add(row);
        }
        row.value = value;
        row.timestamp = value == null ? recordTimestamp : timestamp;
        row.headers = context.headers();
        budget.check();
    }

    /**
     * Writes what is held back and tells the listener, in the order in which keys were first
     * updated.
     */
    public void flush() {
        if (dirty.isEmpty()) {
            return;
        }
        List<Row> rows = dirty;
        dirty = new ArrayList<>(); // updates while telling the listener are for the next flush
        Headers current = context.headers();
        for (Row row : rows) {
            Object value = row.value;
            byte[] before = row.stored;
            row.dirty = false;
            row.value = null; // others own the object from here on
            if (value == null && before == null) {
                continue; // came and went between two flushes
            }
            row.stored = write(row.keyBytes, value, row.timestamp);
            if (listener != null) {
                if (row.headers != null) {
                    context.headers(row.headers);
                }
                listener.changed(
                        row.key, value, sendOldValues ? decode(before) : null, row.timestamp);
            }
            row.headers = null;
        }
        context.headers(current);
    }

    /** Flushes and forgets what was read. */
    void flushAndClear() {
        flush();
        if (dirty.isEmpty()) {
            cache = new HashMap<>();
            if (budget != null) {
                budget.grow(-cacheBytes);
            }
            cacheBytes = 0;
            lastRow = null;
        }
    }

    long cacheBytes() {
        return cacheBytes;
    }

    /** Puts what changelog records say into the store below; nobody is told. */
    public void restore(List<ConsumerRecord<byte[], byte[]>> records) {
        flushAndClear(); // a reader of a standby may have brought rows into the cache
        List<KeyValue<Bytes, byte[]>> entries = new ArrayList<>(records.size());
        for (ConsumerRecord<byte[], byte[]> record : records) {
            byte[] value = record.value();
            boolean plain = value == null || !timestamped;
            entries.add(
                    new KeyValue<>(
                            Bytes.wrap(record.key()),
                            plain ? value : withTimestamp(value, record.timestamp())));
        }
        if (below instanceof LocalStore local) {
            local.restore(entries);
        } else {
            below.putAll(entries);
        }
    }

    /**
     * Rows in the order of their key bytes; flushes first. Entries are (key, value) or (key,
     * timestamp).
     */
    <T> KeyValueIterator<Object, T> iterate(
            @Nullable Object from, @Nullable Object to, boolean reverse, RowReader<T> reader) {
        flush();
        Bytes first = from == null ? null : keyBytes(from);
        Bytes last = to == null ? null : keyBytes(to);
        KeyValueIterator<Bytes, byte[]> raw =
                reverse ? below.reverseRange(first, last) : below.range(first, last);
        return new DecodingIterator<>(this, raw, reader);
    }

    /** Makes an entry's value. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(Object value, long timestamp);
    }

    Object decodeKey(Bytes key) {
        return keyDeserializer.deserialize(topic, key.get());
    }

    @Nullable Object decode(byte @Nullable [] stored) {
        if (stored == null) {
            lastTimestamp = -1;
            return null;
        }
        if (!timestamped) {
            return valueDeserializer.deserialize(topic, stored);
        }
        ByteBuffer buffer = ByteBuffer.wrap(stored);
        lastTimestamp = buffer.getLong();
        byte[] value = new byte[stored.length - TIMESTAMP_BYTES];
        buffer.get(value);
        return valueDeserializer.deserialize(topic, value);
    }

    private Row row(Bytes keyBytes, Object key) {
        Row row = cache.get(keyBytes);
        if (row == null) {
            row = new Row(keyBytes, key, below.get(keyBytes));
            cache.put(keyBytes, row);
            // Values change size; twice the stored one is a guess that the next flush corrects.
            int valueBytes = row.stored == null ? 32 : 2 * row.stored.length;
            long bytes = (long) ROW_OVERHEAD_BYTES + keyBytes.get().length + valueBytes;
            cacheBytes += bytes;
            if (budget != null) {
                budget.grow(bytes);
            }
        }
        lastRow = row;
        lastKey = key;
        return row;
    }

    private byte @Nullable [] write(Bytes key, @Nullable Object value, long timestamp) {
        byte[] serialized = value == null ? null : serializeValue(value);
        byte[] stored =
                serialized == null || !timestamped
                        ? serialized
                        : withTimestamp(serialized, timestamp);
        below.put(key, stored);
        if (changelog != null) {
            changelog.log(key.get(), serialized, timestamp);
        }
        return stored;
    }

    private byte[] serializeValue(Object value) {
        try {
            return valueSerializer.serialize(topic, value);
        } catch (ClassCastException e) {
            throw wrongSerde("value", value, valueSerializer, e);
        }
    }

    private Bytes keyBytes(Object key) {
        try {
            return Bytes.wrap(keySerializer.serialize(topic, key));
        } catch (ClassCastException e) {
            throw wrongSerde("key", key, keySerializer, e);
        }
    }

    private StreamsException wrongSerde(
            String what, Object object, Serializer<?> serializer, ClassCastException cause) {
        return new StreamsException(
                "Store "
                        + name
                        + " cannot serialise a "
                        + what
                        + " of "
                        + object.getClass().getName()
                        + " with "
                        + serializer.getClass().getName()
                        + ". Give it fitting serdes (Materialized), or set default.key.serde and default.value.serde.",
                cause);
    }

    private static byte[] withTimestamp(byte[] value, long timestamp) {
        return ByteBuffer.allocate(TIMESTAMP_BYTES + value.length)
                .putLong(timestamp)
                .put(value)
                .array();
    }
}
