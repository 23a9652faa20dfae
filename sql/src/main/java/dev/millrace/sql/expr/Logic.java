package dev.millrace.sql.expr;

import java.util.List;
import org.apache.calcite.sql.SqlKind;

/** SQL's logic of three values; unknown is null. */
final class Logic {
    private Logic() {}

    static Expression and(List<Expression> parts) {
        Expression[] all = parts.toArray(new Expression[0]);
        return row -> {
            boolean unknown = false;
            for (Expression part : all) {
                Object value = part.eval(row);
                if (value == null) {
                    unknown = true;
                } else if (!(Boolean) value) {
                    return false;
                }
            }
            return unknown ? null : (Object) true;
        };
    }

    static Expression or(List<Expression> parts) {
        Expression[] all = parts.toArray(new Expression[0]);
        return row -> {
            boolean unknown = false;
            for (Expression part : all) {
                Object value = part.eval(row);
                if (value == null) {
                    unknown = true;
                } else if ((Boolean) value) {
                    return true;
                }
            }
            return unknown ? null : (Object) false;
        };
    }

    static Expression not(Expression part) {
        return row -> {
            Object value = part.eval(row);
            return value == null ? null : (Object) !((Boolean) value);
        };
    }

    static Expression isNull(Expression part, boolean wanted) {
        return row -> (part.eval(row) == null) == wanted;
    }

    /** {@code IS [NOT] TRUE|FALSE}: never unknown. */
    static Expression is(Expression part, boolean truth, boolean wanted) {
        return row -> Boolean.valueOf(truth).equals(part.eval(row)) == wanted;
    }

    static Expression distinct(Expression left, Expression right, boolean wanted) {
        return row -> {
            Object a = left.eval(row);
            Object b = right.eval(row);
            boolean same =
                    (a == null || b == null) ? (a == null && b == null) : Numbers.equal(a, b);
            return same != wanted;
        };
    }

    static Expression compare(SqlKind kind, Expression left, Expression right) {
        switch (kind) {
            case EQUALS:
                return both(left, right, Numbers::equal);
            case NOT_EQUALS:
                return both(left, right, (a, b) -> !Numbers.equal(a, b));
            case LESS_THAN:
                return both(left, right, (a, b) -> Numbers.compare(a, b) < 0);
            case LESS_THAN_OR_EQUAL:
                return both(left, right, (a, b) -> Numbers.compare(a, b) <= 0);
            case GREATER_THAN:
                return both(left, right, (a, b) -> Numbers.compare(a, b) > 0);
            case GREATER_THAN_OR_EQUAL:
                return both(left, right, (a, b) -> Numbers.compare(a, b) >= 0);
            default:
                throw new AssertionError(kind);
        }
    }

    /** A test of two values, neither of them null. */
    @FunctionalInterface
    private interface Test {
        boolean of(Object left, Object right);
    }

    private static Expression both(Expression left, Expression right, Test test) {
        return row -> {
            Object a = left.eval(row);
            if (a == null) {
                return null;
            }
            Object b = right.eval(row);
            return b == null ? null : (Object) test.of(a, b);
        };
    }
}
