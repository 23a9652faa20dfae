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
        return new SqlException(kind(message), reword(message), e.getPosLine(), e.getPosColumn());
    }

    private static SqlException.Kind kind(String message) {
        return NO_OBJECT.matcher(message).matches() || NO_TABLE.matcher(message).matches()
                ? SqlException.Kind.NOT_FOUND
                : SqlException.Kind.INVALID;
    }

    private String reword(String message) {
        Matcher object = NO_OBJECT.matcher(message);
        if (object.matches()) {
            return Suggestions.noRelation(object.group(1), relations.names());
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

    private String noColumn(String name) {
        List<String> columns = new ArrayList<>();
        boolean inferred = false;
        for (Relation relation : used) {
            inferred |= !relation.declared();
            for (SqlType.Field field : relation.layout()) {
                columns.add(field.name());
            }
        }
        String near = Suggestions.nearest(name, columns);
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
        String types = signature.replace("<", "").replace(">", "").replace("CHARACTER", "VARCHAR");
        if (known) {
            return name + " does not take " + types;
        }
        String near = Suggestions.nearest(name, names);
        return "no function " + name + types + (near == null ? "" : "; did you mean " + near + "?");
    }
}
