package dev.millrace.sql.row;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Result rows to record values: a JSON object with one field per column, or the bare value. */
public final class RecordEncoder implements Serializer<Row> {
    private final Relation.ValueFormat format;
    private final List<SqlType.Field> columns;
    private final int[] sources;
    private final UnaryOperator<Row> view;

    /**
     * @param columns the fields to write
     * @param sources for each field the index in the row
     * @param view what is still to be computed from the row that arrives here
     */
    public RecordEncoder(
            Relation.ValueFormat format,
            List<SqlType.Field> columns,
            int[] sources,
            UnaryOperator<Row> view) {
        this.format = format;
        this.columns = List.copyOf(columns);
        this.sources = sources.clone();
        this.view = view;
    }

    @Override
    public byte @Nullable [] serialize(String topic, @Nullable Row row) {
        return row == null ? null : encode(view.apply(row));
    }

    private byte @Nullable [] encode(Row row) {
        if (format != Relation.ValueFormat.JSON) {
            return encodeBare(row.get(sources[0]), columns.get(0).type());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
        try (JsonGenerator out = Json.FACTORY.createGenerator(bytes)) {
            out.writeStartObject();
            for (int i = 0; i < sources.length; i++) {
                SqlType.Field column = columns.get(i);
                out.writeFieldName(column.name());
                Json.write(out, row.get(sources[i]), column.type());
            }
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private byte @Nullable [] encodeBare(@Nullable Object value, SqlType type) {
        if (value == null) {
            return null;
        }
        if (format == Relation.ValueFormat.LONG) {
            return ByteBuffer.allocate(8).putLong((Long) value).array();
        }
        return keyBytes(value, type);
    }

    /**
     * The key of a record: text as it is, numbers and dates as their text, bytes as they are,
     * anything with parts as JSON. Null is the text {@code null}, because a group of null still has
     * a key.
     */
    public static byte[] keyBytes(@Nullable Object value, SqlType type) {
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        String json = Json.text(value, type);
        boolean quoted = json.length() > 1 && json.charAt(0) == '"';
        return (quoted ? json.substring(1, json.length() - 1) : json)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The key of a group: its only value as {@link #keyBytes}, or several as a JSON array. */
    public static byte[] groupKeyBytes(Row key, List<SqlType> types) {
        if (key.size() == 1) {
            return keyBytes(key.get(0), types.get(0));
        }
        StringBuilder json = new StringBuilder("[");
        for (int i = 0; i < key.size(); i++) {
            json.append(i == 0 ? "" : ",").append(Json.text(key.get(i), types.get(i)));
        }
        return json.append(']').toString().getBytes(StandardCharsets.UTF_8);
    }
}
