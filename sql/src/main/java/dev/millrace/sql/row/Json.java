package dev.millrace.sql.row;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.millrace.sql.catalog.SqlType;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON text to values of a type and back. Reading is lenient where nothing is lost by it: a number
 * in a VARCHAR column becomes its text, an object its JSON text; what cannot be read as the
 * column's type is null.
 *
 * <p>DATE, TIME and TIMESTAMP are ISO-8601 text; a number in such a column is taken as it is stored
 * (days, or milliseconds). Doubles without a JSON form (NaN, infinities) are written as text.
 */
public final class Json {
    static final JsonFactory FACTORY =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(200).build())
                    .build();

    private Json() {}

    /** Reads the value at the parser's current token, and leaves the parser at its last token. */
    static @Nullable Object read(JsonParser in, SqlType type) throws IOException {
        JsonToken token = in.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        if (type instanceof SqlType.Scalar scalar) {
            if (token.isStructStart()) {
                if (scalar == SqlType.Scalar.VARCHAR) {
                    return copyText(in);
                }
                in.skipChildren();
                return null;
            }
            return readScalar(in, token, scalar);
        }
        if (type instanceof SqlType.ArrayOf array && token == JsonToken.START_ARRAY) {
            List<@Nullable Object> list = new ArrayList<>();
            while (in.nextToken() != JsonToken.END_ARRAY) {
                list.add(read(in, array.element()));
            }
            return list;
        }
        if (type instanceof SqlType.MapOf map && token == JsonToken.START_OBJECT) {
            Map<String, @Nullable Object> entries = new LinkedHashMap<>();
            while (in.nextToken() != JsonToken.END_OBJECT) {
                String name = in.currentName();
                in.nextToken();
                entries.put(name, read(in, map.value()));
            }
            return entries;
        }
        if (type instanceof SqlType.RowOf row && token == JsonToken.START_OBJECT) {
            return readRow(in, row);
        }
        in.skipChildren();
        return null;
    }

    private static Row readRow(JsonParser in, SqlType.RowOf type) throws IOException {
        List<SqlType.Field> fields = type.fields();
        @Nullable Object[] values = new Object[fields.size()];
        while (in.nextToken() != JsonToken.END_OBJECT) {
            String name = in.currentName();
            in.nextToken();
            int found = -1;
            for (int i = 0; i < fields.size(); i++) {
                if (fields.get(i).name().equals(name)) {
                    found = i;
                    break;
                }
            }
            if (found < 0) {
                in.skipChildren();
            } else {
                values[found] = read(in, fields.get(found).type());
            }
        }
        return new Row(values);
    }

    private static @Nullable Object readScalar(JsonParser in, JsonToken token, SqlType.Scalar type)
            throws IOException {
        boolean number = token.isNumeric();
        switch (type) {
            case VARCHAR:
                return in.getText();
            case BOOLEAN:
                return token.isBoolean() ? (Object) in.getBooleanValue() : null;
            case INTEGER:
            case BIGINT:
                if (token == JsonToken.VALUE_NUMBER_INT) {
                    return in.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                            ? null
                            : (Object) in.getLongValue();
                }
                return number ? Values.toLong(in.getDecimalValue()) : Values.toLong(in.getText());
            case DOUBLE:
                return number ? (Object) in.getDoubleValue() : Values.toDouble(in.getText());
            case DECIMAL:
                return number ? in.getDecimalValue() : Values.toDecimal(in.getText());
            case VARBINARY:
                try {
                    return Base64.getDecoder().decode(in.getText());
                } catch (IllegalArgumentException e) {
                    return null;
                }
            case DATE:
            case TIME:
            case TIMESTAMP:
                if (token == JsonToken.VALUE_NUMBER_INT) {
                    return in.getLongValue();
                }
                try {
                    return Values.parseTemporal(in.getText(), type);
                } catch (DateTimeException e) {
                    return null;
                }
        }
        throw new AssertionError(type);
    }

    /** The JSON text of the object or array at the parser's current token, without white space. */
    static String copyText(JsonParser in) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = FACTORY.createGenerator(text)) {
            out.copyCurrentStructure(in);
        }
        return text.toString();
    }

    /** Writes a value of a type. */
    public static void write(JsonGenerator out, @Nullable Object value, SqlType type)
            throws IOException {
        if (value == null) {
            out.writeNull();
        } else if (value instanceof String text) {
            out.writeString(text);
        } else if (value instanceof Boolean bool) {
            out.writeBoolean(bool);
        } else if (value instanceof Long number) {
            if (type == SqlType.Scalar.DATE
                    || type == SqlType.Scalar.TIME
                    || type == SqlType.Scalar.TIMESTAMP) {
                out.writeString(Values.formatTemporal(number, (SqlType.Scalar) type));
            } else {
                out.writeNumber(number);
            }
        } else if (value instanceof Double number) {
            if (number.isNaN() || number.isInfinite()) {
                out.writeString(number.toString());
            } else {
                out.writeNumber(number);
            }
        } else if (value instanceof BigDecimal number) {
            out.writeNumber(number);
        } else if (value instanceof byte[] bytes) {
            out.writeBinary(bytes);
        } else if (value instanceof List<?> list) {
            SqlType element =
                    type instanceof SqlType.ArrayOf array
                            ? array.element()
                            : SqlType.Scalar.VARCHAR;
            out.writeStartArray();
            for (Object item : list) {
                write(out, item, element);
            }
            out.writeEndArray();
        } else if (value instanceof Row row) {
            out.writeStartObject();
            for (int i = 0; i < row.size(); i++) {
                SqlType.Field field =
                        type instanceof SqlType.RowOf rowType
                                ? rowType.fields().get(i)
                                : new SqlType.Field("f" + i, SqlType.Scalar.VARCHAR);
                out.writeFieldName(field.name());
                write(out, row.get(i), field.type());
            }
            out.writeEndObject();
        } else if (value instanceof Map<?, ?> map) {
            SqlType valueType =
                    type instanceof SqlType.MapOf mapType
                            ? mapType.value()
                            : SqlType.Scalar.VARCHAR;
            out.writeStartObject();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.writeFieldName(String.valueOf(entry.getKey()));
                write(out, entry.getValue(), valueType);
            }
            out.writeEndObject();
        } else {
            throw new IOException("no JSON for a " + value.getClass().getName());
        }
    }

    /** The JSON text of a value. */
    public static String text(@Nullable Object value, SqlType type) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = FACTORY.createGenerator(text)) {
            write(out, value, type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
