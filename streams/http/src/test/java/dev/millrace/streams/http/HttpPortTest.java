package dev.millrace.streams.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HttpPortTest {
    private static final HttpLimits LIMITS = new HttpLimits(64, 2_048, 2_000, 20_000, 20_000);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** One thread: whoever held it would hold up all others. */
    private final ExecutorService executor = Executors.newSingleThreadExecutor();

    private final List<HttpPort> ports = new ArrayList<>();

    @AfterEach
    void close() {
        ports.forEach(HttpPort::close);
        executor.shutdownNow();
    }

    private HttpPort port(HttpLimits limits, HttpPort.Handler handler) throws IOException {
        HttpPort port =
                new HttpPort(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        limits,
                        handler,
                        executor);
        ports.add(port);
        return port;
    }

    /** Says what it was asked. */
    private static final HttpPort.Handler ECHO =
            (request, reply) ->
                    reply.accept(
                            Answer.ok(request.method() + " " + request.target().getPath(), false));

    private static long count(HttpPort port, String name) {
        return Objects.requireNonNull(port.counts().get(name));
    }

    private static Socket connect(HttpPort port) throws IOException {
        Socket socket = new Socket(port.address().getAddress(), port.address().getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(ISO_8859_1));
        out.flush();
    }

    /** All that comes until the server closes; a reset says so too. */
    private static String untilClosed(Socket socket) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(text);
        } catch (SocketException reset) {
            text.writeBytes("[reset]".getBytes(ISO_8859_1));
        }
        return text.toString(ISO_8859_1);
    }

    /** Has begun to ask, and the server has taken note of it. */
    private static void begin(Socket socket, String path) throws IOException {
        say(socket, "GET /first HTTP/1.1\r\n\r\nGET " + path + " HTTP/1.1\r\n");
        StringBuilder answer = new StringBuilder();
        InputStream in = socket.getInputStream();
        while (answer.indexOf("GET /first") < 0) {
            answer.append((char) in.read());
        }
    }

    private static HttpResponse<String> get(HttpPort port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                "http://127.0.0.1:"
                                                        + port.address().getPort()
                                                        + path))
                                .timeout(PATIENCE)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void requests_that_come_together_are_answered_one_after_the_other() throws Exception {
        HttpPort port = port(HttpLimits.DEFAULT, ECHO);
        try (Socket client = connect(port)) {
            say(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c");
            say(client, " HTTP/1.1\r\nConnection: close\r\n\r\n");

            String answers = untilClosed(client);

            assertThat(answers.split("HTTP/1.1 200 OK\r\n", -1)).hasSize(4);
            assertThat(answers).containsSubsequence("GET /a", "GET /b", "Connection: close", "/c");
        }
    }

    @Test
    void a_connection_serves_more_than_one_request() throws Exception {
        HttpPort port = port(HttpLimits.DEFAULT, ECHO);
        for (int i = 0; i < 3; i++) {
            assertThat(get(port, "/keys/" + i).body()).isEqualTo("GET /keys/" + i);
        }
        assertThat(port.counts()).containsEntry("connections-refused", 0L);
    }

    @Test
    void slow_clients_hold_nobody_up_and_lose_their_connections() throws Exception {
        HttpPort port = port(LIMITS, ECHO);
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                Socket client = connect(port);
                slow.add(client);
                say(client, "GET /slow HTTP/1.1\r\nX: ");
            }
            try (Socket quick = connect(port)) {
                say(quick, "GET /quick HTTP/1.1\r\nConnection: close\r\n\r\n");
                assertThat(untilClosed(quick)).endsWith("GET /quick");
            }
            CompletableFuture<Void> trickling =
                    CompletableFuture.runAsync(() -> trickle(slow.get(0)));
            for (Socket client : slow) {
                assertThat(untilClosed(client)).startsWith("HTTP/1.1 408 ");
            }
            trickling.join();
            assertThat(port.counts()).containsEntry("requests-timed-out", 20L);
        } finally {
            for (Socket client : slow) {
                client.close();
            }
        }
    }

    /** A byte now and then, for ever. */
    private static void trickle(Socket client) {
        try {
            while (true) {
                say(client, "y");
                Thread.sleep(20);
            }
        } catch (IOException | InterruptedException e) {
            assertThat(e).isInstanceOf(IOException.class);
        }
    }

    @Test
    void who_says_nothing_is_closed_without_a_word() throws Exception {
        HttpPort port = port(LIMITS, ECHO);
        try (Socket silent = connect(port)) {
            assertThat(untilClosed(silent)).isEmpty();
            assertThat(port.counts()).containsEntry("requests-timed-out", 0L);
        }
    }

    @Test
    void who_does_not_take_the_answer_is_closed() throws Exception {
        String large = "x".repeat(16 << 20);
        HttpPort port =
                port(
                        new HttpLimits(64, 2_048, 20_000, 20_000, 300),
                        (request, reply) -> reply.accept(Answer.ok(large, false)));
        try (Socket deaf = new Socket()) {
            deaf.setReceiveBufferSize(8_192);
            deaf.connect(port.address());
            say(deaf, "GET /large HTTP/1.1\r\n\r\n");

            await().atMost(PATIENCE).until(() -> count(port, "requests-timed-out") == 1);
            await().atMost(PATIENCE).until(() -> count(port, "connections") == 0);

            assertThat(untilClosed(deaf)).startsWith("HTTP/1.1 200 ").hasSizeLessThan(16 << 20);
        }
    }

    @Test
    void a_large_answer_arrives_whole() throws Exception {
        String large = "x".repeat(8 << 20);
        HttpPort port =
                port(HttpLimits.DEFAULT, (request, reply) -> reply.accept(Answer.ok(large, false)));

        assertThat(get(port, "/large").body()).hasSize(8 << 20);
    }

    @Test
    void a_head_that_is_too_long_is_refused() throws Exception {
        HttpPort port = port(LIMITS, ECHO);
        try (Socket client = connect(port)) {
            say(client, "GET /" + "a".repeat(5_000) + " HTTP/1.1\r\n\r\n");

            assertThat(untilClosed(client)).startsWith("HTTP/1.1 431 ").contains("2048 bytes");
        }
    }

    @Test
    void what_is_not_http_is_refused_and_is_the_last() throws Exception {
        HttpPort port = port(LIMITS, ECHO);
        for (String nonsense :
                List.of("hello\r\n\r\n", "GET a HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nx\r\n\r\n")) {
            try (Socket client = connect(port)) {
                say(client, nonsense + "GET /next HTTP/1.1\r\n\r\n");

                assertThat(untilClosed(client))
                        .startsWith("HTTP/1.1 400 ")
                        .contains("bad_request", "Connection: close")
                        .doesNotContain("/next");
            }
        }
        try (Socket client = connect(port)) {
            say(client, "GET / HTTP/2.0\r\n\r\n");
            assertThat(untilClosed(client)).startsWith("HTTP/1.1 505 ");
        }
    }

    @Test
    void a_body_is_the_end_of_its_connection() throws Exception {
        HttpPort port = port(LIMITS, ECHO);
        try (Socket client = connect(port)) {
            say(client, "POST /a HTTP/1.1\r\nContent-Length: 19\r\n\r\nGET /b HTTP/1.1\r\n\r\n");

            assertThat(untilClosed(client)).contains("POST /a").doesNotContain("GET /b");
        }
    }

    @Test
    void one_connection_too_many_costs_an_idle_one_or_itself() throws Exception {
        HttpPort port = port(new HttpLimits(2, 2_048, 20_000, 20_000, 20_000), ECHO);
        try (Socket idle = connect(port);
                Socket busy = connect(port)) {
            begin(busy, "/busy");

            try (Socket third = connect(port)) {
                assertThat(untilClosed(idle)).isEmpty();
                begin(third, "/third");
                try (Socket fourth = connect(port)) {
                    assertThat(untilClosed(fourth)).isEmpty();
                }
                say(third, "Connection: close\r\n\r\n");
                assertThat(untilClosed(third)).contains("GET /third");
            }
            say(busy, "Connection: close\r\n\r\n");
            assertThat(untilClosed(busy)).contains("GET /busy");
        }
        assertThat(port.counts()).containsEntry("connections-refused", 2L);
    }

    @Test
    void what_is_under_way_is_answered_when_it_closes() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> may = new CompletableFuture<>();
        HttpPort port =
                port(
                        HttpLimits.DEFAULT,
                        (request, reply) -> {
                            asked.complete(null);
                            may.thenRun(() -> reply.accept(Answer.ok("late", false)));
                        });
        try (Socket client = connect(port)) {
            say(client, "GET /late HTTP/1.1\r\n\r\n");
            asked.join();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(port::close);
            may.complete(null);

            assertThat(untilClosed(client)).endsWith("late");
            closing.join();
        }
    }

    @Test
    void a_handler_that_fails_is_an_answer_too() throws Exception {
        HttpPort port =
                port(
                        HttpLimits.DEFAULT,
                        (request, reply) -> {
                            throw new IllegalStateException("no");
                        });

        assertThat(get(port, "/").statusCode()).isEqualTo(500);
    }
}
