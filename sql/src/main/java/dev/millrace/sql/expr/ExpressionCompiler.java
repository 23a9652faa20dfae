package dev.millrace.sql.expr;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.row.Row;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.calcite.avatica.util.TimeUnitRange;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexFieldAccess;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.fun.SqlTrimFunction;
import org.apache.calcite.sql.type.SqlTypeName;
import org.jspecify.annotations.Nullable;

/**
 * Calcite's row expressions as closures: AND, OR and CASE evaluate no more than they need, unknown
 * is null, and every class of value is one of those in {@link SqlType}.
 */
public final class ExpressionCompiler {
    private final RexBuilder rexBuilder;

    public ExpressionCompiler(RexBuilder rexBuilder) {
        this.rexBuilder = rexBuilder;
    }

    public List<Expression> compileAll(List<? extends RexNode> nodes) {
        return nodes.stream().map(this::compile).toList();
    }

    /**
     * @throws SqlException naming the function, if there is one that we cannot run
     */
    public Expression compile(RexNode node) {
        if (node instanceof RexInputRef ref) {
            return new ColumnRef(ref.getIndex());
        }
        if (node instanceof RexLiteral literal) {
            Object value = literalValue(literal);
            return row -> value;
        }
        if (node instanceof RexFieldAccess access) {
            Expression whole = compile(access.getReferenceExpr());
            int index = access.getField().getIndex();
            return row -> {
                Object value = whole.eval(row);
                return value == null ? null : ((Row) value).get(index);
            };
        }
        if (node instanceof RexCall call) {
            return compileCall(call);
        }
        throw SqlException.invalid("this expression cannot be run here: " + node);
    }

    /** The Java value of a literal. */
    public static @Nullable Object literalValue(RexLiteral literal) {
        if (literal.isNull()) {
            return null;
        }
        switch (literal.getType().getSqlTypeName()) {
            case TINYINT:
            case SMALLINT:
            case INTEGER:
            case BIGINT:
                return literal.getValueAs(Long.class);
            case DECIMAL:
                return literal.getValueAs(BigDecimal.class);
            case FLOAT:
            case REAL:
            case DOUBLE:
                return literal.getValueAs(Double.class);
            case BOOLEAN:
                return literal.getValueAs(Boolean.class);
            case CHAR:
            case VARCHAR:
                return literal.getValueAs(String.class);
            case BINARY:
            case VARBINARY:
                return literal.getValueAs(byte[].class);
            case DATE:
            case TIME:
                Integer days = literal.getValueAs(Integer.class);
                return days == null ? null : days.longValue();
            case TIMESTAMP:
                return literal.getValueAs(Long.class);
            case SYMBOL:
                return literal.getValue();
            default:
                if (SqlTypeName.INTERVAL_TYPES.contains(literal.getType().getSqlTypeName())) {
                    return literal.getValueAs(Long.class);
                }
                throw SqlException.invalid("no value for the literal " + literal);
        }
    }

