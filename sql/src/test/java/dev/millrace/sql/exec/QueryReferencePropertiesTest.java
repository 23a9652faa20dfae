package dev.millrace.sql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.parser.SqlTexts;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import dev.millrace.sql.plan.Relations;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** Random queries over random JSON records answer what a few lines of Java answer. */
class QueryReferencePropertiesTest {
    private static final Relation T =
            new Relation(
                    "t",
                    "t",
                    false,
                    Relation.ROWKEY,
                    SqlType.Scalar.VARCHAR,
                    Relation.ValueFormat.TEXT,
                    true,
                    Relation.ValueFormat.JSON,
                    List.of(
                            new SqlType.Field("g", SqlType.Scalar.VARCHAR),
                            new SqlType.Field("i", SqlType.Scalar.BIGINT),
                            new SqlType.Field("d", SqlType.Scalar.DOUBLE),
                            new SqlType.Field("f", SqlType.Scalar.BOOLEAN),
                            new SqlType.Field(
                                    "n",
                                    new SqlType.RowOf(
                                            List.of(
                                                    new SqlType.Field("x", SqlType.Scalar.BIGINT),
                                                    new SqlType.Field(
                                                            "y", SqlType.Scalar.VARCHAR))))),
                    true,
                    null);

    private static final Relations NAMES =
            new Relations() {
                @Override
                public @Nullable Relation find(String name) {
                    return name.equals("t") ? T : null;
                }

                @Override
                public Collection<String> names() {
                    return List.of("t");
                }
            };

    /** Records as bytes, and what a reader of JSON sees in them; a tombstone is null. */
    private record Data(
            List<SqlScript.InputRecord> records,
            List<@Nullable Map<String, @Nullable Object>> rows,
            List<String> keys) {

        Map<String, List<SqlScript.InputRecord>> topics() {
            return Map.of("t", records);
        }

        List<Map<String, @Nullable Object>> stream() {
            List<Map<String, @Nullable Object>> all = new ArrayList<>();
            for (Map<String, @Nullable Object> row : rows) {
                if (row != null) {
                    all.add(row);
                }
            }
            return all;
        }

        /** Latest row per key, without the deleted. */
        List<Map<String, @Nullable Object>> table() {
            Map<String, Map<String, @Nullable Object>> latest = new LinkedHashMap<>();
            for (int i = 0; i < rows.size(); i++) {
                Map<String, @Nullable Object> row = rows.get(i);
                if (row == null) {
                    latest.remove(keys.get(i));
                } else {
                    latest.put(keys.get(i), row);
                }
            }
            return new ArrayList<>(latest.values());
        }
    }

