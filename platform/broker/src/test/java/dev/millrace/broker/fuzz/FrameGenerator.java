package dev.millrace.broker.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.ArrayOf;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.CompactArrayOf;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/**
 * Well-formed requests of any API in any version, with contents drawn by chance from the schema
 * that the codec has of it. Names and numbers are often such as exist, so that requests get far;
 * times to wait are short, so that an answer can be expected.
 */
final class FrameGenerator {
    static final String CLIENT_ID = "hostile";

    private static final List<String> NAMES =
            List.of(
                    "victim",
                    "victim-2",
                    "nobody",
                    "",
                    "a/b",
                    "group-of-victims",
                    "range",
                    "consumer",
                    "x".repeat(300),
                    "\u00e9\u4e2d\ud83d\ude00");

    private static final List<String> INTERNAL =
            List.of("__consumer_offsets", "__transaction_state");

    /** They may do what they say to the coordinators' own topics, and would hurt everybody. */
    private static final Set<ApiKeys> POWERFUL =
            EnumSet.of(
                    ApiKeys.DELETE_TOPICS,
                    ApiKeys.DELETE_RECORDS,
                    ApiKeys.ALTER_CONFIGS,
                    ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                    ApiKeys.CREATE_PARTITIONS,
                    ApiKeys.WRITE_TXN_MARKERS);

    private final RandomGenerator random;
    private final Uuid victim;
    private boolean powerful;

    /**
     * @param victim id of a topic that the frames may do with what they want
     */
    FrameGenerator(RandomGenerator random, Uuid victim) {
        this.random = random;
        this.victim = victim;
    }

    /** Header and body, without the length before them. */
    byte[] frame(ApiKeys api, short version, int correlationId) {
        powerful = POWERFUL.contains(api);
        Schema schema = api.messageType.requestSchemas()[version];
        Object body = struct(schema, 0);
        byte[] clientId = CLIENT_ID.getBytes(StandardCharsets.US_ASCII);
        boolean flexible = api.requestHeaderVersion(version) >= 2;
        ByteBuffer frame =
                ByteBuffer.allocate(
                        10 + clientId.length + (flexible ? 1 : 0) + schema.sizeOf(body));
        frame.putShort(api.id)
                .putShort(version)
                .putInt(correlationId)
                .putShort((short) clientId.length)
                .put(clientId);
        if (flexible) {
            frame.put((byte) 0);
        }
        schema.write(frame, body);
        return frame.array();
    }

    private Struct struct(Schema schema, int depth) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) {
            struct.set(field, value(field.def.name, field.def.type, depth));
        }
        return struct;
    }

    private @Nullable Object value(String name, Type type, int depth) {
        if (type.isNullable() && random.nextInt(4) == 0) {
            return null;
        }
        if (type instanceof Schema schema) {
            return struct(schema, depth + 1);
        }
        if (type instanceof TaggedFields tagged) {
            return tagged(tagged, depth);
        }
        if (type instanceof ArrayOf || type instanceof CompactArrayOf) {
            Object[] elements = new Object[random.nextInt(depth > 2 ? 2 : 4)];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = value(name, type.arrayElementType().orElseThrow(), depth + 1);
            }
            return elements;
        }
        return scalar(name, type);
    }

    private Map<Integer, Object> tagged(TaggedFields tagged, int depth) {
        Map<Integer, Object> values = new TreeMap<>();
        for (Map.Entry<Integer, Field> field : tagged.fields().entrySet()) {
            if (random.nextBoolean()) {
                Object value = value(field.getValue().name, field.getValue().type, depth + 1);
                if (value != null) {
                    values.put(field.getKey(), value);
                }
            }
        }
        return values;
    }

    private Object scalar(String name, Type type) {
        return switch (type.toString()) {
            case "BOOLEAN" -> random.nextBoolean();
            case "INT8" -> (byte) number(name, Byte.MAX_VALUE);
            case "INT16" -> (short) number(name, Short.MAX_VALUE);
            case "UINT16" -> (int) Math.abs(number(name, Short.MAX_VALUE));
            case "INT32" -> (int) number(name, Integer.MAX_VALUE);
            case "UINT32" -> Math.abs(number(name, Integer.MAX_VALUE));
            case "INT64" -> number(name, Long.MAX_VALUE);
            case "FLOAT64" -> random.nextInt(3) == 0 ? Double.NaN : random.nextDouble() * 1e9;
            case "UUID" -> random.nextBoolean() ? victim : new Uuid(random.nextLong(), 1);
            case "STRING", "COMPACT_STRING", "NULLABLE_STRING", "COMPACT_NULLABLE_STRING" ->
                    text(name);
            case "BYTES", "COMPACT_BYTES", "NULLABLE_BYTES", "COMPACT_NULLABLE_BYTES" ->
                    ByteBuffer.wrap(bytes(random.nextInt(64)));
            case "RECORDS", "COMPACT_RECORDS", "NULLABLE_RECORDS", "COMPACT_NULLABLE_RECORDS" ->
                    records();
            default -> throw new IllegalStateException("no values for type " + type);
        };
    }

    private String text(String name) {
        if (name.contains("config") && random.nextBoolean()) {
            return "segment.bytes";
        }
        if (!powerful && random.nextInt(8) == 0) {
            return INTERNAL.get(random.nextInt(INTERNAL.size()));
        }
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    private long number(String name, long max) {
        if (name.endsWith("_ms") || name.contains("timeout") || name.contains("wait")) {
            return random.nextInt(300);
        }
        if (name.equals("acks")) {
            return random.nextInt(3) - 1L;
        }
        if (name.contains("num_partitions") || name.equals("count")) {
            return random.nextInt(5) == 0 ? Integer.MAX_VALUE : random.nextInt(4) - 1L;
        }
        return switch (random.nextInt(6)) {
            case 0 -> -1;
            case 1 -> 1;
            case 2 -> max;
            case 3 -> random.nextLong(max);
            default -> 0;
        };
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private MemoryRecords records() {
        CompressionType type = CompressionType.forId(random.nextInt(5));
        SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(4)];
        // A little of what unpacks to much.
        int valueBytes = random.nextInt(20) == 0 ? 1 << 20 : random.nextInt(200);
        for (int i = 0; i < records.length; i++) {
            records[i] =
                    new SimpleRecord(
                            i, "key".getBytes(StandardCharsets.US_ASCII), new byte[valueBytes]);
        }
        return MemoryRecords.withRecords(Compression.of(type).build(), records);
    }
}
