package dev.millrace.sql.plan;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.expr.ColumnRef;
import dev.millrace.sql.expr.Expression;
import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Correlate;
import org.apache.calcite.rel.core.JoinRelType;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.core.Uncollect;
import org.apache.calcite.rel.core.Values;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexCorrelVariable;
import org.apache.calcite.rex.RexFieldAccess;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexShuttle;

/**
 * {@code FROM t CROSS JOIN UNNEST(array) AS u(x)}: Calcite makes a correlation with an Uncollect of
 * it, we an {@link PlanNode.Explode} that keeps the columns of {@code t}.
 */
final class UnnestTranslator {
    private UnnestTranslator() {}

    static PlanNode translate(Correlate correlate, PlanTranslator plans) {
        boolean outer = correlate.getJoinType() == JoinRelType.LEFT;
        if (!outer && correlate.getJoinType() != JoinRelType.INNER) {
            throw unavailable();
        }
        List<RexNode> renaming = null;
        RelNode right = correlate.getRight();
        if (right instanceof Project project && project.getInput() instanceof Uncollect) {
            renaming = project.getProjects();
            right = project.getInput();
        }
        if (!(right instanceof Uncollect uncollect)
                || !(uncollect.getInput() instanceof Project arrays)
                || !(arrays.getInput() instanceof Values values)
                || values.getTuples().size() != 1) {
            throw unavailable();
        }
        int width = correlate.getLeft().getRowType().getFieldCount();
        List<Expression> compiledArrays = new ArrayList<>();
        for (RexNode array : arrays.getProjects()) {
            compiledArrays.add(plans.compile(local(array, correlate)));
        }
        List<RexNode> elements = elements(arrays, uncollect, width, plans);
        List<Expression> expressions = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            expressions.add(new ColumnRef(i));
        }
        List<RexNode> wanted = elements;
        if (renaming != null) {
            RexShuttle inlined =
                    new RexShuttle() {
                        @Override
                        public RexNode visitInputRef(RexInputRef ref) {
                            return elements.get(ref.getIndex());
                        }
                    };
            wanted = inlined.visitList(renaming);
        }
        for (RexNode element : wanted) {
            expressions.add(plans.compile(element));
        }
        List<SqlType.Field> columns = SqlTypes.fields(correlate.getRowType());
        return new PlanNode.Explode(
                plans.whole(correlate.getLeft()), compiledArrays, expressions, outer, columns);
    }

    /** What one row of the Uncollect is made of: an element, or the fields of an element. */
    private static List<RexNode> elements(
            Project arrays, Uncollect uncollect, int width, PlanTranslator plans) {
        List<RexNode> elements = new ArrayList<>();
        int count = arrays.getProjects().size();
        for (int i = 0; i < count; i++) {
            RelDataType component = arrays.getProjects().get(i).getType().getComponentType();
            if (component == null) {
                throw SqlException.invalid("UNNEST takes an array");
            }
            RexNode element = new RexInputRef(width + i, component);
            if (component.isStruct()) {
                for (int f = 0; f < component.getFieldCount(); f++) {
                    elements.add(plans.rexBuilder().makeFieldAccess(element, f));
                }
            } else {
                elements.add(element);
            }
        }
        if (uncollect.withOrdinality) {
            int last = uncollect.getRowType().getFieldCount() - 1;
            RelDataType type = uncollect.getRowType().getFieldList().get(last).getType();
            elements.add(new RexInputRef(width + count, type));
        }
        return elements;
    }

    /** The expression on columns of the left side instead of on the correlation variable. */
    private static RexNode local(RexNode node, Correlate correlate) {
        return node.accept(
                new RexShuttle() {
                    @Override
                    public RexNode visitFieldAccess(RexFieldAccess access) {
                        if (access.getReferenceExpr() instanceof RexCorrelVariable variable
                                && variable.id.equals(correlate.getCorrelationId())) {
                            return new RexInputRef(access.getField().getIndex(), access.getType());
                        }
                        return super.visitFieldAccess(access);
                    }
                });
    }

    private static SqlException unavailable() {
        return SqlException.invalid(
                "JOIN is not available yet, except CROSS JOIN UNNEST(array) AS name(column)");
    }
}
