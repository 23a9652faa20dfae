package dev.millrace.sql.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One CREATE that was accepted, as it lies in the definitions topic:
 *
 * <pre>
 *   key   = the relation's name in lower case
 *   value = {"version": 1,
 *            "statement": "CREATE TABLE ...",
 *            "relation": {"name", "topic", "table", "keyName", "keyType", "keyFormat",
 *                         "keyVisible", "format", "columns": [{"name", "type"}]},
 *            "queryId": "ctas_counts_7",            absent for a declaration, or once terminated
 *            "sources": [relation, ...]}            as they were when the query was created
 *   null  = dropped
 * </pre>
 *
 * The sources are kept because inferred columns may be others tomorrow; the query stays what it
 * was. A type is the name of a scalar, or {"array": type}, {"map": type}, {"row": [{"name",
 * "type"}]}.
 */
public record Definition(
        String statement, Relation relation, @Nullable String queryId, List<Relation> sources) {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int VERSION = 1;

    public Definition {
        sources = List.copyOf(sources);
    }

    /** Whether it has a query that is to run. */
    public boolean runs() {
        return queryId != null;
    }

    public Definition withoutQuery() {
        return new Definition(statement, withQuery(relation, null), null, List.of());
    }

    public static String key(String relationName) {
        return relationName.toLowerCase(Locale.ROOT);
    }

    byte[] toBytes() {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("version", VERSION);
        json.put("statement", statement);
        json.set("relation", relationJson(relation));
        if (queryId != null) {
            json.put("queryId", queryId);
            ArrayNode list = json.putArray("sources");
            sources.forEach(source -> list.add(relationJson(source)));
        }
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * @throws IOException if these bytes are no definition that this version understands
     */
    static Definition fromBytes(byte[] bytes) throws IOException {
        JsonNode json = MAPPER.readTree(bytes);
        try {
            int version = required(json, "version").asInt();
            if (version != VERSION) {
                throw new IOException(
                        "a definition of version " + version + ", this engine reads " + VERSION);
            }
            String queryId = json.hasNonNull("queryId") ? json.get("queryId").asText() : null;
            List<Relation> sources = new ArrayList<>();
            for (JsonNode source : json.path("sources")) {
                sources.add(relation(source, null));
            }
            return new Definition(
                    required(json, "statement").asText(),
                    relation(required(json, "relation"), queryId),
                    queryId,
                    sources);
        } catch (IllegalArgumentException e) {
            throw new IOException("a malformed definition: " + e.getMessage(), e);
        }
    }

    static Relation withQuery(Relation relation, @Nullable String queryId) {
        return new Relation(
                relation.name(),
                relation.topic(),
                relation.table(),
                relation.keyName(),
                relation.keyType(),
                relation.keyFormat(),
                relation.keyVisible(),
                relation.format(),
                relation.columns(),
                relation.declared(),
                queryId);
    }

    private static ObjectNode relationJson(Relation relation) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("name", relation.name());
        json.put("topic", relation.topic());
        json.put("table", relation.table());
        json.put("keyName", relation.keyName());
        json.set("keyType", typeJson(relation.keyType()));
        json.put("keyFormat", relation.keyFormat().name());
        json.put("keyVisible", relation.keyVisible());
        json.put("format", relation.format().name());
        json.put("declared", relation.declared());
        json.set("columns", fieldsJson(relation.columns()));
        return json;
    }

    private static Relation relation(JsonNode json, @Nullable String queryId) throws IOException {
        return new Relation(
                required(json, "name").asText(),
                required(json, "topic").asText(),
                required(json, "table").asBoolean(),
                required(json, "keyName").asText(),
                type(required(json, "keyType")),
                Relation.ValueFormat.valueOf(required(json, "keyFormat").asText()),
                required(json, "keyVisible").asBoolean(),
                Relation.ValueFormat.valueOf(required(json, "format").asText()),
                fields(required(json, "columns")),
                required(json, "declared").asBoolean(),
                queryId);
    }

    private static ArrayNode fieldsJson(List<SqlType.Field> fields) {
        ArrayNode list = MAPPER.createArrayNode();
        for (SqlType.Field field : fields) {
            ObjectNode json = list.addObject();
            json.put("name", field.name());
            json.set("type", typeJson(field.type()));
        }
        return list;
    }

    private static List<SqlType.Field> fields(JsonNode json) throws IOException {
        List<SqlType.Field> fields = new ArrayList<>();
        for (JsonNode field : json) {
            fields.add(
                    new SqlType.Field(
                            required(field, "name").asText(), type(required(field, "type"))));
        }
        return fields;
    }

    private static JsonNode typeJson(SqlType type) {
        if (type instanceof SqlType.Scalar scalar) {
            return MAPPER.getNodeFactory().textNode(scalar.name());
        }
        ObjectNode json = MAPPER.createObjectNode();
        if (type instanceof SqlType.ArrayOf array) {
            json.set("array", typeJson(array.element()));
        } else if (type instanceof SqlType.MapOf map) {
            json.set("map", typeJson(map.value()));
        } else if (type instanceof SqlType.RowOf row) {
            json.set("row", fieldsJson(row.fields()));
        } else {
            throw new AssertionError(type);
        }
        return json;
    }

    private static SqlType type(JsonNode json) throws IOException {
        if (json.isTextual()) {
            return SqlType.Scalar.valueOf(json.asText());
        }
        if (json.has("array")) {
            return new SqlType.ArrayOf(type(json.get("array")));
        }
        if (json.has("map")) {
            return new SqlType.MapOf(type(json.get("map")));
        }
        return new SqlType.RowOf(fields(required(json, "row")));
    }

    private static JsonNode required(JsonNode json, String name) throws IOException {
        JsonNode value = json.get(name);
        if (value == null) {
            throw new IOException("a definition without \"" + name + "\"");
        }
        return value;
    }
}
