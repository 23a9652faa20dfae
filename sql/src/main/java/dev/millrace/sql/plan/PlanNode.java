package dev.millrace.sql.plan;

import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.expr.AggregateCall;
import dev.millrace.sql.expr.Expression;
import dev.millrace.sql.row.Row;
import java.util.List;
import java.util.Set;

/** What is to be done to rows, independent of where it runs: a tree, the scans at its leaves. */
public sealed interface PlanNode {
    /** Names and types of the rows that leave here. */
    List<SqlType.Field> columns();

    /** Whether rows that left may be changed or taken back: a table, not a stream. */
    boolean updates();

    /**
     * The records of a topic, in the layout of its relation.
     *
     * @param table latest row per key instead of every record
     * @param wanted indexes into the layout of the columns that are asked for; others are null
     */
    record Scan(Relation relation, boolean table, Set<Integer> wanted) implements PlanNode {
        @Override
        public List<SqlType.Field> columns() {
            return relation.layout();
        }

        @Override
        public boolean updates() {
            return table;
        }
    }

    /** The rows for which the condition is true. */
    record Filter(PlanNode input, Expression condition) implements PlanNode {
        @Override
        public List<SqlType.Field> columns() {
            return input.columns();
        }

        @Override
        public boolean updates() {
            return input.updates();
        }
    }

    /** A new row per row. */
    record Project(PlanNode input, List<Expression> expressions, List<SqlType.Field> columns)
            implements PlanNode {
        @Override
        public boolean updates() {
            return input.updates();
        }

        /** The new row. */
        public Row apply(Row row) {
            return PlanNode.evaluate(expressions, row);
        }
    }

    /**
     * A new row per element of arrays, which go side by side, the shorter filled up with nulls.
     *
     * @param arrays evaluated on the input row
     * @param expressions evaluated on the input row followed by one element of each array and the
     *     position of the element, from 1
     * @param outer whether a row whose arrays have no elements yields one row with nulls
     */
    record Explode(
            PlanNode input,
            List<Expression> arrays,
            List<Expression> expressions,
            boolean outer,
            List<SqlType.Field> columns)
            implements PlanNode {
        @Override
        public boolean updates() {
            return input.updates();
        }

        /** The new rows. */
        public List<Row> apply(Row row) {
            return Exploding.rows(this, row);
        }
    }

    /** One row per group: the group's columns, then the aggregates. */
    record Aggregate(
            PlanNode input,
            List<Integer> groupBy,
            List<AggregateCall> calls,
            List<SqlType.Field> columns)
            implements PlanNode {
        @Override
        public boolean updates() {
            return true;
        }
    }

    /** Rows of all inputs. */
    record Union(List<PlanNode> inputs, List<SqlType.Field> columns) implements PlanNode {
        @Override
        public boolean updates() {
            return inputs.stream().anyMatch(PlanNode::updates);
        }
    }

    /**
     * Ordered, and cut.
     *
     * @param keys what to order by; none keeps the order of arrival
     * @param offset rows to leave out at the start
     * @param fetch rows to keep, or -1 for all
     */
    record Sort(PlanNode input, List<SortKey> keys, long offset, long fetch) implements PlanNode {
        @Override
        public List<SqlType.Field> columns() {
            return input.columns();
        }

        @Override
        public boolean updates() {
            return input.updates();
        }
    }

    /** A column to order by. */
    record SortKey(int column, boolean descending, boolean nullsFirst) {}

    /** Rows written in the statement. */
    record Values(List<Row> rows, List<SqlType.Field> columns) implements PlanNode {
        @Override
        public boolean updates() {
            return false;
        }
    }

    /** One row of expression values. */
    static Row evaluate(List<Expression> expressions, Row row) {
        @org.jspecify.annotations.Nullable Object[] values = new Object[expressions.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = expressions.get(i).eval(row.values());
        }
        return new Row(values);
    }
}
