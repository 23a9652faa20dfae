package dev.millrace.sql.expr;

import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.row.Json;
import dev.millrace.sql.row.Row;
import dev.millrace.sql.row.Values;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Arithmetic, comparison and text of values whose exact class is known only when they come. */
final class Numbers {
    private Numbers() {}

    static Object present(@Nullable Object value) {
        if (value == null) {
            throw new IllegalStateException("a null argument reached a strict function");
        }
        return value;
    }

    static String text(@Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof BigDecimal number) {
            return number.toPlainString();
        }
        if (value instanceof List || value instanceof Map || value instanceof Row) {
            return Json.text(value, SqlType.Scalar.VARCHAR);
        }
        return String.valueOf(present(value));
    }

    static long toLong(@Nullable Object value) {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof BigDecimal number) {
            Long whole = Values.toLong(number);
            return whole == null ? 0 : whole;
        }
        return ((Number) present(value)).longValue();
    }

    static double toDouble(@Nullable Object value) {
        return ((Number) present(value)).doubleValue();
    }

    static BigDecimal toDecimal(@Nullable Object value) {
        if (value instanceof BigDecimal number) {
            return number;
        }
        if (value instanceof Long number) {
            return BigDecimal.valueOf(number);
        }
        return BigDecimal.valueOf(toDouble(value));
    }

    static int signum(@Nullable Object value) {
        if (value instanceof Long number) {
            return Long.signum(number);
        }
        if (value instanceof BigDecimal number) {
            return number.signum();
        }
        return (int) Math.signum(toDouble(value));
    }

    /** A small number in the class of another. */
    static Object like(@Nullable Object example, int value) {
        if (example instanceof Double) {
            return (double) value;
        }
        return example instanceof BigDecimal ? (Object) BigDecimal.valueOf(value) : (long) value;
    }

    static @Nullable Object abs(@Nullable Object value) {
        if (value instanceof Long number) {
            return number == Long.MIN_VALUE ? null : (Object) Math.abs(number);
        }
        if (value instanceof BigDecimal number) {
            return number.abs();
        }
        return Math.abs(toDouble(value));
    }

    static @Nullable Object round(@Nullable Object value, int digits, RoundingMode mode) {
        if (value instanceof Long number) {
            return digits >= 0
                    ? number
                    : Values.toLong(BigDecimal.valueOf(number).setScale(digits, mode));
        }
        if (value instanceof BigDecimal number) {
            return number.setScale(Math.min(digits, Math.max(number.scale(), 0)), mode);
        }
        double number = toDouble(value);
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return null;
        }
        return BigDecimal.valueOf(number).setScale(digits, mode).doubleValue();
    }

    /** Order of two present values of types that SQL lets compare. */
    @SuppressWarnings("unchecked") // values of one SQL type are of one comparable class
    static int compare(@Nullable Object left, @Nullable Object right) {
        if (left instanceof Long a && right instanceof Long b) {
            return Long.compare(a, b);
        }
        if (left instanceof Number && right instanceof Number) {
            if (left instanceof Double || right instanceof Double) {
                return Double.compare(toDouble(left), toDouble(right));
            }
            return toDecimal(left).compareTo(toDecimal(right));
        }
        if (left instanceof byte[] a && right instanceof byte[] b) {
            return Arrays.compareUnsigned(a, b);
        }
        if (left instanceof Comparable && right != null && left.getClass() == right.getClass()) {
            return ((Comparable<Object>) left).compareTo(right);
        }
        return text(left).compareTo(text(right));
    }

    static boolean equal(@Nullable Object left, @Nullable Object right) {
        if (left instanceof Number && right instanceof Number) {
            return compare(left, right) == 0;
        }
        if (left instanceof byte[] a && right instanceof byte[] b) {
            return Arrays.equals(a, b);
        }
        return present(left).equals(right);
    }

    /**
     * @param kind one of + - * / %
     * @param wanted class of the result: Long, Double or BigDecimal
     * @return null if there is no result in range
     */
    static @Nullable Object arithmetic(
            char kind, @Nullable Object left, @Nullable Object right, Class<?> wanted) {
        if (wanted == Double.class) {
            double a = toDouble(left);
            double b = toDouble(right);
            switch (kind) {
                case '+':
                    return a + b;
                case '-':
                    return a - b;
                case '*':
                    return a * b;
                case '/':
                    return b == 0 ? null : (Object) (a / b);
                default:
                    return b == 0 ? null : (Object) (a % b);
            }
        }
        if (wanted == BigDecimal.class) {
            return decimals(kind, toDecimal(left), toDecimal(right));
        }
        if (left instanceof BigDecimal || right instanceof BigDecimal) {
            BigDecimal result = decimals(kind, toDecimal(left), toDecimal(right));
            return result == null ? null : Values.toLong(result);
        }
        return longs(kind, toLong(left), toLong(right));
    }

    private static @Nullable BigDecimal decimals(char kind, BigDecimal a, BigDecimal b) {
        switch (kind) {
            case '+':
                return a.add(b, MathContext.DECIMAL128);
            case '-':
                return a.subtract(b, MathContext.DECIMAL128);
            case '*':
                return a.multiply(b, MathContext.DECIMAL128);
            case '/':
                return b.signum() == 0 ? null : a.divide(b, MathContext.DECIMAL128);
            default:
                return b.signum() == 0 ? null : a.remainder(b);
        }
    }

    private static @Nullable Long longs(char kind, long a, long b) {
        try {
            switch (kind) {
                case '+':
                    return Math.addExact(a, b);
                case '-':
                    return Math.subtractExact(a, b);
                case '*':
                    return Math.multiplyExact(a, b);
                case '/':
                    return b == 0 || (a == Long.MIN_VALUE && b == -1) ? null : (Long) (a / b);
                default:
                    return b == 0 ? null : (Long) (a % b);
            }
        } catch (ArithmeticException e) {
            return null;
        }
    }
}
