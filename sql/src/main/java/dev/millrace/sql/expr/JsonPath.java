package dev.millrace.sql.expr;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code JSON_TEXT(json, '$.a.b[0]')}: one value out of JSON text, as text. */
final class JsonPath {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final Pattern STEP = Pattern.compile("\\.([^.\\[\\]]+)|\\[(\\d{1,9})\\]");

    private JsonPath() {}

    /** The value at the path: text bare, others as JSON; null if it is not there. */
    static @Nullable String text(String json, String path) {
        List<Object> steps = new ArrayList<>();
        String rest = path.startsWith("$") ? path.substring(1) : "." + path;
        Matcher matcher = STEP.matcher(rest);
        int at = 0;
        while (at < rest.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                return null;
            }
            steps.add(
                    matcher.group(1) != null
                            ? (Object) matcher.group(1)
                            : Integer.valueOf(matcher.group(2)));
            at = matcher.end();
        }
        try (JsonParser in = FACTORY.createParser(json)) {
            in.nextToken();
            for (Object step : steps) {
                if (!(step instanceof String name ? enter(in, name) : enter(in, (Integer) step))) {
                    return null;
                }
            }
            return value(in);
        } catch (IOException e) {
            return null;
        }
    }

    private static boolean enter(JsonParser in, String name) throws IOException {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (in.nextToken() != JsonToken.END_OBJECT) {
            boolean found = name.equals(in.currentName());
            in.nextToken();
            if (found) {
                return true;
            }
            in.skipChildren();
        }
        return false;
    }

    private static boolean enter(JsonParser in, int index) throws IOException {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            return false;
        }
        for (int i = 0; in.nextToken() != JsonToken.END_ARRAY; i++) {
            if (i == index) {
                return true;
            }
            in.skipChildren();
        }
        return false;
    }

    private static @Nullable String value(JsonParser in) throws IOException {
        if (in.currentToken() == null || in.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (!in.currentToken().isStructStart()) {
            return in.getText();
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator out = FACTORY.createGenerator(text)) {
            out.copyCurrentStructure(in);
        }
        return text.toString();
    }
}
