package dev.millrace.sql.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.SqlStatement;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All answers of a request in one JSON document; rows are collected, up to the limit. */
final class JsonResponse {
    private final RoutingContext ctx;
    private final SqlEngine engine;
    private final SqlRequest request;
    private final List<SqlStatement> statements;
    private final List<SqlAnswer> answers = new ArrayList<>(); // event loop only

    JsonResponse(
            RoutingContext ctx,
            SqlEngine engine,
            SqlRequest request,
            List<SqlStatement> statements) {
        this.ctx = ctx;
        this.engine = engine;
        this.request = request;
        this.statements = statements;
    }

    void start() {
        next();
    }

    private void next() {
        if (answers.size() == statements.size()) {
            send();
            return;
        }
        SqlStatement statement = statements.get(answers.size());
        engine.onWorker(() -> engine.execute(statement, request.properties()))
                .onSuccess(this::answered)
                .onFailure(e -> SqlHttp.fail(ctx, SqlHttp.asSqlException(e)));
    }

    private void answered(SqlAnswer answer) {
        if (!(answer instanceof SqlAnswer.Query query)) {
            answers.add(answer);
            next();
            return;
        }
        if (query.push()) {
            SqlHttp.fail(ctx, SqlHttp.pushNeedsStream());
            return;
        }
        collect(query);
    }

    private void collect(SqlAnswer.Query query) {
        int limit = engine.config().maxAnswerRows();
        List<@Nullable Object[]> rows = new ArrayList<>();
        ctx.response().closeHandler(closed -> query.run().cancel());
        try {
            engine.run(
                    query,
                    (op, row) -> {
                        if (rows.size() >= limit) {
                            throw SqlException.limit(
                                    "the answer has more than "
                                            + limit
                                            + " rows; add LIMIT, or take it as a stream with"
                                            + " Accept: "
                                            + SqlHttp.NDJSON);
                        }
                        rows.add(row);
                        return true;
                    },
                    outcome -> ctx.vertx().runOnContext(v -> collected(query, rows, outcome)));
        } catch (SqlException e) {
            SqlHttp.fail(ctx, e);
        }
    }

    private void collected(
            SqlAnswer.Query query, List<@Nullable Object[]> rows, SqlEngine.Outcome outcome) {
        if (outcome.error() != null) {
            SqlHttp.fail(ctx, outcome.error());
            return;
        }
        answers.add(new SqlAnswer.Rows(query.columns(), rows, null));
        next();
    }

    private void send() {
        engine.onWorker(() -> AnswerJson.bytes(this::write))
                .onSuccess(
                        body -> {
                            if (!ctx.response().closed()) {
                                ctx.response()
                                        .putHeader("Content-Type", SqlHttp.JSON)
                                        .end(Buffer.buffer(body));
                            }
                        })
                .onFailure(e -> SqlHttp.fail(ctx, SqlHttp.asSqlException(e)));
    }

    private void write(JsonGenerator out) throws IOException {
        if (answers.size() == 1) {
            write(out, answers.get(0));
            return;
        }
        out.writeStartObject();
        out.writeArrayFieldStart("results");
        for (SqlAnswer answer : answers) {
            write(out, answer);
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void write(JsonGenerator out, SqlAnswer answer) throws IOException {
        out.writeStartObject();
        if (answer instanceof SqlAnswer.Message message) {
            out.writeStringField("message", message.text());
        } else if (answer instanceof SqlAnswer.Rows rows) {
            AnswerJson.columns(out, rows.columns());
            out.writeArrayFieldStart("rows");
            for (@Nullable Object[] row : rows.rows()) {
                AnswerJson.row(out, rows.columns(), row);
            }
            out.writeEndArray();
            if (rows.message() != null) {
                out.writeStringField("message", rows.message());
            }
        } else {
            throw new AssertionError(answer);
        }
        out.writeEndObject();
    }
}
