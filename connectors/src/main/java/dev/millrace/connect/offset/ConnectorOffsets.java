package dev.millrace.connect.offset;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;

/** The source offsets of one connector in a {@link FileOffsetStore}. Any thread. */
public final class ConnectorOffsets implements OffsetStorageReader {
    private final FileOffsetStore store;
    private final String connector;
    private final JsonConverter json = new JsonConverter();

    public ConnectorOffsets(FileOffsetStore store, String connector) {
        this.store = store;
        this.connector = connector;
        json.configure(Map.of("schemas.enable", "false"), false);
    }

    @Override
    public <T> @Nullable Map<String, Object> offset(Map<String, T> partition) {
        ByteBuffer stored = store.get(ByteBuffer.wrap(key(partition)));
        return stored == null ? null : asMap(read(stored));
    }

    @Override
    public <T> Map<Map<String, T>, Map<String, Object>> offsets(
            Collection<Map<String, T>> partitions) {
        Map<Map<String, T>, Map<String, Object>> found = new HashMap<>();
        for (Map<String, T> partition : partitions) {
            Map<String, Object> offset = offset(partition);
            if (offset != null) {
                found.put(partition, offset);
            }
        }
        return found;
    }

    /** Returns when they are on disk; a null offset forgets the partition. */
    public void save(Map<Map<String, ?>, @Nullable Map<String, ?>> offsets) {
        Map<ByteBuffer, @Nullable ByteBuffer> changes = new LinkedHashMap<>();
        offsets.forEach(
                (partition, offset) -> {
                    checkFormat(offset);
                    byte[] value = write(offset);
                    changes.put(
                            ByteBuffer.wrap(key(partition)),
                            value == null ? null : ByteBuffer.wrap(value));
                });
        store.put(changes);
    }

    /** By source partition, all offsets of this connector. */
    public Map<Map<String, Object>, Map<String, Object>> all() {
        Map<Map<String, Object>, Map<String, Object>> found = new LinkedHashMap<>();
        store.all()
                .forEach(
                        (key, value) -> {
                            if (read(key) instanceof List<?> parts
                                    && parts.size() == 2
                                    && connector.equals(parts.get(0))) {
                                found.put(asMap(parts.get(1)), asMap(read(value)));
                            }
                        });
        return found;
    }

    private byte[] key(Map<String, ?> partition) {
        checkFormat(partition);
        byte[] key = write(Arrays.asList(connector, partition));
        if (key == null) {
            throw new AssertionError("a list is never encoded as null");
        }
        return key;
    }

    private synchronized byte @Nullable [] write(@Nullable Object value) {
        return json.fromConnectData(connector, null, value);
    }

    private synchronized @Nullable Object read(ByteBuffer stored) {
        return json.toConnectData(connector, FileOffsetStore.bytes(stored)).value();
    }

    @SuppressWarnings("unchecked") // what was written from a map of strings is read as one
    private static Map<String, Object> asMap(@Nullable Object value) {
        if (!(value instanceof Map<?, ?>)) {
            throw new DataException("source offset: expected a JSON object, got " + value);
        }
        return (Map<String, Object>) value;
    }

    /** Partitions and offsets are flat: strings, numbers, booleans or null under string keys. */
    private static void checkFormat(@Nullable Map<String, ?> map) {
        if (map == null) {
            return;
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object value = entry.getValue();
            boolean primitive =
                    value == null
                            || value instanceof String
                            || value instanceof Boolean
                            || value instanceof Number
                            || value instanceof byte[]
                            || value instanceof ByteBuffer;
            if (!(entry.getKey() instanceof String) || !primitive) {
                throw new DataException(
                        "source partition or offset: expected strings, numbers and booleans under string"
                                + " keys, got "
                                + map);
            }
        }
    }
}
