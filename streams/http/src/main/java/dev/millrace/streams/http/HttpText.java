package dev.millrace.streams.http;

import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** An answer as it travels. */
final class HttpText {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US);
    private static final String RETRY_AFTER_SECONDS = "1";
    private static final Map<Integer, String> REASONS =
            Map.ofEntries(
                    Map.entry(200, "OK"),
                    Map.entry(400, "Bad Request"),
                    Map.entry(404, "Not Found"),
                    Map.entry(405, "Method Not Allowed"),
                    Map.entry(408, "Request Timeout"),
                    Map.entry(431, "Request Header Fields Too Large"),
                    Map.entry(500, "Internal Server Error"),
                    Map.entry(503, "Service Unavailable"),
                    Map.entry(505, "HTTP Version Not Supported"));

    private HttpText() {}

    /**
     * @param last whether the connection is closed after it
     */
    static byte[] of(Answer answer, boolean last) {
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        StringBuilder head = new StringBuilder(256);
        head.append("HTTP/1.1 ").append(answer.status()).append(' ');
        head.append(REASONS.getOrDefault(answer.status(), ""));
        header(head, "Date", DATE.format(ZonedDateTime.now(ZoneOffset.UTC)));
        header(head, "Content-Type", "application/json; charset=utf-8");
        header(head, "Content-Length", Integer.toString(body.length));
        header(head, "Cache-Control", "no-store");
        if (answer.status() == 405) {
            header(head, "Allow", "GET");
        }
        if (answer.isUnavailable()) {
            header(head, "Retry-After", RETRY_AFTER_SECONDS);
        }
        if (answer.stale()) {
            header(head, Peers.STALE, "true");
        }
        if (last) {
            header(head, "Connection", "close");
        }
        byte[] start = head.append("\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = new byte[start.length + body.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(body, 0, all, start.length, body.length);
        return all;
    }

    private static void header(StringBuilder head, String name, String value) {
        head.append("\r\n").append(name).append(": ").append(value);
    }
}
