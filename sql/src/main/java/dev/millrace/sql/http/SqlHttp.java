package dev.millrace.sql.http;

import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.SqlException;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SQL over HTTP.
 *
 * <pre>
 * POST /sql   {"query": "...", "properties": {"auto.offset.reset": "latest"}}
 *
 *   Accept: application/json (the default)
 *     {"columns": [{"name", "type"}], "rows": [[...]]}   and/or   {"message": "..."}
 *     several statements: {"results": [answer, ...]}
 *   Accept: application/x-ndjson, a line each
 *     {"columns": [...]}  {"op": "+I", "row": [...]} ...  {"end": true, "rows": N}
 *     {"message": "..."}  for a statement without rows
 *     {"error": {...}}    as the last line when it fails midway
 *   errors: 400, 404 or 500 {"error": {"message": "...", "line": 1, "column": 8}}
 *   403 for a page of another origin (header Origin is not the Host), as for the WebSocket
 *
 * WebSocket /sql/ws: see {@link SqlSocket}
 * </pre>
 *
 * <p>Handlers run on the event loop and never block it: parsing and planning go to worker threads,
 * a SELECT has a thread of its own, which waits while the connection is full.
 */
public final class SqlHttp {
    static final String JSON = "application/json";
    static final String NDJSON = "application/x-ndjson";
    private static final Logger LOG = LoggerFactory.getLogger(SqlHttp.class);
    private static final long MAX_BODY_BYTES = 2 << 20;

    private final SqlEngine engine;

    private SqlHttp(SqlEngine engine) {
        this.engine = engine;
    }

    /** Adds the routes. */
    public static void mount(Router router, SqlEngine engine) {
        SqlHttp http = new SqlHttp(engine);
        router.route("/sql/ws").handler(SqlHttp::refuseForeignOrigin);
        router.post("/sql").handler(SqlHttp::refuseForeignOrigin);
        router.route("/sql/ws").handler(ctx -> SqlSocket.open(ctx, engine));
        router.post("/sql")
                .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY_BYTES))
                .handler(http::post);
    }

    /** A page from elsewhere must not run SQL through the browser of someone who may. */
    private static void refuseForeignOrigin(RoutingContext ctx) {
        String origin = ctx.request().getHeader("Origin");
        // HTTP/1's Host, HTTP/2's :authority
        String host = String.valueOf(ctx.request().authority());
        if (origin == null || origin.replaceFirst("^https?://", "").equals(host)) {
            ctx.next();
            return;
        }
        SqlException refused =
                SqlException.invalid("requests from pages of " + origin + " are not accepted");
        ctx.response()
                .setStatusCode(403)
                .putHeader("Content-Type", JSON)
                .end(Buffer.buffer(AnswerJson.errorBody(refused)));
    }

    private void post(RoutingContext ctx) {
        String accept = ctx.request().getHeader("Accept");
        boolean ndjson = accept != null && accept.toLowerCase(Locale.ROOT).contains(NDJSON);
        String body = ctx.body().asString();
        SqlRequest request;
        try {
            request = SqlRequest.of(body == null ? "" : body);
        } catch (SqlException e) {
            fail(ctx, e);
            return;
        }
        engine.onWorker(() -> engine.parse(request.query()))
                .onSuccess(
                        statements -> {
                            if (ndjson) {
                                new NdjsonResponse(ctx, engine, request, statements).start();
                            } else {
                                new JsonResponse(ctx, engine, request, statements).start();
                            }
                        })
                .onFailure(e -> fail(ctx, asSqlException(e)));
    }

    static void fail(RoutingContext ctx, SqlException error) {
        if (ctx.response().ended() || ctx.response().closed()) {
            return;
        }
        ctx.response()
                .setStatusCode(AnswerJson.status(error))
                .putHeader("Content-Type", JSON)
                .end(Buffer.buffer(AnswerJson.errorBody(error)));
    }

    /** What the caller is told; a mistake of ours is logged here and nowhere else. */
    static SqlException asSqlException(Throwable failure) {
        if (failure instanceof SqlException known) {
            return known;
        }
        LOG.error("a statement failed", failure);
        return new SqlException(
                SqlException.Kind.FAILED,
                "the statement failed inside the engine: " + failure,
                failure);
    }

    static SqlException pushNeedsStream() {
        return SqlException.invalid(
                "EMIT CHANGES does not end; ask with Accept: "
                        + NDJSON
                        + " or over the WebSocket /sql/ws, or leave out EMIT CHANGES");
    }
}
