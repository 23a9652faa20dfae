package dev.millrace.console;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files of the page, in memory, gzipped. All of them live under one path that contains a hash
 * of their contents, so that a browser may keep them for ever and a new build is fetched at once.
 *
 * <pre>
 * /                               index.html, never cached
 * /assets/&lt;version&gt;/main.js       cached for ever
 * /assets/&lt;version&gt;/vendor/...
 * </pre>
 */
final class Assets {
    private static final String ROOT = "console/";
    private static final Map<String, String> TYPES =
            Map.of(
                    "js", "text/javascript; charset=utf-8",
                    "css", "text/css; charset=utf-8",
                    "svg", "image/svg+xml");

    /**
     * @param gzipped null where compression does not pay
     */
    record Asset(String contentType, Buffer plain, @Nullable Buffer gzipped) {}

    private final String version;
    private final Map<String, Asset> files;
    private final String page;
    private final String importMapHash;

    private Assets(String version, Map<String, Asset> files, String page, String importMapHash) {
        this.version = version;
        this.files = files;
        this.page = page;
        this.importMapHash = importMapHash;
    }

    /** Reads everything from the class path: some 20 files, 1.3 MB. Blocks. */
    static Assets load() {
        Map<String, byte[]> contents = new TreeMap<>();
        for (String name : text("assets.txt").lines().filter(line -> !line.isBlank()).toList()) {
            contents.put(name, read(name));
        }
        MessageDigest digest = sha256();
        contents.forEach(
                (name, bytes) -> {
                    digest.update(name.getBytes(StandardCharsets.UTF_8));
                    digest.update(bytes);
                });
        String version = HexFormat.of().formatHex(digest.digest(), 0, 8);
        Map<String, Asset> files = new LinkedHashMap<>();
        contents.forEach((name, bytes) -> files.put(name, asset(name, bytes)));

        JsonObject imports = new JsonObject();
        new JsonObject(text("importmap.json"))
                .forEach(
                        entry ->
                                imports.put(
                                        entry.getKey(),
                                        "/assets/" + version + "/vendor/" + entry.getValue()));
        String importMap = new JsonObject().put("imports", imports).encode();
        String page =
                text("index.html")
                        .replace("{{importmap}}", importMap)
                        .replace("{{assets}}", "/assets/" + version);
        String hash =
                Base64.getEncoder()
                        .encodeToString(
                                sha256().digest(importMap.getBytes(StandardCharsets.UTF_8)));
        return new Assets(version, files, page, hash);
    }

    String version() {
        return version;
    }

    Map<String, Asset> files() {
        return files;
    }

    /**
     * @param nonce allows the editor's style sheet, which a script inserts; new for each answer
     */
    String page(String nonce) {
        return page.replace("{{nonce}}", nonce);
    }

    /** Nothing from elsewhere, no inline script but the import map, no frame around the page. */
    String contentSecurityPolicy(String nonce) {
        return "default-src 'none'; script-src 'self' 'sha256-"
                + importMapHash
                + "'; style-src 'self' 'nonce-"
                + nonce
                + "'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
                + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    private static Asset asset(String name, byte[] bytes) {
        String extension = name.substring(name.lastIndexOf('.') + 1);
        byte[] gzipped = gzip(bytes);
        return new Asset(
                TYPES.getOrDefault(extension, "application/octet-stream"),
                Buffer.buffer(bytes),
                gzipped.length < bytes.length ? Buffer.buffer(gzipped) : null);
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 3 + 64);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    private static String text(String name) {
        return new String(read(name), StandardCharsets.UTF_8);
    }

    private static byte[] read(String name) {
        try (InputStream in = Assets.class.getClassLoader().getResourceAsStream(ROOT + name)) {
            if (in == null) {
                throw new IllegalStateException(
                        "the console's " + name + " is not in the build; run mvn package");
            }
            return in.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
