package dev.millrace.streams.internal.task;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is committed with the position of a source, as its metadata, in Kafka Streams' format:
 *
 * <pre>
 * base64 of   version, 1 byte, 2 | partition time, 8 bytes | marks; absent when there are none
 * marks       count, 4 bytes | (length, 4 bytes | name, UTF-8 | value, 8 bytes)...
 * </pre>
 *
 * Version 1 ends behind the time. What cannot be read counts as nothing: tools that move positions
 * write no metadata, and a task then begins without a time.
 *
 * @param partitionTime greatest timestamp that was processed, milliseconds since the epoch; -1:
 *     none
 * @param marks how far processors of the task have come, by name; they only grow
 */
public record Progress(long partitionTime, Map<String, Long> marks) {
    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
    private static final byte VERSION = 2;
    private static final int HEAD_BYTES = 1 + Long.BYTES;

    /** Of the metadata of an offset: {@code offset.metadata.max.bytes} of brokers is 4096. */
    private static final int MAX_CHARACTERS = 4000;

    /**
     * Before the name of a store: the time that its node had seen. Kafka Streams has no such mark.
     */
    static final String TIME_OF = "time.";

    public static final Progress NONE = new Progress(-1, Map.of());

    /**
     * As the metadata of an offset. Where a task has more marks than fit, times are left out: its
     * nodes then begin without one.
     */
    public String encode() {
        String all = encode(marks);
        if (all.length() <= MAX_CHARACTERS) {
            return all;
        }
        Map<String, Long> needed = new HashMap<>(marks);
        needed.keySet().removeIf(name -> name.startsWith(TIME_OF));
        return encode(needed);
    }

    private String encode(Map<String, Long> marks) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(
                ByteBuffer.allocate(HEAD_BYTES).put(VERSION).putLong(partitionTime).array());
        if (!marks.isEmpty()) {
            bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(marks.size()).array());
        }
        marks.forEach(
                (mark, value) -> {
                    byte[] name = mark.getBytes(StandardCharsets.UTF_8);
                    int size = Integer.BYTES + name.length + Long.BYTES;
                    bytes.writeBytes(
                            ByteBuffer.allocate(size)
                                    .putInt(name.length)
                                    .put(name)
                                    .putLong(value)
                                    .array());
                });
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    public static Progress decode(String metadata) {
        if (metadata.isEmpty()) {
            return NONE;
        }
        try {
            ByteBuffer buffer = ByteBuffer.wrap(Base64.getDecoder().decode(metadata));
            byte version = buffer.get();
            if (version < 1 || version > VERSION) {
                LOG.warn("Offset metadata of version {}: versions 1 and 2 are known", version);
                return NONE;
            }
            long partitionTime = buffer.getLong();
            Map<String, Long> marks = new HashMap<>();
            for (int left = buffer.hasRemaining() ? buffer.getInt() : 0; left > 0; left--) {
                byte[] name = new byte[buffer.getInt()];
                buffer.get(name);
                marks.put(new String(name, StandardCharsets.UTF_8), buffer.getLong());
            }
            return new Progress(partitionTime, Map.copyOf(marks));
        } catch (RuntimeException e) { // whoever else commits for the group writes what he likes
            LOG.warn("Offset metadata \"{}\" is not Kafka Streams': {}", metadata, e.toString());
            return NONE;
        }
    }
}
