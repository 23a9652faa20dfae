package dev.millrace.console;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A key, value or header as a person can read it. The kind is guessed from the bytes, in this
 * order:
 *
 * <pre>
 * null      no bytes at all (a tombstone, a record without key)
 * json      UTF-8 that parses as one JSON object or array; {@code text} is the source, unchanged,
 *           so that no digit of a number is lost
 * text      UTF-8 without control characters other than tab and line ends
 * int32     4 bytes, big-endian; int64: 8 bytes with |n| &lt; 2^48 (what Kafka's serializers write)
 * float64   8 bytes that make a number of everyday size
 * hex       anything else; {@code text} is lower-case hexadecimal
 * </pre>
 *
 * @param sizeBytes of the original
 * @param hex the bytes themselves where the text does not show them (the number kinds), else null
 */
record DecodedBytes(
        Kind kind, @Nullable String text, int sizeBytes, boolean truncated, @Nullable String hex) {

    enum Kind {
        NULL,
        JSON,
        TEXT,
        INT32,
        INT64,
        FLOAT64,
        HEX;

        private final String label = name().toLowerCase(java.util.Locale.ROOT);
    }

    private static final JsonFactory JSON = new JsonFactory();
    private static final HexFormat HEX_FORMAT = HexFormat.of();

    static DecodedBytes of(byte @Nullable [] bytes, int maxBytes) {
        if (bytes == null) {
            return new DecodedBytes(Kind.NULL, null, 0, false, null);
        }
        int size = bytes.length;
        boolean truncated = size > maxBytes;
        if (isReadableText(bytes)) {
            Kind kind = isJson(bytes) ? Kind.JSON : Kind.TEXT;
            int shown = truncated ? lastCharacterBoundary(bytes, maxBytes) : size;
            return new DecodedBytes(
                    kind,
                    new String(bytes, 0, shown, StandardCharsets.UTF_8),
                    size,
                    truncated,
                    null);
        }
        if (size == Integer.BYTES) {
            return number(Kind.INT32, Integer.toString(ByteBuffer.wrap(bytes).getInt()), bytes);
        }
        if (size == Long.BYTES) {
            long integer = ByteBuffer.wrap(bytes).getLong();
            if (Math.abs(integer) < 1L << 48) {
                return number(Kind.INT64, Long.toString(integer), bytes);
            }
            double real = Double.longBitsToDouble(integer);
            if (Math.abs(real) > 1e-9 && Math.abs(real) < 1e15) {
                return number(Kind.FLOAT64, Double.toString(real), bytes);
            }
        }
        String hex = HEX_FORMAT.formatHex(bytes, 0, Math.min(size, maxBytes));
        return new DecodedBytes(Kind.HEX, hex, size, truncated, null);
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject().put("type", kind.label);
        if (text != null) {
            json.put("text", text);
        }
        json.put("size", sizeBytes);
        if (truncated) {
            json.put("truncated", true);
        }
        if (hex != null) {
            json.put("hex", hex);
        }
        return json;
    }

    private static DecodedBytes number(Kind kind, String text, byte[] bytes) {
        return new DecodedBytes(kind, text, bytes.length, false, HEX_FORMAT.formatHex(bytes));
    }

    private static boolean isReadableText(byte[] bytes) {
        boolean ascii = true;
        for (byte b : bytes) {
            if ((b >= 0 && b < 0x20 && b != '\t' && b != '\n' && b != '\r') || b == 0x7f) {
                return false;
            }
            ascii &= b >= 0;
        }
        if (ascii) {
            return true;
        }
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException notUtf8) {
            return false;
        }
    }

    private static boolean isJson(byte[] bytes) {
        int first = 0;
        while (first < bytes.length && bytes[first] <= ' ' && bytes[first] >= 0) {
            first++;
        }
        if (first == bytes.length || (bytes[first] != '{' && bytes[first] != '[')) {
            return false;
        }
        try (JsonParser parser = JSON.createParser(bytes)) {
            parser.nextToken();
            parser.skipChildren();
            return parser.currentToken() != null
                    && parser.currentToken().isStructEnd()
                    && parser.nextToken() == null;
        } catch (IOException notJson) {
            return false;
        }
    }

    /** The largest length up to {@code max} that does not cut a UTF-8 character. */
    private static int lastCharacterBoundary(byte[] utf8, int max) {
        int end = max;
        while (end > 0 && (utf8[end] & 0xC0) == 0x80) {
            end--;
        }
        return end;
    }
}
