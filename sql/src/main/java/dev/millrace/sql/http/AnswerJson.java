package dev.millrace.sql.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.sql.RowOp;
import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.row.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers as JSON; one place for the field names of the API. */
final class AnswerJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private AnswerJson() {}

    /** Writes JSON to a buffer in memory. */
    @FunctionalInterface
    interface Content {
        void write(JsonGenerator out) throws IOException;
    }

    static byte[] bytes(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
            content.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static JsonGenerator generator(ByteArrayOutputStream bytes) throws IOException {
        // Objects follow each other without a blank: the line ends are written between them.
        return FACTORY.createGenerator(bytes)
                .setRootValueSeparator(new com.fasterxml.jackson.core.io.SerializedString(""));
    }

    static void columns(JsonGenerator out, List<SqlAnswer.Column> columns) throws IOException {
        out.writeArrayFieldStart("columns");
        for (SqlAnswer.Column column : columns) {
            out.writeStartObject();
            out.writeStringField("name", column.name());
            out.writeStringField("type", column.type().sql());
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    /** {@code [value, ...]} */
    static void row(JsonGenerator out, List<SqlAnswer.Column> columns, @Nullable Object[] row)
            throws IOException {
        out.writeStartArray();
        for (int i = 0; i < row.length; i++) {
            Json.write(out, row[i], columns.get(i).type());
        }
        out.writeEndArray();
    }

    /** {@code {"op": "+I", "row": [...]}} */
    static void change(
            JsonGenerator out, RowOp op, List<SqlAnswer.Column> columns, @Nullable Object[] row)
            throws IOException {
        out.writeStartObject();
        out.writeStringField("op", op.code());
        out.writeFieldName("row");
        row(out, columns, row);
        out.writeEndObject();
    }

    /** {@code "error": {"message": ..., "line": 1, "column": 8}} */
    static void error(JsonGenerator out, SqlException error) throws IOException {
        out.writeObjectFieldStart("error");
        out.writeStringField("message", String.valueOf(error.getMessage()));
        if (error.line() > 0) {
            out.writeNumberField("line", error.line());
            out.writeNumberField("column", error.column());
        }
        out.writeEndObject();
    }

    static byte[] errorBody(SqlException error) {
        return bytes(
                out -> {
                    out.writeStartObject();
                    error(out, error);
                    out.writeEndObject();
                });
    }

    static int status(SqlException error) {
        switch (error.kind()) {
            case NOT_FOUND:
                return 404;
            case FAILED:
                return 500;
            case INVALID:
            case LIMIT:
                return 400;
        }
        throw new AssertionError(error.kind());
    }
}
