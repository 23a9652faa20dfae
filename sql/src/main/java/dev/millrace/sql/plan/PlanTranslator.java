package dev.millrace.sql.plan;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.expr.AggregateCall;
import dev.millrace.sql.expr.Expression;
import dev.millrace.sql.expr.ExpressionCompiler;
import dev.millrace.sql.expr.Operators;
import dev.millrace.sql.row.Row;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rel.RelFieldCollation;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.Correlate;
import org.apache.calcite.rel.core.Filter;
import org.apache.calcite.rel.core.Join;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.core.Sort;
import org.apache.calcite.rel.core.TableScan;
import org.apache.calcite.rel.core.Union;
import org.apache.calcite.rel.core.Values;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexOver;
import org.apache.calcite.rex.RexShuttle;
import org.apache.calcite.rex.RexSubQuery;
import org.apache.calcite.rex.RexVisitorImpl;
import org.apache.calcite.util.ImmutableBitSet;
import org.jspecify.annotations.Nullable;

/** Calcite's logical algebra to our nodes, from the root down with the columns that are needed. */
final class PlanTranslator {
    private final RexBuilder rexBuilder;
    private final ExpressionCompiler compiler;

    PlanTranslator(RexBuilder rexBuilder) {
        this.rexBuilder = rexBuilder;
        this.compiler = new ExpressionCompiler(rexBuilder);
    }

    PlanNode translate(RelNode rel) {
        BitSet all = new BitSet();
        all.set(0, rel.getRowType().getFieldCount());
        return translate(rel, all);
    }

    private PlanNode translate(RelNode rel, BitSet needed) {
        if (rel instanceof TableScan scan) {
            return scan(scan, needed);
        }
        if (rel instanceof Filter filter) {
            return filter(filter, needed);
        }
        if (rel instanceof Project project) {
            return project(project);
        }
        if (rel instanceof Aggregate aggregate) {
            return aggregate(aggregate);
        }
        if (rel instanceof Sort sort) {
            return sort(sort, needed);
        }
        if (rel instanceof Values values) {
            return values(values);
        }
        if (rel instanceof Union union) {
            return union(union, needed);
        }
        if (rel instanceof Correlate correlate) {
            return UnnestTranslator.translate(correlate, this);
        }
        if (rel instanceof Join) {
            throw SqlException.invalid("JOIN is not available yet");
        }
        throw SqlException.invalid(
                "this part of the query is not available yet: " + rel.getRelTypeName());
    }

    private static PlanNode scan(TableScan scan, BitSet needed) {
        RelationTable table = Objects.requireNonNull(scan.getTable().unwrap(RelationTable.class));
        Set<Integer> wanted = needed.stream().boxed().collect(Collectors.toUnmodifiableSet());
        return new PlanNode.Scan(table.relation(), table.relation().table(), wanted);
    }

    private PlanNode filter(Filter filter, BitSet needed) {
        RexNode condition = filter.getCondition();
        check(condition);
        if (!explodes(List.of(condition)).isEmpty()) {
            throw SqlException.invalid("EXPLODE stands in a SELECT list, not in a condition");
        }
        BitSet below = (BitSet) needed.clone();
        below.or(refs(List.of(condition)));
        return new PlanNode.Filter(
                translate(filter.getInput(), below), compiler.compile(condition));
    }

    private PlanNode project(Project project) {
        List<RexNode> expressions = project.getProjects();
        expressions.forEach(PlanTranslator::check);
        List<SqlType.Field> columns = SqlTypes.fields(project.getRowType());
        List<RexCall> explodes = explodes(expressions);
        PlanNode input = translate(project.getInput(), refs(expressions));
        if (explodes.isEmpty()) {
            return new PlanNode.Project(input, compiler.compileAll(expressions), columns);
        }
        int width = project.getInput().getRowType().getFieldCount();
        List<RexNode> arrays = new ArrayList<>();
        for (RexCall explode : explodes) {
            arrays.add(explode.getOperands().get(0));
        }
        RexShuttle elements =
                new RexShuttle() {
                    @Override
                    public RexNode visitCall(RexCall call) {
                        int index = explodes.indexOf(call);
                        return index < 0
                                ? super.visitCall(call)
                                : new RexInputRef(width + index, call.getType());
                    }
                };
        return new PlanNode.Explode(
                input,
                compiler.compileAll(arrays),
                compiler.compileAll(elements.visitList(expressions)),
                false,
                columns);
    }

