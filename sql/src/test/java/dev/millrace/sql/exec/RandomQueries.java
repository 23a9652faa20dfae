package dev.millrace.sql.exec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Random expressions over records with the columns {@code g VARCHAR, i BIGINT, d DOUBLE, f BOOLEAN,
 * n ROW(x BIGINT, y VARCHAR)}, each as SQL and as Java. Numbers stay small and doubles are
 * quarters, so that sums are exact in any order.
 */
final class RandomQueries {

    /** An expression: its SQL, and its value for a record. */
    record Term(String sql, Function<Map<String, @Nullable Object>, @Nullable Object> java) {}

    private final Random random;

    RandomQueries(long seed) {
        this.random = new Random(seed);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private static Term column(String name) {
        String sql = name.startsWith("n.") ? "t." + name : name;
        return new Term(sql, row -> row.get(name));
    }

    Term whole(int depth) {
        if (depth == 0 || chance(40)) {
            if (chance(30)) {
                long literal = random.nextLong(9) - 4;
                return new Term(String.valueOf(literal), row -> literal);
            }
            return column(chance(60) ? "i" : "n.x");
        }
        Term a = whole(depth - 1);
        Term b = whole(depth - 1);
        switch (random.nextInt(5)) {
            case 0:
                return both("(%s + %s)", a, b, (x, y) -> (Long) x + (Long) y);
            case 1:
                return both("(%s - %s)", a, b, (x, y) -> (Long) x - (Long) y);
            case 2:
                return both("(%s * %s)", a, b, (x, y) -> (Long) x * (Long) y);
            case 3:
                return new Term(
                        String.format("COALESCE(%s, %s)", a.sql(), b.sql()),
                        row -> {
                            Object first = a.java().apply(row);
                            return first != null ? first : b.java().apply(row);
                        });
            default:
                Term when = condition(depth - 1);
                return new Term(
                        String.format(
                                "CASE WHEN %s THEN %s ELSE %s END", when.sql(), a.sql(), b.sql()),
                        row ->
                                Boolean.TRUE.equals(when.java().apply(row))
                                        ? a.java().apply(row)
                                        : b.java().apply(row));
        }
    }

    Term fraction(int depth) {
        if (depth == 0 || chance(50)) {
            return column("d");
        }
        Term a = fraction(depth - 1);
        Term b = chance(50) ? fraction(depth - 1) : whole(depth - 1);
        return chance(50)
                ? both("(%s + %s)", a, b, (x, y) -> toDouble(x) + toDouble(y))
                : both("(%s - %s)", a, b, (x, y) -> toDouble(x) - toDouble(y));
    }

    Term text() {
        return column(chance(70) ? "g" : "n.y");
    }

    Term condition(int depth) {
        if (depth > 0 && chance(50)) {
            Term a = condition(depth - 1);
            if (chance(25)) {
                return new Term(
                        "NOT (" + a.sql() + ")",
                        row -> {
                            Object value = a.java().apply(row);
                            return value == null ? null : !(Boolean) value;
                        });
            }
            Term b = condition(depth - 1);
            boolean and = chance(50);
            return new Term(
                    "(" + a.sql() + (and ? " AND " : " OR ") + b.sql() + ")",
                    row -> logic(and, a.java().apply(row), b.java().apply(row)));
        }
        switch (random.nextInt(6)) {
            case 0:
                return column("f");
            case 1:
                Term nullable = chance(50) ? whole(1) : text();
                return new Term(
                        nullable.sql() + " IS NULL", row -> nullable.java().apply(row) == null);
            case 2:
                String literal = List.of("a", "b", "é").get(random.nextInt(3));
                Term text = text();
                return new Term(
                        text.sql() + " = '" + literal + "'",
                        row -> {
                            Object value = text.java().apply(row);
                            return value == null ? null : value.equals(literal);
                        });
            case 3:
                Term small = whole(1);
                return new Term(
                        small.sql() + " IN (0, 1, 3)",
                        row -> {
                            Object value = small.java().apply(row);
                            return value == null ? null : List.of(0L, 1L, 3L).contains(value);
                        });
            default:
                Term left = chance(60) ? whole(1) : fraction(1);
                Term right = chance(60) ? whole(1) : fraction(1);
                boolean less = chance(50);
                return both(
                        less ? "(%s < %s)" : "(%s >= %s)",
                        left,
                        right,
                        (x, y) -> less == (Double.compare(toDouble(x), toDouble(y)) < 0));
        }
    }

    private static @Nullable Boolean logic(boolean and, @Nullable Object a, @Nullable Object b) {
        Boolean decisive = !and;
        if (decisive.equals(a) || decisive.equals(b)) {
            return decisive;
        }
        return (a == null || b == null) ? null : and;
    }

    private interface Combined {
        Object of(Object a, Object b);
    }

    private static Term both(String sql, Term a, Term b, Combined combined) {
        return new Term(
                String.format(sql, a.sql(), b.sql()),
                row -> {
                    Object x = a.java().apply(row);
                    Object y = b.java().apply(row);
                    return (x == null || y == null) ? null : combined.of(x, y);
                });
    }

    /** Without a negative zero, which is printed apart from zero. */
    static double toDouble(Object number) {
        return ((Number) number).doubleValue() + 0.0;
    }

    /** An aggregate: its SQL, and its value over the records of a group. */
    record Total(
            String sql, Function<List<Map<String, @Nullable Object>>, @Nullable Object> java) {}

    Total total() {
        boolean whole = chance(60);
        Term term = whole ? whole(2) : fraction(1);
        switch (random.nextInt(7)) {
            case 0:
                return new Total("COUNT(*)", rows -> (long) rows.size());
            case 1:
                return new Total(
                        "COUNT(" + term.sql() + ")", rows -> (long) values(term, rows).size());
            case 2:
                Term text = text();
                return new Total(
                        "COUNT(DISTINCT " + text.sql() + ")",
                        rows -> values(text, rows).stream().distinct().count());
            case 3:
                return new Total("MIN(" + term.sql() + ")", rows -> best(values(term, rows), -1));
            case 4:
                return new Total("MAX(" + term.sql() + ")", rows -> best(values(term, rows), 1));
            case 5:
                return new Total(
                        "AVG(" + term.sql() + ")",
                        rows -> {
                            List<Object> values = values(term, rows);
                            return values.isEmpty() ? null : sum(values) / values.size() + 0.0;
                        });
            default:
                return new Total(
                        "SUM(" + term.sql() + ")",
                        rows -> {
                            List<Object> values = values(term, rows);
                            if (values.isEmpty()) {
                                return null;
                            }
                            // Two branches: a conditional would make a double of both.
                            if (whole) {
                                return (long) sum(values);
                            }
                            return sum(values);
                        });
        }
    }

    private static double sum(List<Object> values) {
        return values.stream().mapToDouble(RandomQueries::toDouble).sum();
    }

    private static @Nullable Object best(List<Object> values, int sign) {
        Object best = null;
        for (Object value : values) {
            if (best == null || Double.compare(toDouble(value), toDouble(best)) * sign > 0) {
                best = value;
            }
        }
        return best;
    }

    private static List<Object> values(Term term, List<Map<String, @Nullable Object>> rows) {
        List<Object> values = new ArrayList<>();
        for (Map<String, @Nullable Object> row : rows) {
            Object value = term.java().apply(row);
            if (value != null) {
                values.add(Objects.requireNonNull(value));
            }
        }
        return values;
    }
}
