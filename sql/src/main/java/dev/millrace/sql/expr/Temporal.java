package dev.millrace.sql.expr;

import dev.millrace.sql.SqlException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import org.apache.calcite.avatica.util.TimeUnitRange;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.type.SqlTypeName;

/** Dates and timestamps; everything is UTC. */
final class Temporal {
    static final long DAY_MS = 86_400_000L;

    private Temporal() {}

    static boolean isTemporal(RelDataType type) {
        return SqlTypeName.DATETIME_TYPES.contains(type.getSqlTypeName())
                || SqlTypeName.INTERVAL_TYPES.contains(type.getSqlTypeName());
    }

    private static LocalDateTime dateTime(long value, RelDataType type) {
        long ms = type.getSqlTypeName() == SqlTypeName.DATE ? value * DAY_MS : value;
        return LocalDateTime.ofInstant(Instant.ofEpochMilli(ms), ZoneOffset.UTC);
    }

    private static long stored(LocalDateTime time, RelDataType type) {
        return type.getSqlTypeName() == SqlTypeName.DATE
                ? time.toLocalDate().toEpochDay()
                : time.toInstant(ZoneOffset.UTC).toEpochMilli();
    }

    static Expression extract(TimeUnitRange unit, Expression operand, RelDataType type) {
        if (SqlTypeName.INTERVAL_TYPES.contains(type.getSqlTypeName())) {
            throw SqlException.invalid("EXTRACT from an interval is not available");
        }
        return row -> {
            Object value = operand.eval(row);
            return value == null ? null : (Object) part(unit, dateTime((Long) value, type));
        };
    }

    private static long part(TimeUnitRange unit, LocalDateTime time) {
        switch (unit) {
            case YEAR:
                return time.getYear();
            case QUARTER:
                return time.get(IsoFields.QUARTER_OF_YEAR);
            case MONTH:
                return time.getMonthValue();
            case WEEK:
                return time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
            case DAY:
                return time.getDayOfMonth();
            case DOW:
                return time.getDayOfWeek().getValue() % 7 + 1L;
            case ISODOW:
                return time.getDayOfWeek().getValue();
            case DOY:
                return time.getDayOfYear();
            case HOUR:
                return time.getHour();
            case MINUTE:
                return time.getMinute();
            case SECOND:
                return time.getSecond();
            case MILLISECOND:
                return time.get(ChronoField.MILLI_OF_SECOND);
            case EPOCH:
                return time.toEpochSecond(ZoneOffset.UTC);
            default:
                throw SqlException.invalid("EXTRACT(" + unit + ") is not available");
        }
    }

    static Expression floor(TimeUnitRange unit, Expression operand, RelDataType type, boolean up) {
        return row -> {
            Object value = operand.eval(row);
            if (value == null) {
                return null;
            }
            LocalDateTime time = dateTime((Long) value, type);
            LocalDateTime floor = floor(unit, time);
            return stored(up && !floor.equals(time) ? next(unit, floor) : floor, type);
        };
    }

    private static LocalDateTime floor(TimeUnitRange unit, LocalDateTime time) {
        LocalDate date = time.toLocalDate();
        switch (unit) {
            case YEAR:
                return date.withDayOfYear(1).atStartOfDay();
            case QUARTER:
                return date.withMonth((date.getMonthValue() - 1) / 3 * 3 + 1)
                        .withDayOfMonth(1)
                        .atStartOfDay();
            case MONTH:
                return date.withDayOfMonth(1).atStartOfDay();
            case WEEK:
                return date.with(TemporalAdjusters.previousOrSame(DayOfWeek.SUNDAY)).atStartOfDay();
            case DAY:
                return date.atStartOfDay();
            case HOUR:
                return time.withMinute(0).withSecond(0).withNano(0);
            case MINUTE:
                return time.withSecond(0).withNano(0);
            case SECOND:
                return time.withNano(0);
            default:
                throw SqlException.invalid("a time cannot be rounded to " + unit);
        }
    }

    private static LocalDateTime next(TimeUnitRange unit, LocalDateTime floor) {
        switch (unit) {
            case YEAR:
                return floor.plusYears(1);
            case QUARTER:
                return floor.plusMonths(3);
            case MONTH:
                return floor.plusMonths(1);
            case WEEK:
                return floor.plusWeeks(1);
            case DAY:
                return floor.plusDays(1);
            case HOUR:
                return floor.plusHours(1);
            case MINUTE:
                return floor.plusMinutes(1);
            default:
                return floor.plusSeconds(1);
        }
    }

    /** Time and interval, interval and interval, or the difference of two times. */
    static Expression plus(
            char sign,
            Expression left,
            Expression right,
            RelDataType leftType,
            RelDataType rightType,
            RelDataType type) {
        boolean months =
                SqlTypeName.YEAR_INTERVAL_TYPES.contains(rightType.getSqlTypeName())
                        && SqlTypeName.DATETIME_TYPES.contains(leftType.getSqlTypeName());
        boolean days =
                leftType.getSqlTypeName() == SqlTypeName.DATE
                        && SqlTypeName.DAY_INTERVAL_TYPES.contains(rightType.getSqlTypeName());
        if (sign != '+' && sign != '-' && sign != '*') {
            throw SqlException.invalid("this arithmetic with times is not available: " + type);
        }
        return row -> {
            Object a = left.eval(row);
            Object b = right.eval(row);
            if (a == null || b == null) {
                return null;
            }
            long first = Numbers.toLong(a);
            long second = Numbers.toLong(b);
            if (sign == '*') {
                return Numbers.arithmetic('*', first, second, Long.class);
            }
            if (months) {
                LocalDateTime time = dateTime(first, leftType);
                return stored(
                        sign == '+' ? time.plusMonths(second) : time.minusMonths(second), leftType);
            }
            long step = days ? second / DAY_MS : second;
            return Numbers.arithmetic(sign, first, step, Long.class);
        };
    }
}
