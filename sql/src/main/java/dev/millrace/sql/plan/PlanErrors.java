package dev.millrace.sql.plan;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.expr.Operators;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.calcite.runtime.CalciteContextException;
import org.jspecify.annotations.Nullable;

/** Calcite's complaints in our words, with a place and, where there is one, the likely name. */
final class PlanErrors {
    private static final Pattern NO_OBJECT = Pattern.compile("Object '([^']*)' not found.*");
    private static final Pattern NO_TABLE = Pattern.compile("Table '([^']*)' not found.*");
    private static final Pattern NO_COLUMN =
            Pattern.compile("Column '([^']*)' not found in (?:any table|table '.*').*");
    private static final Pattern NO_FUNCTION =
            Pattern.compile("No match found for function signature ([^(]*)(\\(.*\\))");
    private static final int MAX_LISTED = 12;

    private final Relations relations;
    private final Collection<Relation> used;

    PlanErrors(Relations relations, Collection<Relation> used) {
        this.relations = relations;
        this.used = used;
    }

    SqlException explain(CalciteContextException e) {
        Throwable reason = e.getCause() == null ? e : e.getCause();
        String message = String.valueOf(reason.getMessage());
        return new SqlException(
                kind(message), reword(message), e.getPosLine(), e.getPosColumn());
    }

    private static SqlException.Kind kind(String message) {
        return NO_OBJECT.matcher(message).matches() || NO_TABLE.matcher(message).matches()
                ? SqlException.Kind.NOT_FOUND
                : SqlException.Kind.INVALID;
    }

    private String reword(String message) {
        Matcher object = NO_OBJECT.matcher(message);
        if (object.matches()) {
            return noRelation(object.group(1));
        }
        Matcher table = NO_TABLE.matcher(message);
        if (table.matches()) {
            return "no relation " + table.group(1) + " in this FROM";
        }
        Matcher column = NO_COLUMN.matcher(message);
        if (column.matches()) {
            return noColumn(column.group(1));
        }
        Matcher function = NO_FUNCTION.matcher(message);
        if (function.matches()) {
            return noFunction(function.group(1), function.group(2));
        }
        return message;
    }

    private String noRelation(String name) {
        String near = nearest(name, relations.names());
        return "no topic or relation "
                + name
                + (near == null ? "; SHOW TOPICS lists what is there" : "; did you mean " + near + "?");
    }

    private String noColumn(String name) {
        List<String> columns = new ArrayList<>();
        boolean inferred = false;
        for (Relation relation : used) {
            inferred |= !relation.declared();
            for (SqlType.Field field : relation.layout()) {
                columns.add(field.name());
            }
        }
        String near = nearest(name, columns);
        if (near != null) {
            return "no column " + name + "; did you mean " + near + "?";
        }
        String known = columns.stream().limit(MAX_LISTED).collect(Collectors.joining(", "));
        return "no column "
                + name
                + "; there are "
                + known
                + (columns.size() > MAX_LISTED ? ", ..." : "")
                + (inferred ? " (seen in the newest records; CREATE STREAM declares others)" : "");
    }

    private static String noFunction(String name, String signature) {
        List<String> names =
                Operators.INSTANCE.getOperatorList().stream().map(o -> o.getName()).toList();
        boolean known = names.contains(name.toUpperCase(Locale.ROOT));
        String types = signature.replace("<", "").replace(">", "");
        if (known) {
            return name + " does not take " + types;
        }
        String near = nearest(name, names);
        return "no function " + name + types + (near == null ? "" : "; did you mean " + near + "?");
    }

    /** The closest name, if it is close enough to be what was meant. */
    static @Nullable String nearest(String name, Collection<String> names) {
        String best = null;
        int bestDistance = Math.max(1, name.length() / 3) + 1;
        for (String candidate : names) {
            int distance =
                    distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Levenshtein's. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
