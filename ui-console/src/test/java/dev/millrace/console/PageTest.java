package dev.millrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the page and its files are delivered. */
class PageTest {
    private static final Pattern IMPORT_MAP =
            Pattern.compile("<script type=\"importmap\">(.*?)</script>");

    private static ConsoleServer server;

    @BeforeAll
    static void start() {
        server = ConsoleServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/topics",
                "/topics/a.b-c/messages",
                "/topics/x/table",
                "/sql",
                "/queries",
                "/groups"
            })
    void every_view_has_an_address_that_can_be_opened_directly(String path) {
        HttpResponse<byte[]> page = get(path, "gzip");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(header(page, "Content-Type")).startsWith("text/html");
        assertThat(header(page, "Cache-Control")).isEqualTo("no-store");
        assertThat(text(page)).contains("/main.js").doesNotContain("{{");
    }

    @Test
    void scripts_run_only_from_here_and_only_the_import_map_is_inline() throws Exception {
        HttpResponse<byte[]> page = get("/", "gzip");
        String policy = header(page, "Content-Security-Policy");

        byte[] hash =
                MessageDigest.getInstance("SHA-256")
                        .digest(importMap(page).getBytes(StandardCharsets.UTF_8));
        assertThat(policy)
                .contains("default-src 'none'")
                .contains("script-src 'self' 'sha256-" + Base64.getEncoder().encodeToString(hash))
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(text(page).split("<script", -1)).hasSize(3);
    }

    @Test
    void the_nonce_for_the_editors_styles_is_new_each_time() {
        Pattern nonce = Pattern.compile("'nonce-([^']+)'");

        String first = header(get("/", "gzip"), "Content-Security-Policy");
        String second = header(get("/", "gzip"), "Content-Security-Policy");

        assertThat(first(nonce, first)).isNotEqualTo(first(nonce, second));
    }

    @Test
    void files_are_compressed_and_kept_for_ever() throws IOException {
        String script =
                first(Pattern.compile("src=\"(/assets/[^\"]*main.js)\""), text(get("/", "")));

        HttpResponse<byte[]> compressed = get(script, "gzip, br");
        HttpResponse<byte[]> plain = get(script, "identity");

        assertThat(header(compressed, "Content-Encoding")).isEqualTo("gzip");
        assertThat(header(compressed, "Cache-Control")).contains("immutable");
        assertThat(header(compressed, "Vary")).isEqualTo("Accept-Encoding");
        assertThat(new GZIPInputStream(new ByteArrayInputStream(compressed.body())).readAllBytes())
                .isEqualTo(plain.body());
    }

    @Test
    void a_file_of_another_version_is_not_kept() {
        HttpResponse<byte[]> other = get("/assets/0123456789abcdef/main.js", "gzip");

        assertThat(other.statusCode()).isEqualTo(200);
        assertThat(header(other, "Cache-Control")).isEqualTo("no-cache");
        assertThat(get("/assets/0123456789abcdef/../../pom.xml", "").statusCode()).isEqualTo(404);
        assertThat(get("/assets/current/nothing.js", "").statusCode()).isEqualTo(404);
    }

    @Test
    void everything_the_page_may_import_is_there() {
        JsonObject imports = new JsonObject(importMap(get("/", "gzip"))).getJsonObject("imports");

        assertThat(imports.fieldNames()).contains("preact", "@codemirror/view");
        assertThat(imports)
                .allSatisfy(
                        entry ->
                                assertThat(get((String) entry.getValue(), "gzip").statusCode())
                                        .as(entry.getKey())
                                        .isEqualTo(200));
    }

    @Test
    void the_whole_page_stays_small() {
        long gzipped =
                Assets.load().files().values().stream()
                        .mapToLong(
                                file ->
                                        file.gzipped() == null
                                                ? file.plain().length()
                                                : file.gzipped().length())
                        .sum();

        assertThat(gzipped).as("bytes of all files, gzipped").isLessThan(350 * 1024);
    }

    private static String importMap(HttpResponse<byte[]> page) {
        return first(IMPORT_MAP, text(page));
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as(pattern + " in " + text).isTrue();
        return matcher.group(1);
    }

    private static String header(HttpResponse<byte[]> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private static HttpResponse<byte[]> get(String path, String acceptEncoding) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url(path)));
        if (!acceptEncoding.isEmpty()) {
            request.header("Accept-Encoding", acceptEncoding);
        }
        try {
            return HttpClient.newHttpClient()
                    .send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }
}
