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
    private static final Pattern NOT_GROUPED =
            Pattern.compile("Expression '(.*)' is not being grouped");
    private static final Pattern NO_OPERATOR =
            Pattern.compile(
                    "(?s)Cannot apply '(.*)' to arguments of type '(.*?)'\\. Supported form.*");
    private static final Pattern ARGUMENT = Pattern.compile("<((?:[^<>]|<[^<>]*>)*)>");
    private static final int MAX_LISTED = 12;

    private final Relations relations;
    private final Collection<Relation> used;
    private final WrittenNames written;

    PlanErrors(Relations relations, Collection<Relation> used, WrittenNames written) {
        this.relations = relations;
        this.used = used;
        this.written = written;
    }

    SqlException explain(CalciteContextException e) {
        Throwable reason = e.getCause() == null ? e : e.getCause();
        String message = String.valueOf(reason.getMessage());
        return new SqlException(
                kind(message),
                reword(message, e.getPosLine(), e.getPosColumn()),
                e.getPosLine(),
                e.getPosColumn());
    }

    private static SqlException.Kind kind(String message) {
        return NO_OBJECT.matcher(message).matches() || NO_TABLE.matcher(message).matches()
                ? SqlException.Kind.NOT_FOUND
                : SqlException.Kind.INVALID;
    }

    private String reword(String message, int line, int column) {
        Matcher object = NO_OBJECT.matcher(message);
        if (object.matches()) {
            return Suggestions.noRelation(object.group(1), relations.names());
        }
        Matcher table = NO_TABLE.matcher(message);
        if (table.matches()) {
            return noRelationHere(table.group(1));
        }
        Matcher unknown = NO_COLUMN.matcher(message);
        if (unknown.matches()) {
            String name = unknown.group(1);
            if (written.isQuoted(line, column)) {
                return "no column "
                        + name
                        + "; double quotes make a name, text is written '"
                        + name
                        + "'";
            }
            if (written.isAlias(name)) {
                return name
                        + " is named in the SELECT list, which comes after WHERE; repeat its"
                        + " expression here, or use HAVING if it is an aggregate";
            }
            return noColumn(name);
        }
        Matcher notGrouped = NOT_GROUPED.matcher(message);
        if (notGrouped.matches()) {
            String expression = notGrouped.group(1);
            return expression
                    + " is neither in GROUP BY nor inside an aggregate; add it to GROUP BY, or take"
                    + " one value of each group with MAX("
                    + expression
                    + ")";
        }
        if (message.startsWith("Aggregate expression is illegal in WHERE")) {
            return "an aggregate has no value in WHERE, which looks at one row at a time; put this"
                    + " condition into HAVING, after GROUP BY";
        }
        if (message.startsWith("Unknown identifier '*'")) {
            return "* is no value here: it stands for all columns in SELECT *, and in COUNT(*)";
        }
        Matcher operator = NO_OPERATOR.matcher(message);
        if (operator.matches()) {
            return noOperator(operator.group(1), operator.group(2));
        }
        Matcher function = NO_FUNCTION.matcher(message);
        if (function.matches()) {
            return noFunction(function.group(1), function.group(2));
        }
        return message;
    }

    private String noRelationHere(String name) {
        for (Relation relation : used) {
            for (SqlType.Field field : relation.layout()) {
                if (field.name().equalsIgnoreCase(name)) {
                    return "no relation "
                            + name
                            + " in this FROM; a field inside the column "
                            + field.name()
                            + " is read as "
                            + relation.name()
                            + "."
                            + field.name()
                            + ".field";
                }
            }
        }
        String known = used.stream().map(Relation::name).collect(Collectors.joining(", "));
        return "no relation "
                + name
                + " in this FROM"
                + (known.isEmpty() ? "" : ", which has " + known)
                + "; write its name, or the alias it was given";
    }

    private static String noOperator(String operator, String arguments) {
        List<String> types = new ArrayList<>();
        Matcher argument = ARGUMENT.matcher(arguments);
        while (argument.find()) {
            types.add(plainType(argument.group(1)));
        }
        String all = String.join(" and ", types);
        String advice =
                types.stream().anyMatch(type -> type.endsWith(" ARRAY"))
                        ? "; take an element with [1], or EXPLODE the array"
                        : types.stream().anyMatch(type -> type.startsWith("ROW("))
                                ? "; take a field of the row with relation.column.field"
                                : "; CAST(... AS type) makes them agree";
        return operator + " does not take " + all + advice;
    }

    private static String plainType(String type) {
        return type.replace("RECORDTYPE", "ROW")
                .replaceAll("\\bCHAR(ACTER)?\\(\\d+\\)", "VARCHAR")
                .replaceAll("\\((\\d+)(, \\d+)?\\)", "");
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
        String nested = nested(name);
        if (nested != null) {
            return "no column " + name + "; " + nested;
        }
        String known = columns.stream().limit(MAX_LISTED).collect(Collectors.joining(", "));
        return "no column "
                + name
                + "; there are "
                + known
                + (columns.size() > MAX_LISTED ? ", ..." : "")
                + (inferred ? " (seen in the newest records; CREATE STREAM declares others)" : "");
    }

    /**
     * What is known of fields inside columns: {@code column.field}, or a field without its column.
     */
    private @Nullable String nested(String name) {
        int dot = name.lastIndexOf('.');
        String column = dot < 0 ? null : name.substring(0, dot);
        for (Relation relation : used) {
            for (SqlType.Field field : relation.layout()) {
                if (!(field.type() instanceof SqlType.RowOf row)) {
                    continue;
                }
                List<String> inside = row.fields().stream().map(SqlType.Field::name).toList();
                if (field.name().equalsIgnoreCase(column)) {
                    return field.name() + " has the fields " + String.join(", ", inside);
                }
                if (column == null && inside.stream().anyMatch(name::equalsIgnoreCase)) {
                    return "it is a field inside "
                            + field.name()
                            + ", read as "
                            + relation.name()
                            + "."
                            + field.name()
                            + "."
                            + name;
                }
            }
        }
        return null;
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
        return "no function "
                + name
                + types
                + (near == null
                        ? "; some that are there: COUNT, SUM, AVG, MIN, MAX, UPPER, LOWER, SUBSTRING,"
                                + " SPLIT, COALESCE, ROUND, EXPLODE"
                        : "; did you mean " + near + "?");
    }
}
