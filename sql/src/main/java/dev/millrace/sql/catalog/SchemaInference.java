package dev.millrace.sql.catalog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The relation that a sample of a topic's records suggests.
 *
 * <ul>
 *   <li>All values JSON objects: a column per field, in the order of first appearance. Booleans are
 *       BOOLEAN, whole numbers BIGINT, other numbers DOUBLE, text VARCHAR, arrays ARRAY, objects
 *       ROW. Fields that disagree become the wider number, else VARCHAR (the JSON text).
 *   <li>All values eight bytes and not text: one column {@code value} BIGINT, as Kafka's
 *       LongSerializer writes.
 *   <li>Other UTF-8, or nothing to see yet: one column {@code value} VARCHAR.
 *   <li>Else one column {@code value} VARBINARY.
 * </ul>
 *
 * <p>Plain: no clock, no cluster. Tombstones say nothing.
 */
public final class SchemaInference {
    /** The single column of a topic whose values are not JSON objects. */
    public static final String VALUE = "value";

    static final int MAX_COLUMNS = 500;
    static final int MAX_DEPTH = 8;

    private static final JsonFactory FACTORY =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(200).build())
                    .build();

    private SchemaInference() {}

    /** One sampled record. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Sample(byte @Nullable [] key, byte @Nullable [] value) {}

    /** The relation of a topic by its sampled records, oldest first. */
    public static Relation infer(String topic, List<Sample> samples) {
        List<byte[]> keys = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        for (Sample sample : samples) {
            if (sample.key() != null) {
                keys.add(sample.key());
            }
            if (sample.value() != null) {
                values.add(sample.value());
            }
        }
        Relation.ValueFormat format;
        List<SqlType.Field> columns;
        Shape shape = values.isEmpty() ? null : jsonShape(values);
        if (shape != null) {
            format = Relation.ValueFormat.JSON;
            columns = shape.fields(0);
        } else if (!values.isEmpty() && allLongs(values)) {
            format = Relation.ValueFormat.LONG;
            columns = List.of(new SqlType.Field(VALUE, SqlType.Scalar.BIGINT));
        } else if (values.stream().allMatch(SchemaInference::isText)) {
            format = Relation.ValueFormat.TEXT;
            columns = List.of(new SqlType.Field(VALUE, SqlType.Scalar.VARCHAR));
        } else {
            format = Relation.ValueFormat.BYTES;
            columns = List.of(new SqlType.Field(VALUE, SqlType.Scalar.VARBINARY));
        }
        SqlType keyType = SqlType.Scalar.VARCHAR;
        Relation.ValueFormat keyFormat = Relation.ValueFormat.TEXT;
        if (!keys.isEmpty() && allLongs(keys)) {
            keyType = SqlType.Scalar.BIGINT;
            keyFormat = Relation.ValueFormat.LONG;
        } else if (!keys.stream().allMatch(SchemaInference::isText)) {
            keyType = SqlType.Scalar.VARBINARY;
            keyFormat = Relation.ValueFormat.BYTES;
        }
        boolean keyTaken =
                columns.stream().anyMatch(c -> c.name().equalsIgnoreCase(Relation.ROWKEY));
        return new Relation(
                topic,
                topic,
                false,
                keyTaken ? "_" + Relation.ROWKEY : Relation.ROWKEY,
                keyType,
                keyFormat,
                !keys.isEmpty(),
                format,
                columns,
                false,
                null);
    }

    private static @Nullable Shape jsonShape(List<byte[]> values) {
        Shape shape = new Shape();
        for (byte[] value : values) {
            if (!looksLikeObject(value)) {
                return null;
            }
            try (JsonParser in = FACTORY.createParser(value)) {
                in.nextToken();
                shape.seeObject(in, 0);
                if (in.nextToken() != null) {
                    return null;
                }
            } catch (IOException e) {
                return null;
            }
        }
        return shape;
    }

    private static boolean looksLikeObject(byte[] value) {
        for (byte b : value) {
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b == '{';
            }
        }
        return false;
    }

    private static boolean allLongs(List<byte[]> values) {
        boolean anyBinary = false;
        for (byte[] value : values) {
            if (value.length != 8) {
                return false;
            }
            anyBinary |= !isText(value);
        }
        return anyBinary;
    }

    /** UTF-8 without control characters other than white space. */
    static boolean isText(byte[] bytes) {
        for (byte b : bytes) {
            if (b >= 0 && b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != 0x1b) {
                return false;
            }
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** What one place of the documents has held so far. */
    private static final class Shape {
        private boolean bool;
        private boolean whole;
        private boolean real;
        private boolean text;
        private boolean tooDeep;
        private @Nullable Shape element;
        private @Nullable Map<String, Shape> fields;

        void see(JsonParser in, int depth) throws IOException {
            switch (in.currentToken()) {
                case VALUE_TRUE:
                case VALUE_FALSE:
                    bool = true;
                    break;
                case VALUE_NUMBER_INT:
                    if (in.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                        real = true;
                    } else {
                        whole = true;
                    }
                    break;
                case VALUE_NUMBER_FLOAT:
                    real = true;
                    break;
                case VALUE_STRING:
                    text = true;
                    break;
                case START_ARRAY:
                    seeArray(in, depth + 1);
                    break;
                case START_OBJECT:
                    seeObject(in, depth + 1);
                    break;
                default:
                    break;
            }
        }

        private void seeArray(JsonParser in, int depth) throws IOException {
            if (depth > MAX_DEPTH) {
                tooDeep = true;
                in.skipChildren();
                return;
            }
            Shape shape = element;
            if (shape == null) {
                shape = new Shape();
                element = shape;
            }
            while (in.nextToken() != JsonToken.END_ARRAY) {
                shape.see(in, depth);
            }
        }

        void seeObject(JsonParser in, int depth) throws IOException {
            if (depth > MAX_DEPTH) {
                tooDeep = true;
                in.skipChildren();
                return;
            }
            Map<String, Shape> known = fields;
            if (known == null) {
                known = new LinkedHashMap<>();
                fields = known;
            }
            while (in.nextToken() != JsonToken.END_OBJECT) {
                String name = in.currentName();
                in.nextToken();
                Shape field = known.get(name);
                if (field == null && known.size() >= MAX_COLUMNS) {
                    in.skipChildren();
                    continue;
                }
                if (field == null) {
                    field = new Shape();
                    known.put(name, field);
                }
                field.see(in, depth);
            }
        }

        SqlType type(int depth) {
            int kinds =
                    (bool ? 1 : 0)
                            + (whole || real ? 1 : 0)
                            + (text ? 1 : 0)
                            + (element != null ? 1 : 0)
                            + (fields != null ? 1 : 0);
            if (tooDeep || kinds != 1) {
                return SqlType.Scalar.VARCHAR;
            }
            if (bool) {
                return SqlType.Scalar.BOOLEAN;
            }
            if (whole || real) {
                return real ? SqlType.Scalar.DOUBLE : SqlType.Scalar.BIGINT;
            }
            if (element != null) {
                return new SqlType.ArrayOf(element.type(depth + 1));
            }
            if (fields != null) {
                List<SqlType.Field> inner = fields(depth + 1);
                return inner.isEmpty() ? SqlType.Scalar.VARCHAR : new SqlType.RowOf(inner);
            }
            return SqlType.Scalar.VARCHAR;
        }

        List<SqlType.Field> fields(int depth) {
            List<SqlType.Field> list = new ArrayList<>();
            if (fields != null) {
                fields.forEach(
                        (name, shape) -> {
                            if (depth > 0 || !isPseudoColumn(name)) {
                                list.add(new SqlType.Field(name, shape.type(depth)));
                            }
                        });
            }
            return list;
        }
    }

    private static boolean isPseudoColumn(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.equals(Relation.ROWTIME)
                || lower.equals(Relation.ROWPARTITION)
                || lower.equals(Relation.ROWOFFSET);
    }
}