    private Expression compileCall(RexCall call) {
        List<RexNode> operands = call.getOperands();
        switch (call.getKind()) {
            case SEARCH:
                return compile(RexUtil.expandSearch(rexBuilder, null, call));
            case AND:
                return Logic.and(compileAll(operands));
            case OR:
                return Logic.or(compileAll(operands));
            case NOT:
                return Logic.not(compile(operands.get(0)));
            case IS_NULL:
            case IS_UNKNOWN:
                return Logic.isNull(compile(operands.get(0)), true);
            case IS_NOT_NULL:
                return Logic.isNull(compile(operands.get(0)), false);
            case IS_TRUE:
                return Logic.is(compile(operands.get(0)), true, true);
            case IS_NOT_TRUE:
                return Logic.is(compile(operands.get(0)), true, false);
            case IS_FALSE:
                return Logic.is(compile(operands.get(0)), false, true);
            case IS_NOT_FALSE:
                return Logic.is(compile(operands.get(0)), false, false);
            case EQUALS:
            case NOT_EQUALS:
            case LESS_THAN:
            case LESS_THAN_OR_EQUAL:
            case GREATER_THAN:
            case GREATER_THAN_OR_EQUAL:
                return Logic.compare(
                        call.getKind(), compile(operands.get(0)), compile(operands.get(1)));
            case IS_DISTINCT_FROM:
            case IS_NOT_DISTINCT_FROM:
                return Logic.distinct(
                        compile(operands.get(0)),
                        compile(operands.get(1)),
                        call.getKind() == SqlKind.IS_DISTINCT_FROM);
            case CASE:
                return compileCase(call);
            case COALESCE:
                return compileCoalesce(call);
            case CAST:
            case SAFE_CAST:
                return Casts.cast(
                        compile(operands.get(0)), operands.get(0).getType(), call.getType());
            case REINTERPRET:
                return compile(operands.get(0));
            case PLUS:
            case MINUS:
            case TIMES:
            case DIVIDE:
            case MOD:
            case CHECKED_PLUS:
            case CHECKED_MINUS:
            case CHECKED_TIMES:
            case CHECKED_DIVIDE:
                return compileArithmetic(call);
            case MINUS_PREFIX:
            case CHECKED_MINUS_PREFIX:
                Expression negated = compile(operands.get(0));
                Class<?> numeric = Casts.numericClass(call.getType());
                return row -> {
                    Object value = negated.eval(row);
                    return value == null ? null : Numbers.arithmetic('-', 0L, value, numeric);
                };
            case PLUS_PREFIX:
                return compile(operands.get(0));
            case LIKE:
                return compileLike(call);
            case TRIM:
                return compileTrim(call);
            case EXTRACT:
                return Temporal.extract(
                        symbol(operands.get(0), TimeUnitRange.class),
                        compile(operands.get(1)),
                        operands.get(1).getType());
            case FLOOR:
            case CEIL:
                if (operands.size() == 2) {
                    return Temporal.floor(
                            symbol(operands.get(1), TimeUnitRange.class),
                            compile(operands.get(0)),
                            operands.get(0).getType(),
                            call.getKind() == SqlKind.CEIL);
                }
                break;
            case ROW:
            case ARRAY_VALUE_CONSTRUCTOR:
            case OTHER:
            case OTHER_FUNCTION:
            default:
                break;
        }
        return compileFunction(call);
    }

    private Expression compileFunction(RexCall call) {
        String name = call.getOperator().getName().toUpperCase(Locale.ROOT);
        switch (name) {
            case "CURRENT_TIMESTAMP":
            case "LOCALTIMESTAMP":
                return row -> System.currentTimeMillis();
            case "CURRENT_DATE":
                return row -> Math.floorDiv(System.currentTimeMillis(), Temporal.DAY_MS);
            case "IFNULL":
            case "NVL":
                return compileCoalesce(call);
            default:
                break;
        }
        List<Expression> args = compileAll(call.getOperands());
        SqlFunctions.Function tolerant = SqlFunctions.tolerantByName(name);
        if (tolerant != null) {
            return row -> tolerant.apply(evalAll(args, row));
        }
        SqlFunctions.Function strict = SqlFunctions.strictByName(name);
        if (strict == null) {
            throw SqlException.invalid("the function " + name + " is not available");
        }
        if (args.size() == 1) {
            Expression only = args.get(0);
            return row -> {
                Object value = only.eval(row);
                return value == null ? null : applyQuietly(strict, new Object[] {value});
            };
        }
        return row -> {
            @Nullable Object[] values = new Object[args.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = args.get(i).eval(row);
                if (values[i] == null) {
                    return null;
                }
            }
            return applyQuietly(strict, values);
        };
    }

    /** A bad replacement text or a number out of range gives no value rather than no answer. */
    private static @Nullable Object applyQuietly(
            SqlFunctions.Function function, @Nullable Object[] args) {
        try {
            return function.apply(args);
        } catch (ArithmeticException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | StackOverflowError e) {
            return null;
        }
    }

    private static @Nullable Object[] evalAll(
            List<Expression> expressions, @Nullable Object[] row) {
        @Nullable Object[] values = new Object[expressions.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = expressions.get(i).eval(row);
        }
        return values;
    }

    private Expression compileCase(RexCall call) {
        List<Expression> parts = compileAll(call.getOperands());
        Casts.Coercion coercion = Casts.coercion(call.getType());
        return row -> {
            int last = parts.size() - 1;
            for (int i = 0; i < last; i += 2) {
                if (parts.get(i).isTrue(row)) {
                    return coercion.apply(parts.get(i + 1).eval(row));
                }
            }
            return coercion.apply(parts.get(last).eval(row));
        };
    }

