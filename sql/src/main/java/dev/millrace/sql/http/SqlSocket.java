package dev.millrace.sql.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.SqlStatement;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SQL over one WebSocket, text frames of JSON; several queries at a time, told apart by the
 * client's {@code id}.
 *
 * <pre>
 * client  {"id": "1", "query": "...", "properties": {...}}      {"id": "1", "cancel": true}
 * server  {"id": "1", "columns": [...]}
 *         {"id": "1", "rows": [{"op": "+I", "row": [...]}, ...]}
 *         {"id": "1", "message": "..."}
 *         {"id": "1", "end": true}       after the last statement of a query, or when cancelled
 *         {"id": "1", "error": {...}}    then nothing more of this id
 * </pre>
 *
 * <p>All fields belong to the socket's event loop.
 */
final class SqlSocket {
    private static final Logger LOG = LoggerFactory.getLogger(SqlSocket.class);
    private static final int MAX_RUNNING = 16;
    private static final byte[] TAIL = "]}".getBytes(StandardCharsets.UTF_8);

    private final ServerWebSocket socket;
    private final SqlEngine engine;
    private final Context context;
    private final Map<String, Run> runs = new HashMap<>();

    private SqlSocket(ServerWebSocket socket, SqlEngine engine, Context context) {
        this.socket = socket;
        this.engine = engine;
        this.context = context;
    }

    static void open(RoutingContext ctx, SqlEngine engine) {
        Context context = ctx.vertx().getOrCreateContext();
        ctx.request()
                .toWebSocket()
                .onSuccess(
                        socket -> {
                            SqlSocket sql = new SqlSocket(socket, engine, context);
                            socket.textMessageHandler(sql::received);
                            socket.closeHandler(v -> sql.closed());
                            socket.exceptionHandler(
                                    e -> LOG.debug("a SQL socket failed: {}", e.getMessage()));
                        })
                .onFailure(
                        e ->
                                SqlHttp.fail(
                                        ctx,
                                        SqlException.invalid(
                                                "/sql/ws is a WebSocket: " + e.getMessage())));
    }

    private void received(String text) {
        JsonObject json;
        try {
            json = new JsonObject(text);
        } catch (DecodeException e) {
            send("", out -> AnswerJson.error(out, SqlException.invalid("a JSON object expected")));
            return;
        }
        String id = String.valueOf(json.getValue("id", ""));
        if (Boolean.TRUE.equals(json.getValue("cancel"))) {
            Run run = runs.get(id);
            if (run != null) {
                run.cancel();
            }
            return;
        }
        try {
            if (runs.containsKey(id)) {
                throw SqlException.invalid("id " + id + " is running; cancel it, or take another");
            }
            if (runs.size() >= MAX_RUNNING) {
                throw SqlException.limit(
                        MAX_RUNNING + " queries run on this socket, which is the limit");
            }
            Run run = new Run(id, SqlRequest.of(json));
            runs.put(id, run);
            run.start();
        } catch (SqlException e) {
            send(id, out -> AnswerJson.error(out, e));
        }
    }

    private void closed() {
        runs.values().forEach(Run::cancel);
        runs.clear();
    }

    private void send(String id, AnswerJson.Content content) {
        if (!socket.isClosed()) {
            socket.writeTextMessage(new String(message(id, content), StandardCharsets.UTF_8));
        }
    }

    private static byte[] message(String id, AnswerJson.Content content) {
        return AnswerJson.bytes(
                out -> {
                    out.writeStartObject();
                    out.writeStringField("id", id);
                    content.write(out);
                    out.writeEndObject();
                });
    }

    /** One request of the client: its statements, one after the other. */
    private final class Run {
        private final String id;
        private final SqlRequest request;
        private final Outbox outbox;
        private List<SqlStatement> statements = List.of();
        private int next;
        private boolean cancelled;
        private SqlAnswer.@Nullable Query running;

        Run(String id, SqlRequest request) {
            this.id = id;
            this.request = request;
            this.outbox = new Outbox(context, this::write);
        }

        private Future<?> write(Buffer chunk) {
            return cancelled || socket.isClosed()
                    ? Future.succeededFuture()
                    : socket.writeTextMessage(chunk.toString(StandardCharsets.UTF_8));
        }

        void start() {
            engine.onWorker(() -> engine.parse(request.query()))
                    .onSuccess(
                            parsed -> {
                                statements = parsed;
                                executeNext();
                            })
                    .onFailure(this::failed);
        }

        void cancel() {
            cancelled = true;
            outbox.close();
            if (running != null) {
                running.run().cancel();
            }
        }

        private void executeNext() {
            if (cancelled || next == statements.size()) {
                finished();
                return;
            }
            SqlStatement statement = statements.get(next++);
            engine.onWorker(() -> engine.execute(statement, request.properties()))
                    .onSuccess(this::answered)
                    .onFailure(this::failed);
        }

        private void finished() {
            runs.remove(id, this);
            send(id, out -> out.writeBooleanField("end", true));
        }

        private void failed(Throwable failure) {
            runs.remove(id, this);
            SqlException error = SqlHttp.asSqlException(failure);
            send(id, out -> AnswerJson.error(out, error));
        }

        private void answered(SqlAnswer answer) {
            if (cancelled) {
                finished();
                return;
            }
            if (answer instanceof SqlAnswer.Query query) {
                running = query;
                send(id, out -> AnswerJson.columns(out, query.columns()));
                try {
                    engine.run(
                            query,
                            new RowBatches(query.columns(), outbox, head(), ",", TAIL),
                            outcome -> context.runOnContext(v -> ended(outcome)));
                } catch (SqlException e) {
                    failed(e);
                }
                return;
            }
            if (answer instanceof SqlAnswer.Rows rows) {
                send(id, out -> AnswerJson.columns(out, rows.columns()));
                send(id, out -> writeRows(out, rows));
                if (rows.message() != null) {
                    send(id, out -> out.writeStringField("message", rows.message()));
                }
            } else if (answer instanceof SqlAnswer.Message message) {
                send(id, out -> out.writeStringField("message", message.text()));
            }
            executeNext();
        }

        private byte[] head() {
            byte[] whole =
                    message(
                            id,
                            out -> {
                                out.writeArrayFieldStart("rows");
                                out.writeEndArray();
                            });
            // Without its end, which the rows and the tail of a chunk fill in.
            return java.util.Arrays.copyOf(whole, whole.length - TAIL.length);
        }

        private void ended(SqlEngine.Outcome outcome) {
            running = null;
            if (outcome.error() != null) {
                failed(outcome.error());
            } else {
                executeNext();
            }
        }
    }

    private static void writeRows(JsonGenerator out, SqlAnswer.Rows rows) throws IOException {
        out.writeArrayFieldStart("rows");
        for (@Nullable Object[] row : rows.rows()) {
            AnswerJson.change(out, dev.millrace.sql.RowOp.INSERT, rows.columns(), row);
        }
        out.writeEndArray();
    }
}
