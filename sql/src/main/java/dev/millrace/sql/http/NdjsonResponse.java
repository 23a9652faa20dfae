package dev.millrace.sql.http;

import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.SqlStatement;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The answers of a request as lines of JSON, while they come. */
final class NdjsonResponse {
    private static final Logger LOG = LoggerFactory.getLogger(NdjsonResponse.class);
    private static final byte[] LINE_END = {'\n'};

    private final HttpServerResponse response;
    private final RoutingContext ctx;
    private final SqlEngine engine;
    private final SqlRequest request;
    private final List<SqlStatement> statements;
    private final Context context;
    private final Outbox outbox;
    private int next; // event loop only
    private boolean closed; // event loop only
    private SqlAnswer.@Nullable Query running; // event loop only

    NdjsonResponse(
            RoutingContext ctx,
            SqlEngine engine,
            SqlRequest request,
            List<SqlStatement> statements) {
        this.ctx = ctx;
        this.response = ctx.response();
        this.engine = engine;
        this.request = request;
        this.statements = statements;
        this.context = ctx.vertx().getOrCreateContext();
        this.outbox = new Outbox(context, response::write);
    }

    void start() {
        response.closeHandler(v -> connectionClosed());
        response.exceptionHandler(e -> connectionClosed());
        executeNext();
    }

    private void connectionClosed() {
        closed = true;
        outbox.close();
        if (running != null) {
            running.run().cancel();
        }
    }

    private void executeNext() {
        if (closed) {
            return;
        }
        if (next == statements.size()) {
            begin();
            response.end();
            return;
        }
        SqlStatement statement = statements.get(next++);
        engine.onWorker(() -> engine.execute(statement, request.properties()))
                .onSuccess(this::answered)
                .onFailure(e -> failed(SqlHttp.asSqlException(e)));
    }

    /** The head of the response, as late as possible: an early error still has its status. */
    private void begin() {
        if (!response.headWritten()) {
            response.setChunked(true).putHeader("Content-Type", SqlHttp.NDJSON);
        }
    }

    private void failed(SqlException error) {
        if (closed) {
            return;
        }
        if (!response.headWritten()) {
            SqlHttp.fail(ctx, error);
            return;
        }
        response.write(io.vertx.core.buffer.Buffer.buffer(line(AnswerJson.errorBody(error))));
        response.end();
    }

    private void answered(SqlAnswer answer) {
        if (closed) {
            return;
        }
        begin();
        if (answer instanceof SqlAnswer.Query query) {
            running = query;
            try {
                engine.run(
                        query, rows(query), outcome -> context.runOnContext(v -> ended(outcome)));
            } catch (SqlException e) {
                failed(e);
            }
            return;
        }
        byte[] lines = answer instanceof SqlAnswer.Rows rows ? lines(rows) : message(answer);
        response.write(io.vertx.core.buffer.Buffer.buffer(lines));
        executeNext();
    }

    private RowBatches rows(SqlAnswer.Query query) {
        byte[] head = line(columns(query.columns()));
        response.write(io.vertx.core.buffer.Buffer.buffer(head));
        return new RowBatches(query.columns(), outbox, new byte[0], "\n", LINE_END);
    }

    private void ended(SqlEngine.Outcome outcome) {
        running = null;
        if (outcome.error() != null) {
            failed(outcome.error());
        } else if (!closed) {
            response.write(io.vertx.core.buffer.Buffer.buffer(end(outcome.rows())));
            executeNext();
        } else {
            LOG.debug("the peer left after {} rows", outcome.rows());
        }
    }

    private static byte[] columns(List<SqlAnswer.Column> columns) {
        return AnswerJson.bytes(
                out -> {
                    out.writeStartObject();
                    AnswerJson.columns(out, columns);
                    out.writeEndObject();
                });
    }

    private static byte[] end(long rows) {
        return ("{\"end\":true,\"rows\":" + rows + "}\n").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] message(SqlAnswer answer) {
        String text = ((SqlAnswer.Message) answer).text();
        return line(
                AnswerJson.bytes(
                        out -> {
                            out.writeStartObject();
                            out.writeStringField("message", text);
                            out.writeEndObject();
                        }));
    }

    private static byte[] lines(SqlAnswer.Rows rows) {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        all.writeBytes(line(columns(rows.columns())));
        for (@Nullable Object[] row : rows.rows()) {
            all.writeBytes(
                    line(
                            AnswerJson.bytes(
                                    out ->
                                            AnswerJson.change(
                                                    out,
                                                    dev.millrace.sql.RowOp.INSERT,
                                                    rows.columns(),
                                                    row))));
        }
        if (rows.message() != null) {
            all.writeBytes(message(new SqlAnswer.Message(rows.message())));
        }
        all.writeBytes(end(rows.rows().size()));
        return all.toByteArray();
    }

    private static byte[] line(byte[] json) {
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }
}