    private Expression compileCoalesce(RexCall call) {
        List<Expression> parts = compileAll(call.getOperands());
        Casts.Coercion coercion = Casts.coercion(call.getType());
        return row -> {
            for (Expression part : parts) {
                Object value = part.eval(row);
                if (value != null) {
                    return coercion.apply(value);
                }
            }
            return null;
        };
    }

    private Expression compileArithmetic(RexCall call) {
        RelDataType type = call.getType();
        List<RexNode> operands = call.getOperands();
        Expression left = compile(operands.get(0));
        Expression right = compile(operands.get(1));
        char kind = arithmeticSign(call.getKind());
        if (Temporal.isTemporal(type) || Temporal.isTemporal(operands.get(0).getType())) {
            return Temporal.plus(
                    kind, left, right, operands.get(0).getType(), operands.get(1).getType(), type);
        }
        Class<?> wanted = Casts.numericClass(type);
        return row -> {
            Object a = left.eval(row);
            if (a == null) {
                return null;
            }
            Object b = right.eval(row);
            return b == null ? null : Numbers.arithmetic(kind, a, b, wanted);
        };
    }

    private static char arithmeticSign(SqlKind kind) {
        switch (kind) {
            case PLUS:
            case CHECKED_PLUS:
                return '+';
            case MINUS:
            case CHECKED_MINUS:
                return '-';
            case TIMES:
            case CHECKED_TIMES:
                return '*';
            case DIVIDE:
            case CHECKED_DIVIDE:
                return '/';
            default:
                return '%';
        }
    }

    private Expression compileLike(RexCall call) {
        List<RexNode> operands = call.getOperands();
        Expression text = compile(operands.get(0));
        Expression pattern = compile(operands.get(1));
        Expression escape = operands.size() > 2 ? compile(operands.get(2)) : row -> null;
        boolean ignoreCase =
                call.getOperator().getName().toUpperCase(Locale.ROOT).contains("ILIKE");
        boolean negated = call.getOperator().getName().toUpperCase(Locale.ROOT).startsWith("NOT");
        if (operands.get(1) instanceof RexLiteral literal && !literal.isNull()) {
            Object escapeText = escape.eval(new Object[0]);
            Pattern fixed =
                    Like.pattern(
                            Numbers.text(literalValue(literal)),
                            escapeText == null ? null : Numbers.text(escapeText),
                            ignoreCase);
            String prefix =
                    ignoreCase || escapeText != null
                            ? null
                            : Like.prefix(Numbers.text(literalValue(literal)));
            return row -> {
                Object value = text.eval(row);
                if (value == null) {
                    return null;
                }
                String string = Numbers.text(value);
                boolean matches =
                        prefix != null
                                ? string.startsWith(prefix)
                                : fixed.matcher(string).matches();
                return matches != negated;
            };
        }
        return row -> {
            Object value = text.eval(row);
            Object like = pattern.eval(row);
            if (value == null || like == null) {
                return null;
            }
            Object escapeText = escape.eval(row);
            return Like.pattern(
                                    Numbers.text(like),
                                    escapeText == null ? null : Numbers.text(escapeText),
                                    ignoreCase)
                            .matcher(Numbers.text(value))
                            .matches()
                    != negated;
        };
    }

    private Expression compileTrim(RexCall call) {
        SqlTrimFunction.Flag flag = symbol(call.getOperands().get(0), SqlTrimFunction.Flag.class);
        Expression characters = compile(call.getOperands().get(1));
        Expression text = compile(call.getOperands().get(2));
        return row -> {
            Object trimmed = characters.eval(row);
            Object value = text.eval(row);
            if (trimmed == null || value == null) {
                return null;
            }
            String set = Numbers.text(trimmed);
            String string = Numbers.text(value);
            int start = 0;
            int end = string.length();
            while (flag.getLeft() == 1 && start < end && set.indexOf(string.charAt(start)) >= 0) {
                start++;
            }
            while (flag.getRight() == 1
                    && end > start
                    && set.indexOf(string.charAt(end - 1)) >= 0) {
                end--;
            }
            return string.substring(start, end);
        };
    }

    private static <E extends Enum<E>> E symbol(RexNode node, Class<E> type) {
        E value = ((RexLiteral) node).getValueAs(type);
        if (value == null) {
            throw new IllegalStateException("no symbol in " + node);
        }
        return value;
    }
}
