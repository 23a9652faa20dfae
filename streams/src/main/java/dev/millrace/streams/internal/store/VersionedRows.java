package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.VersionedKeyValueStore;
import dev.millrace.streams.state.VersionedRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Versions of rows in a store of bytes. A version holds from its time until that of the next one of
 * the key; of those that begin before the history, only the newest of a key is kept.
 *
 * <pre>
 * key:    length, 4 bytes | key | valid from, 8 bytes, milliseconds
 * value:  1 | value, or 0 for a version without a value
 * in the changelog:  key, value; the time is the record's timestamp
 * </pre>
 */
public final class VersionedRows implements TaskStore {
    private static final int LENGTH_BYTES = 4;
    private static final int TIME_BYTES = 8;

    private final String name;
    private final String topic;
    private final LocalStore below;
    private final long historyRetentionMs;
    private final Serializer<Object> keySerializer;
    private final Serializer<Object> valueSerializer;
    private final Deserializer<Object> valueDeserializer;
    private final RowStore.@Nullable Changelog changelog;
    private long newestTime = -1;

    public VersionedRows(
            String name,
            String topic,
            LocalStore below,
            long historyRetentionMs,
            Serde<?> keySerde,
            Serde<?> valueSerde,
            RowStore.@Nullable Changelog changelog) {
        this.name = name;
        this.topic = topic;
        this.below = below;
        this.historyRetentionMs = historyRetentionMs;
        this.keySerializer = Erased.cast(keySerde.serializer());
        this.valueSerializer = Erased.cast(valueSerde.serializer());
        this.valueDeserializer = Erased.cast(valueSerde.deserializer());
        this.changelog = changelog;
    }

    public LocalStore below() {
        return below;
    }

    private static Bytes versionKey(byte[] key, long validFrom) {
        return Bytes.wrap(
                ByteBuffer.allocate(LENGTH_BYTES + key.length + TIME_BYTES)
                        .putInt(key.length)
                        .put(key)
                        .putLong(validFrom)
                        .array());
    }

    private static long validFrom(Bytes versionKey) {
        byte[] bytes = versionKey.get();
        return ByteBuffer.wrap(bytes).getLong(bytes.length - TIME_BYTES);
    }

    /**
     * As {@link VersionedKeyValueStore#put}.
     *
     * @param value null for none
     */
    public long put(Object key, @Nullable Object value, long timestamp) {
        byte[] keyBytes = keySerializer.serialize(topic, key);
        byte[] valueBytes = value == null ? null : valueSerializer.serialize(topic, value);
        long validTo = put(keyBytes, valueBytes, timestamp, false);
        if (changelog != null && validTo != VersionedKeyValueStore.PUT_RETURN_CODE_NOT_PUT) {
            changelog.log(keyBytes, valueBytes, timestamp, null);
        }
        return validTo;
    }

    private long put(byte[] key, byte @Nullable [] value, long timestamp, boolean restored) {
        newestTime = Math.max(newestTime, timestamp);
        if (timestamp < newestTime - historyRetentionMs) {
            return VersionedKeyValueStore.PUT_RETURN_CODE_NOT_PUT;
        }
        byte[] stored = new byte[1 + (value == null ? 0 : value.length)];
        if (value != null) {
            stored[0] = 1;
            System.arraycopy(value, 0, stored, 1, value.length);
        }
        if (restored) {
            below.restore(List.of(new KeyValue<>(versionKey(key, timestamp), stored)));
        } else {
            below.put(versionKey(key, timestamp), stored);
        }
        long validTo = VersionedKeyValueStore.PUT_RETURN_CODE_VALID_TO_UNDEFINED;
        if (timestamp < Long.MAX_VALUE) {
            try (KeyValueIterator<Bytes, byte[]> later =
                    below.range(versionKey(key, timestamp + 1), versionKey(key, Long.MAX_VALUE))) {
                if (later.hasNext()) {
                    validTo = validFrom(later.next().key);
                }
            }
        }
        forgetHistory(key);
        return validTo;
    }

