package dev.millrace.connect.offset;

import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.errors.ConnectException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of {@code offset.storage.file.filename}, as Apache Kafka's standalone worker writes and
 * reads it: a Java-serialized {@code HashMap<byte[], byte[]>}.
 *
 * <pre>
 * key    JSON  ["connector name", {source partition}]
 * value  JSON  {source offset}
 * </pre>
 *
 * Written as a whole, to a file beside it which then takes its place: it is the old one or the new
 * one, also after a crash. An empty or cut-off file (Kafka writes in place) counts as no offsets.
 * Any thread.
 */
public final class FileOffsetStore {
    private static final Logger log = LoggerFactory.getLogger(FileOffsetStore.class);
    private static final Set<Class<?>> EXPECTED =
            Set.of(HashMap.class, byte[].class, Map.Entry[].class);
    private static final long MAX_ENTRIES = 10_000_000;

    private final Path file;
    private final Map<ByteBuffer, ByteBuffer> offsets;

    public FileOffsetStore(Path file) {
        this.file = file.toAbsolutePath();
        this.offsets = load();
    }

    public synchronized @Nullable ByteBuffer get(ByteBuffer key) {
        return offsets.get(key);
    }

    public synchronized Map<ByteBuffer, ByteBuffer> all() {
        return new LinkedHashMap<>(offsets);
    }

    /**
     * Returns when the file has them.
     *
     * @param changes a null value removes the key
     * @throws ConnectException if the file could not be written; the offsets are then as before
     */
    public synchronized void put(Map<ByteBuffer, @Nullable ByteBuffer> changes) {
        Map<ByteBuffer, ByteBuffer> changed = new LinkedHashMap<>(offsets);
        changes.forEach(
                (key, value) -> {
                    if (value == null) {
                        changed.remove(key);
                    } else {
                        changed.put(key, value);
                    }
                });
        save(changed);
        offsets.clear();
        offsets.putAll(changed);
    }

    private Map<ByteBuffer, ByteBuffer> load() {
        Map<ByteBuffer, ByteBuffer> loaded = new LinkedHashMap<>();
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
            in.setObjectInputFilter(FileOffsetStore::onlyOffsets);
            if (!(in.readObject() instanceof Map<?, ?> map)) {
                throw unreadable(null);
            }
            map.forEach(
                    (key, value) -> {
                        if (!(key instanceof byte[] keyBytes)) {
                            throw unreadable(null);
                        }
                        if (value instanceof byte[] valueBytes) {
                            loaded.put(ByteBuffer.wrap(keyBytes), ByteBuffer.wrap(valueBytes));
                        }
                    });
        } catch (NoSuchFileException e) {
            log.debug("{} is not there yet", file);
        } catch (EOFException e) {
            log.warn("{} is empty or cut off: beginning without source offsets", file);
        } catch (IOException | ClassNotFoundException e) {
            throw unreadable(e);
        }
        return loaded;
    }

    private ConnectException unreadable(@Nullable Throwable cause) {
        return new ConnectException(
                "offset.storage.file.filename: "
                        + file
                        + " is not a file of source offsets"
                        + (cause == null ? "" : " (" + cause.getMessage() + ")")
                        + ": name another file, or remove it to begin without offsets",
                cause);
    }

    /** Whoever can write the file must not choose which classes this process loads. */
    private static ObjectInputFilter.Status onlyOffsets(ObjectInputFilter.FilterInfo info) {
        Class<?> type = info.serialClass();
        if (info.arrayLength() > MAX_ENTRIES && type != byte[].class) {
            return ObjectInputFilter.Status.REJECTED;
        }
        if (type == null) {
            return ObjectInputFilter.Status.UNDECIDED;
        }
        return EXPECTED.contains(type)
                ? ObjectInputFilter.Status.ALLOWED
                : ObjectInputFilter.Status.REJECTED;
    }

    private void save(Map<ByteBuffer, ByteBuffer> changed) {
        HashMap<Object, Object> raw = new HashMap<>();
        changed.forEach((key, value) -> raw.put(bytes(key), bytes(value)));
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel channel =
                FileChannel.open(
                        fresh,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            ObjectOutputStream out = new ObjectOutputStream(Channels.newOutputStream(channel));
            out.writeObject(raw);
            out.flush();
            channel.force(true);
            Files.move(
                    fresh,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new ConnectException("cannot write source offsets to " + file + ": " + e, e);
        }
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
