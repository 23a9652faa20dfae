package dev.millrace.sql.exec;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.expr.ColumnRef;
import dev.millrace.sql.expr.Expression;
import dev.millrace.sql.plan.PlanNode;
import dev.millrace.sql.plan.PlannedQuery;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the key of the output's records comes from. A result column called {@code rowkey} is the
 * record's key and not part of its value; without one, the key is that of the source, or the group.
 *
 * @param column index of that column, or -1
 * @param computed whether it is something else than the key that the records have anyway
 * @param source the relation whose key is passed on, if one is
 */
record OutputKey(int column, boolean computed, @Nullable Relation source) {

    static OutputKey of(PlannedQuery query, List<SqlType.Field> columns) {
        int column = -1;
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equalsIgnoreCase(Relation.ROWKEY)) {
                column = i;
            }
        }
        boolean passedOn = column >= 0 && isKey(query.root(), column);
        return new OutputKey(column, column >= 0 && !passedOn, source(query.root()));
    }

    /** Whether a column of the plan is the key of the records, unchanged. */
    private static boolean isKey(PlanNode node, int column) {
        if (node instanceof PlanNode.Scan) {
            return column == 0;
        }
        if (node instanceof PlanNode.Filter filter) {
            return isKey(filter.input(), column);
        }
        if (node instanceof PlanNode.Project project) {
            return project.expressions().get(column) instanceof ColumnRef ref
                    && isKey(project.input(), ref.index());
        }
        if (node instanceof PlanNode.Explode explode) {
            Expression expression = explode.expressions().get(column);
            return expression instanceof ColumnRef ref
                    && ref.index() < explode.input().columns().size()
                    && isKey(explode.input(), ref.index());
        }
        return node instanceof PlanNode.Aggregate aggregate
                && aggregate.groupBy().size() == 1
                && column == 0;
    }

    private static @Nullable Relation source(PlanNode node) {
        if (node instanceof PlanNode.Scan scan) {
            return scan.relation();
        }
        if (node instanceof PlanNode.Filter filter) {
            return source(filter.input());
        }
        if (node instanceof PlanNode.Project project) {
            return source(project.input());
        }
        return node instanceof PlanNode.Explode explode ? source(explode.input()) : null;
    }

    static void check(SinkSpec sink, List<SqlType.Field> columns) {
        if (columns.isEmpty()) {
            throw SqlException.invalid("the value of the result has no columns, only a key");
        }
        Relation.ValueFormat format = sink.format();
        if (format != Relation.ValueFormat.JSON && columns.size() != 1) {
            throw SqlException.invalid(
                    "value_format "
                            + format
                            + " holds one column, the query has "
                            + columns.size()
                            + "; use JSON");
        }
        boolean wholeNumber =
                columns.get(0).type() == SqlType.Scalar.BIGINT
                        || columns.get(0).type() == SqlType.Scalar.INTEGER;
        if (format == Relation.ValueFormat.LONG && !wholeNumber) {
            throw SqlException.invalid(
                    "value_format LONG holds a BIGINT, not " + columns.get(0).type().sql());
        }
    }

    /** The relation that reads what is written. */
    Relation relation(SinkSpec sink, PlannedQuery query, List<SqlType> groupColumns) {
        SqlType type = SqlType.Scalar.VARCHAR;
        Relation.ValueFormat keyFormat = Relation.ValueFormat.TEXT;
        if (computed) {
            type = sink.columns().get(column).type();
        } else if (groupColumns.size() == 1) {
            type = groupColumns.get(0);
        } else if (groupColumns.isEmpty() && source != null) {
            type = source.keyType();
            keyFormat = source.keyFormat();
        }
        List<SqlType.Field> values = new ArrayList<>(sink.columns());
        if (column >= 0) {
            values.remove(column);
        }
        return new Relation(
                sink.topic(),
                sink.topic(),
                sink.table(),
                Relation.ROWKEY,
                type,
                keyFormat,
                column >= 0 || (groupColumns.isEmpty() && source != null && source.keyVisible()),
                sink.format(),
                values,
                true,
                null);
    }
}
