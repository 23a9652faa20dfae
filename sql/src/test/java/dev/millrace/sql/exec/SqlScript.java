package dev.millrace.sql.exec;

import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SchemaInference;
import dev.millrace.sql.plan.Relations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A script of SQL behaviour:
 *
 * <pre>
 * topic orders                 records of a topic, one a line; "key | value" sets a key, and the
 * k1 | {"user": "ann"}         value &lt;null&gt; is a tombstone
 *
 * query [once] title           a SELECT, up to a blank line or a line "----"; without "once" it is
 * SELECT ...                   also run as a persistent query, which must end in the same rows
 * ----
 * ann | 1                      the rows, in any order unless there is an ORDER BY
 *
 * error title                  a SELECT that is refused
 * SELECT ...
 * ----
 * 1:8 part of the message
 * </pre>
 */
final class SqlScript implements Relations {
    /** One record of a topic. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record InputRecord(byte @Nullable [] key, byte @Nullable [] value) {}

    /** A query and what it answers. */
    record Case(String title, boolean error, boolean once, String sql, List<String> expected) {}

    private final Map<String, List<InputRecord>> topics = new LinkedHashMap<>();
    private final List<Case> cases = new ArrayList<>();

    static SqlScript read(Path file) {
        try {
            return new SqlScript(Files.readAllLines(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SqlScript(List<String> lines) {
        int i = 0;
        while (i < lines.size()) {
            String line = lines.get(i).strip();
            if (line.startsWith("topic ")) {
                List<InputRecord> records = new ArrayList<>();
                topics.put(line.substring(6).strip(), records);
                for (i++; i < lines.size() && !lines.get(i).isBlank(); i++) {
                    records.add(record(lines.get(i)));
                }
            } else if (line.startsWith("query ") || line.startsWith("error ")) {
                boolean error = line.startsWith("error ");
                String title = line.substring(6).strip();
                boolean once = title.startsWith("once ");
                StringBuilder sql = new StringBuilder();
                for (i++; !lines.get(i).strip().equals("----"); i++) {
                    sql.append(lines.get(i)).append('\n');
                }
                List<String> expected = new ArrayList<>();
                for (i++; i < lines.size() && !lines.get(i).isBlank(); i++) {
                    expected.add(lines.get(i).strip());
                }
                cases.add(new Case(title, error, once, sql.toString().stripTrailing(), expected));
            } else if (line.isEmpty() || line.startsWith("#")) {
                i++;
            } else {
                throw new IllegalArgumentException("line " + (i + 1) + " of the script: " + line);
            }
        }
    }

    private static InputRecord record(String line) {
        int bar = line.indexOf(" | ");
        String value = bar < 0 ? line : line.substring(bar + 3);
        return new InputRecord(
                bar < 0 ? null : bytes(line.substring(0, bar).strip()),
                value.strip().equals("<null>") ? null : bytes(value));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    List<Case> cases() {
        return cases;
    }

    Map<String, List<InputRecord>> topics() {
        return topics;
    }

    @Override
    public @Nullable Relation find(String name) {
        for (Map.Entry<String, List<InputRecord>> topic : topics.entrySet()) {
            if (topic.getKey().equalsIgnoreCase(name)) {
                return SchemaInference.infer(
                        topic.getKey(),
                        topic.getValue().stream()
                                .map(r -> new SchemaInference.Sample(r.key(), r.value()))
                                .toList());
            }
        }
        return null;
    }

    @Override
    public Collection<String> names() {
        return topics.keySet();
    }
}
