package dev.millrace.sql.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.sql.RowOp;
import dev.millrace.sql.RowSink;
import dev.millrace.sql.SqlAnswer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of a query gathered into chunks of JSON: sent when full, and whenever the query rests. */
final class RowBatches implements RowSink {
    private static final int CHUNK_BYTES = 32 * 1024;

    private final List<SqlAnswer.Column> columns;
    private final Outbox outbox;
    private final byte[] head;
    private final String between;
    private final byte[] tail;
    private final ByteArrayOutputStream chunk = new ByteArrayOutputStream(CHUNK_BYTES + 4096);
    private final JsonGenerator json;
    private int rows;

    /**
     * @param head before the rows of a chunk
     * @param between after each row but the last of a chunk
     * @param tail after the last
     */
    RowBatches(
            List<SqlAnswer.Column> columns,
            Outbox outbox,
            byte[] head,
            String between,
            byte[] tail) {
        this.columns = columns;
        this.outbox = outbox;
        this.head = head;
        this.between = between;
        this.tail = tail;
        try {
            this.json = AnswerJson.generator(chunk);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean row(RowOp op, @Nullable Object[] row) throws InterruptedException {
        try {
            if (rows == 0) {
                chunk.writeBytes(head);
            } else {
                json.flush();
                chunk.writeBytes(between.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
            AnswerJson.change(json, op, columns, row);
            json.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        rows++;
        if (chunk.size() >= CHUNK_BYTES) {
            flush();
        }
        return !outbox.closed();
    }

    @Override
    public void flush() throws InterruptedException {
        if (rows > 0) {
            chunk.writeBytes(tail);
            outbox.send(chunk.toByteArray());
            chunk.reset();
            rows = 0;
        }
    }
}
