package dev.millrace.streams.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A request of HTTP/1.1; none that is answered here has a body.
 *
 * <pre>
 * GET /stores/counts/keys/tea HTTP/1.1 CR LF
 * Host: here:7070 CR LF
 * CR LF
 * </pre>
 *
 * @param headers by names in lower case
 * @param keepsOpen whether another request may follow on the connection
 */
record HttpHead(String method, URI target, Map<String, String> headers, boolean keepsOpen) {

    /**
     * @param text up to the empty line
     * @throws Refused it is not one, or a body follows
     */
    static HttpHead parse(String text) {
        String[] lines = text.split("\r\n", -1);
        String[] words = lines[0].split(" ", -1);
        if (words.length != 3 || !words[2].startsWith("HTTP/")) {
            throw bad("A request begins with METHOD PATH HTTP/1.1, not with: " + lines[0]);
        }
        if (!words[2].startsWith("HTTP/1.")) {
            throw new Refused(505, "bad_version", "HTTP/1.1 is spoken here, not " + words[2]);
        }
        Map<String, String> headers = new TreeMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon < 1) {
                throw bad("A header is NAME: VALUE, not: " + lines[i]);
            }
            headers.putIfAbsent(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip());
        }
        String connection = headers.getOrDefault("connection", "").toLowerCase(Locale.ROOT);
        boolean keepsOpen =
                words[2].equals("HTTP/1.0")
                        ? connection.contains("keep-alive")
                        : !connection.contains("close");
        return new HttpHead(
                words[0], target(words[1]), headers, keepsOpen && !announcesBody(headers));
    }

    private static URI target(String text) {
        try {
            URI target = new URI(text);
            if (target.getRawPath() != null && target.getRawPath().startsWith("/")) {
                return target;
            }
        } catch (URISyntaxException e) {
            throw bad("Not a path: " + e.getMessage());
        }
        throw bad("A path begins with /, unlike " + text);
    }

    private static boolean announcesBody(Map<String, String> headers) {
        return headers.containsKey("transfer-encoding")
                || !headers.getOrDefault("content-length", "0").equals("0");
    }

    boolean hasBody() {
        return announcesBody(headers);
    }

    private static Refused bad(String message) {
        return new Refused(400, "bad_request", message);
    }
}
