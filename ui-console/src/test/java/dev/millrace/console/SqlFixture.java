package dev.millrace.console;

import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The SQL endpoints as the console knows them, with prepared answers: the console's tests are about
 * what it makes of an answer, not about SQL.
 *
 * <pre>
 * SELECT ... EMIT CHANGES   word counts, one change every 20 ms, until cancelled
 * SELECT ...                three rows and the end
 * SELEC ...                 an error at line 1, column 1
 * EXPLAIN ...               a topology
 * SHOW QUERIES, TERMINATE   one query, until it is terminated
 * CREATE ...                a message
 * </pre>
 */
final class SqlFixture {
    static final String TOPOLOGY =
            """
            Topologies:
               Sub-topology: 0
                Source: KSTREAM-SOURCE-0000000000 (topics: [lines])
                  --> KSTREAM-FLATMAPVALUES-0000000001
                Processor: KSTREAM-FLATMAPVALUES-0000000001 (stores: [])
                  --> KSTREAM-AGGREGATE-0000000002
                  <-- KSTREAM-SOURCE-0000000000
                Processor: KSTREAM-AGGREGATE-0000000002 (stores: [counts])
                  --> none
                  <-- KSTREAM-FLATMAPVALUES-0000000001
            """;

    private static final List<String> WORDS =
            List.of("river", "mill", "wheel", "water", "stone", "grain", "flour", "bread");

    private final List<String> cancelled = new CopyOnWriteArrayList<>();
    private final List<String> queries = new CopyOnWriteArrayList<>(List.of("CTAS_WORD_COUNTS_1"));

    void mount(Router router, Vertx vertx) {
        router.post("/sql").handler(BodyHandler.create(false)).handler(this::post);
        router.get("/sql/ws")
                .handler(
                        request ->
                                request.request()
                                        .toWebSocket()
                                        .onSuccess(socket -> session(vertx, socket)));
    }

    List<String> cancelled() {
        return cancelled;
    }

    private void post(RoutingContext request) {
        JsonObject answer = answer(request.body().asJsonObject().getString("query"));
        if (answer.containsKey("error")) {
            request.response().setStatusCode(400);
        }
        request.json(answer);
    }

    private JsonObject answer(String query) {
        String upper = query.trim().toUpperCase(java.util.Locale.ROOT);
        if (upper.startsWith("SHOW QUERIES")) {
            JsonArray rows = new JsonArray();
            queries.forEach(
                    id ->
                            rows.add(
                                    new JsonArray()
                                            .add(id)
                                            .add("RUNNING")
                                            .add("WORD_COUNTS")
                                            .add(
                                                    "CREATE TABLE word_counts AS SELECT word,"
                                                            + " COUNT(*) AS n FROM words GROUP BY"
                                                            + " word EMIT CHANGES")));
            return new JsonObject()
                    .put(
                            "columns",
                            columns(
                                    "query",
                                    "VARCHAR",
                                    "state",
                                    "VARCHAR",
                                    "writes",
                                    "VARCHAR",
                                    "statement",
                                    "VARCHAR"))
                    .put("rows", rows);
        }
        if (upper.startsWith("TERMINATE")) {
            queries.removeIf(id -> query.contains(id));
            return new JsonObject().put("message", "Query terminated.");
        }
        if (upper.startsWith("EXPLAIN")) {
            return new JsonObject().put("message", TOPOLOGY);
        }
        if (upper.startsWith("CREATE")) {
            return new JsonObject().put("message", "Created table WORD_COUNTS.");
        }
        if (upper.startsWith("SELECT")) {
            return new JsonObject()
                    .put("columns", columns("WORD", "VARCHAR", "N", "BIGINT"))
                    .put(
                            "rows",
                            new JsonArray()
                                    .add(new JsonArray().add("river").add(3))
                                    .add(new JsonArray().add("mill").add(2))
                                    .add(new JsonArray().add("wheel").addNull()));
        }
        return new JsonObject()
                .put(
                        "error",
                        new JsonObject()
                                .put(
                                        "message",
                                        "Encountered \""
                                                + upper.split("\\s")[0]
                                                + "\"; expected SELECT, CREATE, SHOW, DESCRIBE, EXPLAIN, DROP or TERMINATE")
                                .put("line", 1)
                                .put("column", 1));
    }

    private static JsonArray columns(String... namesAndTypes) {
        JsonArray columns = new JsonArray();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            columns.add(
                    new JsonObject()
                            .put("name", namesAndTypes[i])
                            .put("type", namesAndTypes[i + 1]));
        }
        return columns;
    }

    private void session(Vertx vertx, ServerWebSocket socket) {
        Map<String, Long> running = new HashMap<>();
        socket.textMessageHandler(
                text -> {
                    JsonObject message = new JsonObject(text);
                    String id = message.getString("id");
                    if (message.getBoolean("cancel", false)) {
                        Long timer = running.remove(id);
                        if (timer != null) {
                            vertx.cancelTimer(timer);
                            cancelled.add(id);
                        }
                        return;
                    }
                    String query = message.getString("query");
                    if (query.toUpperCase(java.util.Locale.ROOT).contains("EMIT CHANGES")
                            && query.trim()
                                    .toUpperCase(java.util.Locale.ROOT)
                                    .startsWith("SELECT")) {
                        running.put(id, push(vertx, socket, id));
                    } else {
                        once(socket, id, answer(query));
                    }
                });
        socket.closeHandler(gone -> running.values().forEach(vertx::cancelTimer));
    }

    private static void once(ServerWebSocket socket, String id, JsonObject answer) {
        JsonObject first = new JsonObject().put("id", id);
        for (String name : List.of("columns", "message", "error")) {
            if (answer.containsKey(name)) {
                first.put(name, answer.getValue(name));
            }
        }
        socket.writeTextMessage(first.encode());
        if (answer.containsKey("error")) {
            return;
        }
        JsonArray rows = new JsonArray();
        answer.getJsonArray("rows", new JsonArray())
                .forEach(row -> rows.add(new JsonObject().put("op", "+I").put("row", row)));
        if (!rows.isEmpty()) {
            socket.writeTextMessage(new JsonObject().put("id", id).put("rows", rows).encode());
        }
        socket.writeTextMessage(new JsonObject().put("id", id).put("end", true).encode());
    }

    private static long push(Vertx vertx, ServerWebSocket socket, String id) {
        socket.writeTextMessage(
                new JsonObject()
                        .put("id", id)
                        .put("columns", columns("WORD", "VARCHAR", "N", "BIGINT"))
                        .encode());
        int[] counts = new int[WORDS.size()];
        int[] turn = {0};
        return vertx.setPeriodic(
                20,
                tick -> {
                    int word = (turn[0]++ * 5 + turn[0] / 7) % WORDS.size();
                    JsonArray rows = new JsonArray();
                    for (JsonObject change : change(WORDS.get(word), counts[word]++)) {
                        rows.add(change);
                    }
                    socket.writeTextMessage(
                            new JsonObject().put("id", id).put("rows", rows).encode());
                });
    }

    private static List<JsonObject> change(String word, int before) {
        List<JsonObject> changes = new ArrayList<>();
        if (before > 0) {
            changes.add(
                    new JsonObject()
                            .put("op", "-U")
                            .put("row", new JsonArray().add(word).add(before)));
        }
        changes.add(
                new JsonObject()
                        .put("op", before == 0 ? "+I" : "+U")
                        .put("row", new JsonArray().add(word).add(before + 1)));
        return changes;
    }
}
