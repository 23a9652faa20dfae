package dev.millrace.sql.expr;

import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.plan.SqlTypes;
import dev.millrace.sql.row.Json;
import dev.millrace.sql.row.Row;
import dev.millrace.sql.row.Values;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.type.SqlTypeName;
import org.jspecify.annotations.Nullable;

/** CAST, and the silent widening of numbers that branches of one result need. */
final class Casts {
    private Casts() {}

    /** Makes a value's class that of a type. */
    @FunctionalInterface
    interface Coercion {
        @Nullable Object apply(@Nullable Object value);
    }

    /** The class in which arithmetic of this type is done. */
    static Class<?> numericClass(RelDataType type) {
        SqlTypeName name = type.getSqlTypeName();
        if (SqlTypeName.APPROX_TYPES.contains(name)) {
            return Double.class;
        }
        return name == SqlTypeName.DECIMAL ? BigDecimal.class : Long.class;
    }

    static Coercion coercion(RelDataType type) {
        SqlTypeName name = type.getSqlTypeName();
        if (SqlTypeName.APPROX_TYPES.contains(name)) {
            return value -> value == null ? null : (Object) Numbers.toDouble(value);
        }
        if (name == SqlTypeName.DECIMAL) {
            return value -> value == null ? null : Numbers.toDecimal(value);
        }
        return value -> value;
    }

    static Expression cast(Expression operand, RelDataType from, RelDataType to) {
        SqlType target = SqlTypes.fromCalcite(to);
        SqlType source = SqlTypes.fromCalcite(from);
        if (!(target instanceof SqlType.Scalar scalar)) {
            return operand;
        }
        long min = minimum(to.getSqlTypeName());
        long max = maximum(to.getSqlTypeName());
        return row -> {
            Object value = operand.eval(row);
            if (value == null) {
                return null;
            }
            switch (scalar) {
                case VARCHAR:
                    return shorten(text(value, source), to);
                case INTEGER:
                case BIGINT:
                    Long whole = whole(value);
                    return whole == null || whole < min || whole > max ? null : whole;
                case DOUBLE:
                    return value instanceof Number
                            ? (Object) Numbers.toDouble(value)
                            : value instanceof Boolean
                                    ? null
                                    : Values.toDouble(Numbers.text(value));
                case DECIMAL:
                    return decimal(value, to);
                case BOOLEAN:
                    return truth(value);
                case DATE:
                case TIME:
                case TIMESTAMP:
                    return temporal(value, source, scalar);
                case VARBINARY:
                    return value instanceof byte[]
                            ? value
                            : Numbers.text(value).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            }
            throw new AssertionError(scalar);
        };
    }

    private static long minimum(SqlTypeName name) {
        switch (name) {
            case TINYINT:
                return Byte.MIN_VALUE;
            case SMALLINT:
                return Short.MIN_VALUE;
            case INTEGER:
                return Integer.MIN_VALUE;
            default:
                return Long.MIN_VALUE;
        }
    }

    private static long maximum(SqlTypeName name) {
        switch (name) {
            case TINYINT:
                return Byte.MAX_VALUE;
            case SMALLINT:
                return Short.MAX_VALUE;
            case INTEGER:
                return Integer.MAX_VALUE;
            default:
                return Long.MAX_VALUE;
        }
    }

    private static String text(Object value, SqlType source) {
        if (value instanceof byte[] bytes) {
            return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
        }
        if (value instanceof Long number
                && (source == SqlType.Scalar.DATE
                        || source == SqlType.Scalar.TIME
                        || source == SqlType.Scalar.TIMESTAMP)) {
            return Values.formatTemporal(number, (SqlType.Scalar) source);
        }
        if (value instanceof List || value instanceof Map || value instanceof Row) {
            return Json.text(value, source);
        }
        return Numbers.text(value);
    }

    private static String shorten(String text, RelDataType to) {
        int length = to.getPrecision();
        boolean limited = length > 0 && length < text.length();
        return limited ? text.substring(0, length) : text;
    }

    private static @Nullable Long whole(Object value) {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof Double number) {
            boolean fits = number >= -0x1p63 && number < 0x1p63;
            return fits ? (Long) number.longValue() : null;
        }
        if (value instanceof BigDecimal number) {
            return Values.toLong(number);
        }
        return value instanceof String text ? Values.toLong(text) : null;
    }

    private static @Nullable BigDecimal decimal(Object value, RelDataType to) {
        BigDecimal number =
                value instanceof Number
                        ? finiteDecimal(value)
                        : value instanceof String text ? Values.toDecimal(text) : null;
        if (number == null) {
            return null;
        }
        BigDecimal scaled = number.setScale(Math.max(0, to.getScale()), RoundingMode.HALF_UP);
        return scaled.precision() > to.getPrecision() ? null : scaled;
    }

    private static @Nullable BigDecimal finiteDecimal(Object value) {
        if (value instanceof Double number && (number.isNaN() || number.isInfinite())) {
            return null;
        }
        return Numbers.toDecimal(value);
    }

    private static @Nullable Boolean truth(Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        }
        if (value instanceof Number) {
            return Numbers.signum(value) != 0;
        }
        switch (Numbers.text(value).trim().toLowerCase(Locale.ROOT)) {
            case "true":
            case "t":
            case "yes":
            case "1":
                return Boolean.TRUE;
            case "false":
            case "f":
            case "no":
            case "0":
                return Boolean.FALSE;
            default:
                return null;
        }
    }

    private static @Nullable Long temporal(Object value, SqlType source, SqlType.Scalar target) {
        if (value instanceof String text) {
            try {
                return Values.parseTemporal(text, target);
            } catch (DateTimeException e) {
                return null;
            }
        }
        if (!(value instanceof Long number)) {
            return null;
        }
        if (source == SqlType.Scalar.TIMESTAMP && target == SqlType.Scalar.DATE) {
            return Math.floorDiv(number, Temporal.DAY_MS);
        }
        if (source == SqlType.Scalar.TIMESTAMP && target == SqlType.Scalar.TIME) {
            return Math.floorMod(number, Temporal.DAY_MS);
        }
        if (source == SqlType.Scalar.DATE && target == SqlType.Scalar.TIMESTAMP) {
            return number * Temporal.DAY_MS;
        }
        return number;
    }
}