    private static Data data(Random random) {
        Data data = new Data(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        int count = random.nextInt(30);
        for (int k = 0; k < count; k++) {
            String key = "k" + random.nextInt(6);
            Map<String, @Nullable Object> row = new HashMap<>();
            String json = random.nextInt(8) == 0 ? null : json(random, row);
            data.keys().add(key);
            data.rows().add(json == null ? null : row);
            data.records()
                    .add(
                            new SqlScript.InputRecord(
                                    key.getBytes(StandardCharsets.UTF_8),
                                    json == null ? null : json.getBytes(StandardCharsets.UTF_8)));
        }
        return data;
    }

    /** A JSON object, with fields missing, null, or not there at all in any order. */
    private static String json(Random random, Map<String, @Nullable Object> row) {
        List<String> fields = new ArrayList<>();
        field(random, row, fields, "g", "g", text(random));
        field(random, row, fields, "i", "i", whole(random));
        double quarters = (random.nextInt(33) - 16) / 4.0;
        boolean asInteger = quarters == Math.rint(quarters) && random.nextBoolean();
        // A whole number in a column of fractions, as most writers of JSON put it.
        field(
                random,
                row,
                fields,
                "d",
                "d",
                new Written(asInteger ? "" + (long) quarters : "" + quarters, quarters + 0.0));
        boolean bool = random.nextBoolean();
        field(random, row, fields, "f", "f", new Written("" + bool, bool));
        if (random.nextInt(4) > 0) {
            List<String> nested = new ArrayList<>();
            field(random, row, nested, "x", "n.x", whole(random));
            field(random, row, nested, "y", "n.y", text(random));
            fields.add("\"n\":{" + String.join(",", nested) + "}");
        } else if (random.nextBoolean()) {
            fields.add("\"n\":null");
        }
        if (random.nextBoolean()) {
            fields.add("\"other\":[1,{\"g\":\"a\"}]");
        }
        java.util.Collections.shuffle(fields, random);
        return "{" + String.join(", ", fields) + "}";
    }

    private record Written(String json, Object value) {}

    private static Written text(Random random) {
        String text = List.of("a", "b", "é").get(random.nextInt(3));
        return new Written('"' + text + '"', text);
    }

    private static Written whole(Random random) {
        long number = random.nextLong(9) - 4;
        // A text with a number in it is read as the number.
        return new Written(random.nextInt(6) == 0 ? "\"" + number + "\"" : "" + number, number);
    }

    private static void field(
            Random random,
            Map<String, @Nullable Object> row,
            List<String> fields,
            String name,
            String column,
            Written written) {
        int fate = random.nextInt(8);
        if (fate > 1) {
            fields.add("\"" + name + "\":" + written.json());
            row.put(column, written.value());
        } else if (fate == 1) {
            fields.add("\"" + name + "\":null");
        }
    }

    private static PlannedQuery plan(String sql) {
        Statement.Query query = (Statement.Query) SqlTexts.parseOne(sql).node();
        return new QueryPlanner(NAMES).plan(query.query());
    }

    private static List<String> tidy(List<String> rows) {
        return rows.stream().map(row -> row.replaceAll("-0\\.0(?= |$)", "0.0")).toList();
    }

    private static String cell(@Nullable Object value) {
        return String.valueOf(value);
    }

    private static String cells(Stream<@Nullable Object> values) {
        return String.join(" | ", values.map(QueryReferencePropertiesTest::cell).toList());
    }

    private static void assertAll(String sql, Data data, List<String> expected) throws Exception {
        PlannedQuery query = plan(sql);
        String said = sql + " over " + describe(data);
        assertThat(tidy(QueryRuns.bounded(data.topics(), query)))
                .as("bounded: %s", said)
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(tidy(QueryRuns.pushed(data.topics(), query, 3)))
                .as("pushed: %s", said)
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(tidy(QueryRuns.persistent(data.topics(), query)))
                .as("persistent: %s", said)
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    private static String describe(Data data) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < data.records().size(); i++) {
            byte[] value = data.records().get(i).value();
            text.append('\n')
                    .append(data.keys().get(i))
                    .append(" | ")
                    .append(value == null ? "<null>" : new String(value, StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    @Property(tries = 150)
    void a_filter_and_projection_of_a_stream(@ForAll long seed) throws Exception {
        RandomQueries random = new RandomQueries(seed);
        Data data = data(new Random(seed));
        List<RandomQueries.Term> terms =
                List.of(random.whole(3), random.fraction(2), random.text());
        RandomQueries.Term where = random.condition(3);
        String sql =
                "SELECT "
                        + terms.get(0).sql()
                        + " AS c0, "
                        + terms.get(1).sql()
                        + " AS c1, "
                        + terms.get(2).sql()
                        + " AS c2 FROM t WHERE "
                        + where.sql();
        List<String> expected =
                data.stream().stream()
                        .filter(row -> Boolean.TRUE.equals(where.java().apply(row)))
                        .map(row -> cells(terms.stream().map(term -> term.java().apply(row))))
                        .toList();
        assertAll(sql, data, expected);
    }

    @Property(tries = 150)
    void groups_of_a_stream(@ForAll long seed) throws Exception {
        grouped(seed, "t", Data::stream);
    }

    @Property(tries = 150)
    void groups_of_a_table_are_as_if_computed_anew(@ForAll long seed) throws Exception {
        grouped(seed, "TABLE(t)", Data::table);
    }

    private interface Reading {
        List<Map<String, @Nullable Object>> of(Data data);
    }

    private static void grouped(long seed, String from, Reading reading) throws Exception {
        RandomQueries random = new RandomQueries(seed);
        Data data = data(new Random(seed));
        RandomQueries.Term key = seed % 3 == 0 ? random.whole(1) : random.text();
        RandomQueries.Term where = random.condition(2);
        List<RandomQueries.Total> totals = List.of(random.total(), random.total());
        String sql =
                String.format(
                        "SELECT k, %s AS a0, %s AS a1 FROM (SELECT %s AS k, g, i, d, f, n FROM %s AS t"
                                + " WHERE %s) AS t GROUP BY k",
                        totals.get(0).sql(), totals.get(1).sql(), key.sql(), from, where.sql());
        List<String> expected = new ArrayList<>();
        groups(reading.of(data), key, where)
                .forEach(
                        (group, rows) ->
                                expected.add(
                                        cells(
                                                Stream.concat(
                                                        group.stream(),
                                                        totals.stream()
                                                                .map(t -> t.java().apply(rows))))));
        assertAll(sql, data, expected);
    }

    private static Map<List<@Nullable Object>, List<Map<String, @Nullable Object>>> groups(
            List<Map<String, @Nullable Object>> all,
            RandomQueries.Term key,
            RandomQueries.Term where) {
        Map<List<@Nullable Object>, List<Map<String, @Nullable Object>>> groups =
                new LinkedHashMap<>();
        for (Map<String, @Nullable Object> row : all) {
            if (Boolean.TRUE.equals(where.java().apply(row))) {
                groups.computeIfAbsent(Arrays.asList(key.java().apply(row)), k -> new ArrayList<>())
                        .add(row);
            }
        }
        return groups;
    }

    @Property(tries = 150)
    void groups_of_groups_take_back_what_changed(@ForAll long seed) throws Exception {
        RandomQueries random = new RandomQueries(seed);
        Data data = data(new Random(seed));
        RandomQueries.Term key = random.whole(1);
        RandomQueries.Term where = random.condition(1);
        boolean table = seed % 2 == 0;
        String sql =
                String.format(
                        "SELECT c, COUNT(*) AS n, SUM(c) AS s, MIN(k) AS lo, MAX(k) AS hi FROM (SELECT k,"
                                + " COUNT(*) AS c FROM (SELECT %s AS k FROM %s WHERE %s) AS r GROUP BY k)"
                                + " AS u GROUP BY c",
                        key.sql(), table ? "TABLE(t) AS t" : "t", where.sql());
        Map<Long, List<@Nullable Long>> bySize = new LinkedHashMap<>();
        groups(table ? data.table() : data.stream(), key, where)
                .forEach(
                        (group, rows) ->
                                bySize.computeIfAbsent((long) rows.size(), c -> new ArrayList<>())
                                        .add((Long) group.get(0)));
        List<String> expected = new ArrayList<>();
        bySize.forEach(
                (size, keys) -> {
                    List<Long> known =
                            keys.stream().filter(java.util.Objects::nonNull).sorted().toList();
                    expected.add(
                            cells(
                                    Stream.of(
                                            size,
                                            keys.size(),
                                            size * keys.size(),
                                            known.isEmpty() ? null : known.get(0),
                                            known.isEmpty() ? null : known.get(known.size() - 1))));
                });
        assertAll(sql, data, expected);
    }
}
