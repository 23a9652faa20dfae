package dev.millrace.sql.shell;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** SQL over HTTP, line by line. Blocking; one query at a time per {@link Answer}. */
public final class SqlClient {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final String address;
    private final HttpClient http;

    /**
     * @param address HOST:PORT of a node's HTTP listener
     */
    public SqlClient(String address) {
        this.address = address;
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .build();
    }

    /** What cannot be answered, in one line. */
    public static final class SqlClientException extends Exception {
        private static final long serialVersionUID = 1L;

        SqlClientException(String message) {
            super(message);
        }

        SqlClientException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Sends statements.
     *
     * @return the lines of the answer, as they come; to be closed
     * @throws SqlClientException if nothing listens, or the statement is refused
     */
    public Answer send(String statements) throws SqlClientException, InterruptedException {
        ObjectNode body = MAPPER.createObjectNode().put("query", statements);
        HttpResponse<InputStream> response;
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create("http://" + address + "/sql"))
                            .header("Accept", "application/x-ndjson")
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                            .build();
            response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (IllegalArgumentException e) {
            throw new SqlClientException("--http takes HOST:PORT, not " + address, e);
        } catch (ConnectException e) {
            throw new SqlClientException(
                    "nothing listens at "
                            + address
                            + "; start a node with `millrace start`, or give --http HOST:PORT",
                    e);
        } catch (IOException e) {
            throw new SqlClientException("no answer from " + address + ": " + e.getMessage(), e);
        }
        Answer answer = new Answer(response.body());
        if (response.statusCode() != 200) {
            try (answer) {
                JsonNode line = answer.next();
                JsonNode error = line == null ? null : line.get("error");
                throw new SqlClientException(
                        error == null
                                ? address + " answers with HTTP status " + response.statusCode()
                                : errorText(error));
            } catch (IOException e) {
                throw new SqlClientException(
                        address + " answers with HTTP status " + response.statusCode(), e);
            }
        }
        return answer;
    }

    /** {@code line 1, column 8: message} */
    static String errorText(JsonNode error) {
        String message = error.path("message").asText("unknown error");
        return error.has("line")
                ? "line "
                        + error.get("line").asInt()
                        + ", column "
                        + error.path("column").asInt()
                        + ": "
                        + message
                : message;
    }

    /** The lines of one answer; {@link #close} from any thread ends it and the query. */
    public static final class Answer implements AutoCloseable {
        private final InputStream stream;
        private final BufferedReader lines;

        Answer(InputStream stream) {
            this.stream = stream;
            this.lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
        }

        /** The next line, or null at the end. */
        public @Nullable JsonNode next() throws IOException {
            String line = lines.readLine();
            return line == null ? null : MAPPER.readTree(line);
        }

        @Override
        public void close() {
            try {
                stream.close();
            } catch (IOException e) {
                // It is over either way; the server notices by itself.
                return;
            }
        }
    }
}
