package dev.millrace.streams.http;

import dev.millrace.streams.state.ValueAndTimestamp;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes plain values as JSON: null, booleans, numbers, texts, bytes (Base64), maps, iterables and
 * values with timestamps. Of anything else, its {@code toString()}.
 */
final class Json {
    private Json() {}

    /** Of names and values in turn. */
    static String object(@Nullable Object... namesAndValues) {
        StringBuilder out = new StringBuilder("{");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (i > 0) {
                out.append(',');
            }
            text(out, String.valueOf(namesAndValues[i]));
            out.append(':');
            write(out, namesAndValues[i + 1]);
        }
        return out.append('}').toString();
    }

    /** JSON that is written already. */
    record Raw(String json) {}

    static String of(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    private static void write(StringBuilder out, @Nullable Object value) {
        if (value == null || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof Raw raw) {
            out.append(raw.json);
        } else if (value instanceof Number number) {
            boolean finite = Double.isFinite(number.doubleValue());
            // JSON has no infinities, and what is not a number is none.
            if (finite || number instanceof Long || number instanceof Integer) {
                out.append(number);
            } else {
                text(out, number.toString());
            }
        } else if (value instanceof byte[] bytes) {
            text(out, Base64.getEncoder().encodeToString(bytes));
        } else if (value instanceof ValueAndTimestamp<?> both) {
            out.append(object("value", both.value(), "timestamp", both.timestamp()));
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            String separator = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                separator = ",";
                text(out, String.valueOf(entry.getKey()));
                out.append(':');
                write(out, entry.getValue());
            }
            out.append('}');
        } else if (value instanceof Iterable<?> all) {
            out.append('[');
            String separator = "";
            for (Object each : all) {
                out.append(separator);
                separator = ",";
                write(out, each);
            }
            out.append(']');
        } else {
            text(out, value.toString());
        }
    }

    private static void text(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            switch (each) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (each < 0x20) {
                        out.append(String.format("\\u%04x", (int) each));
                    } else {
                        out.append(each);
                    }
                }
            }
        }
        out.append('"');
    }
}
