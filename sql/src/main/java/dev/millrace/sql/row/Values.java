package dev.millrace.sql.row;

import dev.millrace.sql.catalog.SqlType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import org.jspecify.annotations.Nullable;

/** Conversions between the Java values of rows; null where there is no such value. */
public final class Values {
    private static final BigDecimal MIN_LONG = BigDecimal.valueOf(Long.MIN_VALUE);
    private static final BigDecimal MAX_LONG = BigDecimal.valueOf(Long.MAX_VALUE);

    private static final DateTimeFormatter TIMESTAMP_OUT =
            new DateTimeFormatterBuilder()
                    .appendPattern("yyyy-MM-dd HH:mm:ss")
                    .appendFraction(ChronoField.MILLI_OF_SECOND, 3, 3, true)
                    .toFormatter(java.util.Locale.ROOT);

    private Values() {}

    /** The whole number that this text says, or null; a fraction is cut off. */
    public static @Nullable Long toLong(String text) {
        String trimmed = text.trim();
        try {
            return Long.parseLong(trimmed);
        } catch (NumberFormatException e) {
            BigDecimal decimal = toDecimal(trimmed);
            return decimal == null ? null : toLong(decimal);
        }
    }

    /** The number without its fraction, or null if it does not fit. */
    public static @Nullable Long toLong(BigDecimal number) {
        // Compared first: cutting the fraction off 1E+999999999 would first write it out.
        if (number.compareTo(MIN_LONG) < 0 || number.compareTo(MAX_LONG) > 0) {
            return null;
        }
        return number.setScale(0, RoundingMode.DOWN).longValueExact();
    }

    public static @Nullable Double toDouble(String text) {
        try {
            return Double.valueOf(text.trim());
        } catch (NumberFormatException e) {
            return null;
        }
    }

    public static @Nullable BigDecimal toDecimal(String text) {
        String trimmed = text.trim();
        if (trimmed.length() > 400) {
            return null;
        }
        try {
            BigDecimal number = new BigDecimal(trimmed);
            return Math.abs((long) number.scale()) > 1000 ? null : number;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The value of a type that a bare text says, or null. */
    public static @Nullable Object ofText(String text, SqlType type) {
        if (!(type instanceof SqlType.Scalar scalar)) {
            return text;
        }
        switch (scalar) {
            case INTEGER:
            case BIGINT:
                return toLong(text);
            case DOUBLE:
                return toDouble(text);
            case DECIMAL:
                return toDecimal(text);
            case BOOLEAN:
                return text.equals("true") ? Boolean.TRUE : text.equals("false") ? false : null;
            case VARBINARY:
                return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            case DATE:
            case TIME:
            case TIMESTAMP:
                try {
                    return parseTemporal(text, scalar);
                } catch (java.time.DateTimeException e) {
                    return null;
                }
            case VARCHAR:
                return text;
        }
        throw new AssertionError(scalar);
    }

    /**
     * ISO-8601 text as stored value; a timestamp may use a blank for the T, and is UTC where it
     * names no zone.
     *
     * @throws java.time.DateTimeException if it is no such text
     */
    public static long parseTemporal(String text, SqlType.Scalar type) {
        String trimmed = text.trim();
        switch (type) {
            case DATE:
                return LocalDate.parse(trimmed).toEpochDay();
            case TIME:
                return LocalTime.parse(trimmed).toNanoOfDay() / 1_000_000;
            case TIMESTAMP:
                if (trimmed.length() == 10) {
                    return LocalDate.parse(trimmed).toEpochDay() * 86_400_000L;
                }
                String iso = trimmed.replace(' ', 'T');
                if (iso.endsWith("Z") || iso.lastIndexOf('+') > 10 || iso.lastIndexOf('-') > 10) {
                    return Instant.from(DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(iso))
                            .toEpochMilli();
                }
                return LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC).toEpochMilli();
            default:
                throw new AssertionError(type);
        }
    }

    /** {@code 2026-11-20}, {@code 07:20:00}, {@code 2026-11-20 07:20:00.123} (UTC) */
    public static String formatTemporal(long value, SqlType.Scalar type) {
        switch (type) {
            case DATE:
                return LocalDate.ofEpochDay(value).toString();
            case TIME:
                return LocalTime.ofNanoOfDay(Math.floorMod(value, 86_400_000L) * 1_000_000)
                        .format(DateTimeFormatter.ISO_LOCAL_TIME);
            case TIMESTAMP:
                return TIMESTAMP_OUT.format(
                        LocalDateTime.ofInstant(Instant.ofEpochMilli(value), ZoneOffset.UTC));
            default:
                throw new AssertionError(type);
        }
    }
}