    private PlanNode aggregate(Aggregate aggregate) {
        if (aggregate.getGroupType() != Aggregate.Group.SIMPLE) {
            throw SqlException.invalid("GROUPING SETS, CUBE and ROLLUP are not available yet");
        }
        BitSet needed = aggregate.getGroupSet().toBitSet();
        List<AggregateCall> calls = new ArrayList<>();
        for (org.apache.calcite.rel.core.AggregateCall call : aggregate.getAggCallList()) {
            call.getArgList().forEach(needed::set);
            if (call.filterArg >= 0) {
                needed.set(call.filterArg);
            }
            calls.add(
                    new AggregateCall(
                            function(call),
                            call.getArgList(),
                            call.isDistinct(),
                            call.filterArg,
                            SqlTypes.fromCalcite(call.getType())));
        }
        return new PlanNode.Aggregate(
                translate(aggregate.getInput(), needed),
                aggregate.getGroupSet().asList(),
                calls,
                SqlTypes.fields(aggregate.getRowType()));
    }

    private static AggregateCall.Function function(org.apache.calcite.rel.core.AggregateCall call) {
        switch (call.getAggregation().getKind()) {
            case COUNT:
                return AggregateCall.Function.COUNT;
            case SUM:
                return AggregateCall.Function.SUM;
            case SUM0:
                return AggregateCall.Function.SUM;
            case MIN:
                return AggregateCall.Function.MIN;
            case MAX:
                return AggregateCall.Function.MAX;
            case AVG:
                return AggregateCall.Function.AVG;
            case ANY_VALUE:
                return AggregateCall.Function.ANY_VALUE;
            default:
                throw SqlException.invalid(
                        "the aggregate "
                                + call.getAggregation().getName()
                                + " is not available yet; COUNT, SUM, MIN, MAX and AVG are");
        }
    }

    private PlanNode sort(Sort sort, BitSet needed) {
        List<PlanNode.SortKey> keys = new ArrayList<>();
        BitSet below = (BitSet) needed.clone();
        for (RelFieldCollation key : sort.getCollation().getFieldCollations()) {
            below.set(key.getFieldIndex());
            boolean descending = key.getDirection().isDescending();
            boolean nullsFirst =
                    key.nullDirection == RelFieldCollation.NullDirection.FIRST
                            || (key.nullDirection == RelFieldCollation.NullDirection.UNSPECIFIED
                                    && descending);
            keys.add(new PlanNode.SortKey(key.getFieldIndex(), descending, nullsFirst));
        }
        return new PlanNode.Sort(
                translate(sort.getInput(), below),
                keys,
                number(sort.offset, 0),
                number(sort.fetch, -1));
    }

    private static long number(@Nullable RexNode node, long otherwise) {
        if (node == null) {
            return otherwise;
        }
        Object value =
                node instanceof RexLiteral literal
                        ? ExpressionCompiler.literalValue(literal)
                        : null;
        if (value instanceof Number number && number.longValue() >= 0) {
            return number.longValue();
        }
        throw SqlException.invalid("LIMIT and OFFSET take a whole number, not " + node);
    }

    private static PlanNode values(Values values) {
        List<Row> rows = new ArrayList<>();
        for (List<RexLiteral> tuple : values.getTuples()) {
            @Nullable Object[] row = new Object[tuple.size()];
            for (int i = 0; i < row.length; i++) {
                row[i] = ExpressionCompiler.literalValue(tuple.get(i));
            }
            rows.add(new Row(row));
        }
        return new PlanNode.Values(rows, SqlTypes.fields(values.getRowType()));
    }

    private PlanNode union(Union union, BitSet needed) {
        if (!union.all) {
            throw SqlException.invalid("UNION is not available yet, UNION ALL is");
        }
        List<PlanNode> inputs = new ArrayList<>();
        for (RelNode input : union.getInputs()) {
            inputs.add(translate(input, needed));
        }
        return new PlanNode.Union(inputs, SqlTypes.fields(union.getRowType()));
    }

    /** A plan for a sub-tree, all its columns needed. */
    PlanNode whole(RelNode rel) {
        return translate(rel);
    }

    RexBuilder rexBuilder() {
        return rexBuilder;
    }

    Expression compile(RexNode node) {
        check(node);
        return compiler.compile(node);
    }

    private static BitSet refs(List<RexNode> nodes) {
        ImmutableBitSet refs = RelOptUtil.InputFinder.bits(nodes, null);
        return refs.toBitSet();
    }

    private static List<RexCall> explodes(List<? extends RexNode> nodes) {
        List<RexCall> found = new ArrayList<>();
        for (RexNode node : nodes) {
            node.accept(
                    new RexVisitorImpl<Void>(true) {
                        @Override
                        public Void visitCall(RexCall call) {
                            if (Operators.EXPLODE.equals(call.getOperator())
                                    && !found.contains(call)) {
                                found.add(call);
                            }
                            return super.visitCall(call);
                        }
                    });
        }
        return found;
    }

    private static void check(RexNode node) {
        node.accept(
                new RexVisitorImpl<Void>(true) {
                    @Override
                    public Void visitSubQuery(RexSubQuery subQuery) {
                        throw SqlException.invalid(
                                "a sub-query inside an expression is not available yet; put it in"
                                        + " FROM");
                    }

                    @Override
                    public Void visitOver(RexOver over) {
                        throw SqlException.invalid("OVER windows are not available yet");
                    }
                });
    }
}
