package dev.millrace.sql.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.sql.SqlTestEngine;
import dev.millrace.sql.shell.SqlShell;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** POST /sql, the WebSocket and the shell against one engine. */
class SqlHttpTest {
    private static SqlTestEngine sql;
    private static HttpServer server;
    private static String topic;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws Exception {
        sql = new SqlTestEngine();
        Router router = Router.router(sql.vertx());
        SqlHttp.mount(router, sql.engine());
        server =
                sql.vertx()
                        .createHttpServer()
                        .requestHandler(router)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);
        topic = sql.topic("words", 1, List.of("one", "two", "three", "zwei 二"));
    }

    @AfterAll
    static void stop() {
        sql.close();
    }

    private static HttpRequest request(String query, String accept) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.actualPort() + "/sql"))
                .header("Accept", accept)
                .POST(
                        HttpRequest.BodyPublishers.ofString(
                                new JsonObject().put("query", query).encode()))
                .timeout(Duration.ofSeconds(60))
                .build();
    }

    private static HttpResponse<String> post(String query, String accept) throws Exception {
        return CLIENT.send(request(query, accept), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void json_has_columns_and_rows() throws Exception {
        HttpResponse<String> response =
                post("SELECT value, 1 AS n FROM " + topic + " LIMIT 2", "application/json");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .isEqualTo(
                        "{\"columns\":[{\"name\":\"value\",\"type\":\"VARCHAR\"},"
                                + "{\"name\":\"n\",\"type\":\"INTEGER\"}],"
                                + "\"rows\":[[\"one\",1],[\"two\",1]]}");
    }

    @Test
    void several_statements_have_several_results() throws Exception {
        JsonObject body =
                new JsonObject(post("SHOW QUERIES; EXPLAIN SELECT * FROM " + topic, "*/*").body());
        JsonArray results = body.getJsonArray("results");
        assertThat(results).hasSize(2);
        assertThat(results.getJsonObject(1).getString("message")).contains("Topologies:");
    }

    @Test
    void ndjson_has_a_line_per_row_and_an_end() throws Exception {
        HttpResponse<String> response = post("SELECT value FROM " + topic, "application/x-ndjson");
        assertThat(response.body().lines())
                .containsExactly(
                        "{\"columns\":[{\"name\":\"value\",\"type\":\"VARCHAR\"}]}",
                        "{\"op\":\"+I\",\"row\":[\"one\"]}",
                        "{\"op\":\"+I\",\"row\":[\"two\"]}",
                        "{\"op\":\"+I\",\"row\":[\"three\"]}",
                        "{\"op\":\"+I\",\"row\":[\"zwei 二\"]}",
                        "{\"end\":true,\"rows\":4}");
    }

    @Test
    void errors_have_a_status_and_a_place() throws Exception {
        HttpResponse<String> syntax = post("SELECT * FROM WHERE", "application/json");
        assertThat(syntax.statusCode()).isEqualTo(400);
        JsonObject error = new JsonObject(syntax.body()).getJsonObject("error");
        assertThat(error.getInteger("line")).isEqualTo(1);
        assertThat(error.getInteger("column")).isEqualTo(15);

        HttpResponse<String> missing = post("SELECT * FROM nowhere_at_all", "application/json");
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(missing.body()).contains("no topic or relation nowhere_at_all");

        HttpResponse<String> nojson =
                CLIENT.send(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                "http://127.0.0.1:" + server.actualPort() + "/sql"))
                                .POST(HttpRequest.BodyPublishers.ofString("SELECT 1"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(nojson.statusCode()).isEqualTo(400);
    }

    @Test
    void a_push_query_needs_a_stream() throws Exception {
        HttpResponse<String> response =
                post("SELECT * FROM " + topic + " EMIT CHANGES", "application/json");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("application/x-ndjson");
    }

    @Test
    void a_push_query_streams_and_ends_when_the_reader_leaves() throws Exception {
        HttpResponse<InputStream> response =
                CLIENT.send(
                        request(
                                "SELECT value FROM " + topic + " EMIT CHANGES",
                                "application/x-ndjson"),
                        HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body();
                var lines =
                        new java.io.BufferedReader(
                                new java.io.InputStreamReader(body, StandardCharsets.UTF_8))) {
            for (int i = 0; i < 5; i++) {
                assertThat(lines.readLine()).isNotNull();
            }
            assertThat(sql.engine().runningQueries()).isEqualTo(1);
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(sql.engine().runningQueries()).isZero());
    }

    @Test
    void a_socket_runs_cancels_and_reports() throws Exception {
        BlockingQueue<JsonObject> received = new LinkedBlockingQueue<>();
        WebSocketClient client = sql.vertx().createWebSocketClient();
        WebSocket socket =
                client.connect(server.actualPort(), "127.0.0.1", "/sql/ws")
                        .map(
                                opened -> {
                                    opened.textMessageHandler(
                                            text -> received.add(new JsonObject(text)));
                                    return opened;
                                })
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);

        socket.writeTextMessage(
                "{\"id\":\"1\",\"query\":\"SELECT value FROM " + topic + " EMIT CHANGES\"}");
        assertThat(take(received).getJsonArray("columns")).hasSize(1);
        JsonArray rows = take(received).getJsonArray("rows");
        assertThat(rows.getJsonObject(0).getString("op")).isEqualTo("+I");
        assertThat(rows).hasSize(4);

        socket.writeTextMessage("{\"id\":\"2\",\"query\":\"SELECT * FROM nowhere_at_all\"}");
        JsonObject failed = take(received);
        assertThat(failed.getString("id")).isEqualTo("2");
        assertThat(failed.getJsonObject("error").getString("message")).contains("nowhere_at_all");

        socket.writeTextMessage("{\"id\":\"1\",\"cancel\":true}");
        assertThat(take(received)).isEqualTo(new JsonObject("{\"id\":\"1\",\"end\":true}"));
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(sql.engine().runningQueries()).isZero());
        client.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void a_page_of_another_origin_is_refused() throws Exception {
        URI address = URI.create("http://127.0.0.1:" + server.actualPort() + "/sql");
        HttpRequest.BodyPublisher body =
                HttpRequest.BodyPublishers.ofString("{\"query\": \"SELECT 1 AS x\"}");
        HttpResponse<String> foreign =
                CLIENT.send(
                        HttpRequest.newBuilder(address)
                                .header("Origin", "http://elsewhere.example")
                                .POST(body)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("http://elsewhere.example are not accepted");

        HttpResponse<String> own =
                CLIENT.send(
                        HttpRequest.newBuilder(address)
                                .header("Origin", "http://127.0.0.1:" + server.actualPort())
                                .POST(body)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(own.statusCode()).isEqualTo(200);

        WebSocketClient client = sql.vertx().createWebSocketClient();
        Throwable refused =
                client.connect(
                                new WebSocketConnectOptions()
                                        .setHost("127.0.0.1")
                                        .setPort(server.actualPort())
                                        .setURI("/sql/ws")
                                        .addHeader("Origin", "http://elsewhere.example"))
                        .toCompletionStage()
                        .handle((socket, failure) -> failure)
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);
        assertThat(refused)
                .isInstanceOf(UpgradeRejectedException.class)
                .hasMessageContaining("403");
        client.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void a_reader_that_stops_reading_holds_up_its_query_only() throws Exception {
        String big = sql.topic("big", 1, Collections.nCopies(40_000, "x".repeat(1_000)));
        String query = new JsonObject().put("query", "SELECT value FROM " + big).encode();
        try (Socket lazy = new Socket()) {
            lazy.setReceiveBufferSize(64 << 10);
            lazy.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), server.actualPort()));
            String head =
                    "POST /sql HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/x-ndjson\r\n"
                            + "Content-Length: "
                            + query.length()
                            + "\r\n\r\n";
            lazy.getOutputStream().write((head + query).getBytes(StandardCharsets.UTF_8));
            assertThat(lazy.getInputStream().read()).isEqualTo('H');
            // The answer has 40 MB: while the query runs, most of it has not been made.
            await().during(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(sql.engine().runningQueries()).isEqualTo(1));
            assertThat(post("SELECT COUNT(*) AS n FROM " + big, "application/json").body())
                    .contains("[[40000]]");
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(sql.engine().runningQueries()).isZero());
    }

    private static JsonObject take(BlockingQueue<JsonObject> queue) throws InterruptedException {
        JsonObject next = queue.poll(30, TimeUnit.SECONDS);
        return next == null ? new JsonObject().put("nothing", "came") : next;
    }

    private record Said(int exit, List<String> out, String err) {}

    private static Said shell(
            String http, Optional<String> query, Optional<Path> file, boolean json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit =
                SqlShell.run(
                        new SqlShell.Options(http, query, file, json),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Said(
                exit,
                new ArrayList<>(out.toString(StandardCharsets.UTF_8).lines().toList()),
                err.toString(StandardCharsets.UTF_8));
    }

    private static String address() {
        return "127.0.0.1:" + server.actualPort();
    }

    @Test
    void the_shell_prints_a_table_that_is_as_wide_as_its_characters() {
        Said said =
                shell(
                        address(),
                        Optional.of(
                                "SELECT value, CHAR_LENGTH(value) AS n FROM " + topic + " LIMIT 4"),
                        Optional.empty(),
                        false);
        assertThat(said.exit()).isZero();
        assertThat(said.out())
                .containsExactly(
                        "value   | n",
                        "--------+--",
                        "one     | 3",
                        "two     | 3",
                        "three   | 5",
                        "zwei 二 | 6",
                        "(4 rows)");
    }

    @Test
    void the_shell_runs_a_file_and_prints_json() throws Exception {
        Path file = Files.createTempFile("statements", ".sql");
        Files.writeString(file, "SHOW STREAMS;\nSELECT 1 AS x;\n");
        Said said = shell(address(), Optional.empty(), Optional.of(file), true);
        assertThat(said.exit()).isZero();
        assertThat(said.out()).contains("{\"op\":\"+I\",\"row\":[1]}");
        Files.delete(file);
    }

    @Test
    void the_shell_says_errors_in_one_line() {
        Said wrong = shell(address(), Optional.of("SELEC 1"), Optional.empty(), false);
        assertThat(wrong.exit()).isEqualTo(1);
        assertThat(wrong.err())
                .startsWith("error: line 1, column 1: no statement begins with SELEC")
                .hasLineCount(1);

        Said nobody = shell("127.0.0.1:1", Optional.of("SELECT 1"), Optional.empty(), false);
        assertThat(nobody.exit()).isEqualTo(1);
        assertThat(nobody.err())
                .startsWith("error: nothing listens at 127.0.0.1:1")
                .hasLineCount(1);

        Said nofile =
                shell(address(), Optional.empty(), Optional.of(Path.of("no-such.sql")), false);
        assertThat(nofile.exit()).isEqualTo(1);
        assertThat(nofile.err()).contains("no-such.sql");
    }
}