    private void forgetHistory(byte[] key) {
        long oldest = newestTime - historyRetentionMs;
        if (oldest <= 0) {
            return;
        }
        try (KeyValueIterator<Bytes, byte[]> old =
                below.reverseRange(versionKey(key, 0), versionKey(key, oldest))) {
            boolean first = true;
            while (old.hasNext()) {
                Bytes version = old.next().key;
                if (!first) {
                    below.delete(version);
                }
                first = false;
            }
        }
    }

    /** As {@link VersionedKeyValueStore#delete}. */
    public @Nullable VersionedRecord<Object> delete(Object key, long timestamp) {
        VersionedRecord<Object> present = get(key, timestamp);
        put(key, null, timestamp);
        return present;
    }

    public @Nullable VersionedRecord<Object> get(Object key) {
        return find(key, Long.MAX_VALUE);
    }

    /** As {@link VersionedKeyValueStore#get(Object, long)}. */
    public @Nullable VersionedRecord<Object> get(Object key, long asOfTimestamp) {
        VersionedRecord<Object> found = find(key, asOfTimestamp);
        long oldest = newestTime - historyRetentionMs;
        boolean forgotten = asOfTimestamp < oldest;
        // The newest version of a key holds however old it is.
        return forgotten && found != null && found.validTo().isPresent() ? null : found;
    }

    private @Nullable VersionedRecord<Object> find(Object key, long asOf) {
        byte[] keyBytes = keySerializer.serialize(topic, key);
        Bytes version;
        byte[] stored;
        try (KeyValueIterator<Bytes, byte[]> found =
                below.reverseRange(versionKey(keyBytes, 0), versionKey(keyBytes, asOf))) {
            if (!found.hasNext()) {
                return null;
            }
            KeyValue<Bytes, byte[]> entry = found.next();
            version = entry.key;
            stored = entry.value;
        }
        if (stored[0] == 0) {
            return null;
        }
        Object value =
                valueDeserializer.deserialize(topic, Arrays.copyOfRange(stored, 1, stored.length));
        long from = validFrom(version);
        if (asOf < Long.MAX_VALUE) {
            try (KeyValueIterator<Bytes, byte[]> later =
                    below.range(
                            versionKey(keyBytes, from + 1), versionKey(keyBytes, Long.MAX_VALUE))) {
                if (later.hasNext()) {
                    return new VersionedRecord<>(value, from, validFrom(later.next().key));
                }
            }
        }
        return new VersionedRecord<>(value, from);
    }

    /**
     * Versions that held at some time within the bounds, newest first. Bounds before the history
     * find only a newest version: that holds however old it is.
     */
    List<VersionedRecord<Object>> versions(Object key, long fromMs, long toMs) {
        byte[] keyBytes = keySerializer.serialize(topic, key);
        boolean newestOnly = toMs < newestTime - historyRetentionMs;
        List<VersionedRecord<Object>> versions = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> found =
                below.reverseRange(versionKey(keyBytes, 0), versionKey(keyBytes, Long.MAX_VALUE))) {
            long validTo = Long.MAX_VALUE;
            for (boolean newest = true; found.hasNext() && (newest || !newestOnly); ) {
                KeyValue<Bytes, byte[]> entry = found.next();
                long from = validFrom(entry.key);
                if (entry.value[0] != 0 && from <= toMs && (newest || validTo > fromMs)) {
                    Object value =
                            valueDeserializer.deserialize(
                                    topic, Arrays.copyOfRange(entry.value, 1, entry.value.length));
                    versions.add(
                            newest
                                    ? new VersionedRecord<>(value, from)
                                    : new VersionedRecord<>(value, from, validTo));
                }
                validTo = from;
                newest = false;
            }
        }
        return versions;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StateStore view(LongSupplier timestamp) {
        return new VersionedView(this);
    }

    @Override
    public void flush() {}

    @Override
    public void holdWrites() {
        below.holdWrites();
    }

    @Override
    public void commit() {
        below.commit();
    }

    @Override
    public long uncommittedBytes() {
        return below.uncommittedBytes();
    }

    @Override
    public void sync() {
        below.flush();
    }

    @Override
    public boolean persistent() {
        return below.persistent();
    }

    @Override
    public void restore(List<ConsumerRecord<byte[], byte[]>> records) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            put(record.key(), record.value(), record.timestamp(), true);
        }
    }

    @Override
    public void close() {
        below.close();
    }
}
