package dev.millrace.sql.http;

import dev.millrace.sql.SqlException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/** {@code {"query": "...", "properties": {...}}} */
record SqlRequest(String query, Map<String, String> properties) {

    static SqlRequest of(String body) {
        try {
            return of(new JsonObject(body));
        } catch (DecodeException e) {
            throw SqlException.invalid(
                    "a JSON object {\"query\": \"...\"} was expected: " + e.getMessage());
        }
    }

    static SqlRequest of(JsonObject json) {
        Object query = json.getValue("query");
        if (!(query instanceof String text)) {
            throw SqlException.invalid("the field \"query\" with a text was expected");
        }
        Map<String, String> properties = new TreeMap<>();
        if (json.getValue("properties") instanceof JsonObject given) {
            given.forEach(
                    entry -> properties.put(entry.getKey(), String.valueOf(entry.getValue())));
        }
        return new SqlRequest(text, properties);
    }
}
