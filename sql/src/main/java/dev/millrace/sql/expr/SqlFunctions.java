package dev.millrace.sql.expr;

import dev.millrace.sql.row.Row;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * The scalar functions, by name. Each gets its arguments evaluated, none of them null: a null
 * argument makes the result null before the function is asked. Functions for which null is a value
 * like any other are in {@link #NULL_TOLERANT}.
 */
final class SqlFunctions {
    /** Longest text that REPEAT and the pads make. */
    static final int MAX_TEXT = 1 << 20;

    private static final int MAX_PATTERNS = 256;

    private SqlFunctions() {}

    /** A function of its evaluated arguments. */
    @FunctionalInterface
    interface Function {
        @Nullable Object apply(@Nullable Object[] args);
    }

    private static final Map<String, Function> STRICT = new HashMap<>();
    private static final Map<String, Function> NULL_TOLERANT = new HashMap<>();

    static {
        // Text. Positions count from 1, in characters as Java counts them.
        strict("UPPER", a -> text(a, 0).toUpperCase(Locale.ROOT));
        strict("UCASE", a -> text(a, 0).toUpperCase(Locale.ROOT));
        strict("LOWER", a -> text(a, 0).toLowerCase(Locale.ROOT));
        strict("LCASE", a -> text(a, 0).toLowerCase(Locale.ROOT));
        strict("INITCAP", a -> initcap(text(a, 0)));
        strict("CHAR_LENGTH", a -> (long) text(a, 0).length());
        strict("CHARACTER_LENGTH", a -> (long) text(a, 0).length());
        strict("LENGTH", a -> (long) text(a, 0).length());
        strict("LEN", a -> (long) text(a, 0).length());
        strict("SUBSTRING", SqlFunctions::substring);
        strict("SUBSTR", SqlFunctions::substring);
        strict("LEFT", a -> left(text(a, 0), whole(a, 1)));
        strict("RIGHT", a -> right(text(a, 0), whole(a, 1)));
        strict("POSITION", a -> position(text(a, 0), text(a, 1), a.length > 2 ? whole(a, 2) : 1));
        strict("INSTR", a -> position(text(a, 1), text(a, 0), 1));
        strict("REPLACE", a -> text(a, 0).replace(text(a, 1), text(a, 2)));
        strict("OVERLAY", SqlFunctions::overlay);
        strict("LTRIM", a -> text(a, 0).stripLeading());
        strict("RTRIM", a -> text(a, 0).stripTrailing());
        strict("LPAD", a -> pad(a, true));
        strict("RPAD", a -> pad(a, false));
        strict("REVERSE", a -> new StringBuilder(text(a, 0)).reverse().toString());
        strict("REPEAT", a -> repeat(text(a, 0), whole(a, 1)));
        strict("STARTS_WITH", a -> text(a, 0).startsWith(text(a, 1)));
        strict("ENDS_WITH", a -> text(a, 0).endsWith(text(a, 1)));
        strict("CONTAINS_SUBSTR", a -> text(a, 0).contains(text(a, 1)));
        strict("||", a -> concatStrict(a));
        strict("ASCII", a -> text(a, 0).isEmpty() ? 0L : (long) text(a, 0).codePointAt(0));
        strict("SPLIT", a -> split(text(a, 0), delimiter(text(a, 1))));
        strict("REGEXP_SPLIT_TO_ARRAY", a -> split(text(a, 0), pattern(text(a, 1))));
        strict("REGEXP_LIKE", a -> pattern(text(a, 1)).matcher(text(a, 0)).find());
        strict(
                "REGEXP_REPLACE",
                a -> pattern(text(a, 1)).matcher(text(a, 0)).replaceAll(text(a, 2)));
        strict("REGEXP_EXTRACT", SqlFunctions::regexpExtract);
        strict("JSON_TEXT", a -> JsonPath.text(text(a, 0), text(a, 1)));
        tolerant("CONCAT", SqlFunctions::concat);
        tolerant("CONCAT_WS", SqlFunctions::concatWithSeparator);

        // Numbers.
        strict("ABS", a -> Numbers.abs(a[0]));
        strict("SIGN", a -> Numbers.like(a[0], Numbers.signum(a[0])));
        strict("CEIL", a -> Numbers.round(a[0], 0, RoundingMode.CEILING));
        strict("CEILING", a -> Numbers.round(a[0], 0, RoundingMode.CEILING));
        strict("FLOOR", a -> Numbers.round(a[0], 0, RoundingMode.FLOOR));
        strict("ROUND", a -> Numbers.round(a[0], digits(a), RoundingMode.HALF_UP));
        strict("TRUNCATE", a -> Numbers.round(a[0], digits(a), RoundingMode.DOWN));
        strict("SQRT", a -> finite(Math.sqrt(number(a, 0))));
        strict("CBRT", a -> finite(Math.cbrt(number(a, 0))));
        strict("EXP", a -> finite(Math.exp(number(a, 0))));
        strict("LN", a -> finite(Math.log(number(a, 0))));
        strict("LOG10", a -> finite(Math.log10(number(a, 0))));
        strict("POWER", a -> finite(Math.pow(number(a, 0), number(a, 1))));
        strict("SIN", a -> finite(Math.sin(number(a, 0))));
        strict("COS", a -> finite(Math.cos(number(a, 0))));
        strict("TAN", a -> finite(Math.tan(number(a, 0))));
        strict("ASIN", a -> finite(Math.asin(number(a, 0))));
        strict("ACOS", a -> finite(Math.acos(number(a, 0))));
        strict("ATAN", a -> finite(Math.atan(number(a, 0))));
        strict("ATAN2", a -> finite(Math.atan2(number(a, 0), number(a, 1))));
        strict("DEGREES", a -> finite(Math.toDegrees(number(a, 0))));
        strict("RADIANS", a -> finite(Math.toRadians(number(a, 0))));
        strict("PI", a -> Math.PI);
        strict("GREATEST", a -> extreme(a, 1));
        strict("LEAST", a -> extreme(a, -1));

        // Arrays and maps.
        strict("CARDINALITY", a -> (long) size(a[0]));
        strict("ARRAY_LENGTH", a -> (long) size(a[0]));
        strict("ITEM", SqlFunctions::item);
        tolerant("ARRAY", a -> new ArrayList<>(Arrays.asList(a)));
        tolerant("ROW", a -> new Row(a.clone()));
        tolerant("ARRAY_CONTAINS", a -> a[0] == null ? null : ((List<?>) a[0]).contains(a[1]));
        strict("ARRAY_JOIN", a -> arrayJoin((List<?>) Numbers.present(a[0]), text(a, 1)));
        strict("ARRAY_DISTINCT", a -> new ArrayList<>(new java.util.LinkedHashSet<>(list(a[0]))));

        // Time.
        strict("UNIX_MILLIS", a -> a[0]);
        strict("TIMESTAMP_MILLIS", a -> a[0]);
    }

    private static void strict(String name, Function function) {
        STRICT.put(name, function);
    }

    private static void tolerant(String name, Function function) {
        NULL_TOLERANT.put(name, function);
    }

    static @Nullable Function strictByName(String name) {
        return STRICT.get(name);
    }

    static @Nullable Function tolerantByName(String name) {
        return NULL_TOLERANT.get(name);
    }

    static String text(@Nullable Object[] args, int index) {
        return Numbers.text(args[index]);
    }

    private static int whole(@Nullable Object[] args, int index) {
        long value = Numbers.toLong(args[index]);
        return (int) Math.max(Integer.MIN_VALUE / 2, Math.min(Integer.MAX_VALUE / 2, value));
    }

    private static double number(@Nullable Object[] args, int index) {
        return Numbers.toDouble(args[index]);
    }

    private static int digits(@Nullable Object[] args) {
        return args.length > 1 ? Math.max(-400, Math.min(400, whole(args, 1))) : 0;
    }

    private static @Nullable Double finite(double value) {
        return Double.isNaN(value) || Double.isInfinite(value) ? null : value;
    }

    private static String initcap(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
            inWord = Character.isLetterOrDigit(c);
        }
        return out.toString();
    }

    /** SQL's: characters before the first count against the length. */
    private static String substring(@Nullable Object[] args) {
        String text = text(args, 0);
        long from = whole(args, 1);
        long to = args.length > 2 ? from + Math.max(0, whole(args, 2)) : text.length() + 1L;
        int start = (int) Math.min(text.length(), Math.max(0, from - 1));
        int end = (int) Math.min(text.length(), Math.max(start, to - 1));
        return text.substring(start, end);
    }

    private static String left(String text, int length) {
        return text.substring(0, Math.min(text.length(), Math.max(0, length)));
    }

    private static String right(String text, int length) {
        return text.substring(text.length() - Math.min(text.length(), Math.max(0, length)));
    }

    private static long position(String wanted, String text, int from) {
        return text.indexOf(wanted, Math.max(0, from - 1)) + 1L;
    }

    private static String overlay(@Nullable Object[] args) {
        String text = text(args, 0);
        String with = text(args, 1);
        int start = Math.max(0, Math.min(text.length(), whole(args, 2) - 1));
        int length = args.length > 3 ? Math.max(0, whole(args, 3)) : with.length();
        int end = Math.min(text.length(), start + length);
        return text.substring(0, start) + with + text.substring(end);
    }

    private static @Nullable String pad(@Nullable Object[] args, boolean atLeft) {
        String text = text(args, 0);
        int length = whole(args, 1);
        String with = args.length > 2 ? text(args, 2) : " ";
        if (length < 0 || length > MAX_TEXT) {
            return null;
        }
        if (length <= text.length() || with.isEmpty()) {
            return left(text, length);
        }
        int missing = length - text.length();
        String padding = with.repeat(missing / with.length() + 1).substring(0, missing);
        return atLeft ? padding + text : text + padding;
    }

    private static @Nullable String repeat(String text, int times) {
        if ((long) text.length() * Math.max(0, times) > MAX_TEXT) {
            return null;
        }
        return text.repeat(Math.max(0, times));
    }

    private static String concatStrict(@Nullable Object[] args) {
        return text(args, 0) + text(args, 1);
    }

    private static String concat(@Nullable Object[] args) {
        StringBuilder out = new StringBuilder();
        for (Object arg : args) {
            if (arg != null) {
                out.append(Numbers.text(arg));
            }
        }
        return out.toString();
    }

    private static @Nullable String concatWithSeparator(@Nullable Object[] args) {
        if (args[0] == null) {
            return null;
        }
        StringBuilder out = new StringBuilder();
        String separator = "";
        for (int i = 1; i < args.length; i++) {
            if (args[i] != null) {
                out.append(separator).append(Numbers.text(args[i]));
                separator = Numbers.text(args[0]);
            }
        }
        return out.toString();
    }

    private static String arrayJoin(List<?> list, String separator) {
        StringBuilder out = new StringBuilder();
        String between = "";
        for (Object element : list) {
            if (element != null) {
                out.append(between).append(Numbers.text(element));
                between = separator;
            }
        }
        return out.toString();
    }

    /** As String.split without a limit, except that the empty text has no parts. */
    private static List<String> split(String text, Pattern delimiter) {
        if (text.isEmpty()) {
            return List.of();
        }
        return Arrays.asList(delimiter.split(text));
    }

    /** A delimiter is literal text, unless a backslash or bracket makes it a regular expression. */
    private static Pattern delimiter(String text) {
        boolean regex = text.indexOf('\\') >= 0 || text.indexOf('[') >= 0;
        return pattern(regex ? text : "\\Q" + text.replace("\\E", "\\E\\\\E\\Q") + "\\E");
    }

    private static final ThreadLocal<Map<String, Pattern>> PATTERNS =
            ThreadLocal.withInitial(HashMap::new);

    /**
     * A regular expression as Java's. A doubled backslash before a class letter counts as one,
     * because patterns are often copied out of program text: {@code '\\W+'} is {@code '\W+'}.
     */
    static Pattern pattern(String text) {
        Map<String, Pattern> known = PATTERNS.get();
        Pattern pattern = known.get(text);
        if (pattern == null) {
            try {
                pattern = Pattern.compile(text.replaceAll("\\\\\\\\(?=[wWsSdDbB])", "\\\\"));
            } catch (PatternSyntaxException e) {
                // A pattern out of a column may be anything: it then matches nothing.
                pattern = Pattern.compile("(?!)");
            }
            if (known.size() >= MAX_PATTERNS) {
                known.clear();
            }
            known.put(text, pattern);
        }
        return pattern;
    }

    private static @Nullable String regexpExtract(@Nullable Object[] args) {
        Matcher matcher = pattern(text(args, 1)).matcher(text(args, 0));
        int group = args.length > 2 ? whole(args, 2) : 0;
        if (!matcher.find() || group < 0 || group > matcher.groupCount()) {
            return null;
        }
        return matcher.group(group);
    }

    private static @Nullable Object extreme(@Nullable Object[] args, int sign) {
        Object best = args[0];
        for (int i = 1; i < args.length; i++) {
            if (Numbers.compare(args[i], best) * sign > 0) {
                best = args[i];
            }
        }
        return best;
    }

    private static List<?> list(@Nullable Object value) {
        return (List<?>) Numbers.present(value);
    }

    private static int size(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map.size() : list(value).size();
    }

    /** Arrays count from 1, and from the end with negative numbers. */
    private static @Nullable Object item(@Nullable Object[] args) {
        if (args[0] instanceof List<?> list) {
            long index = Numbers.toLong(args[1]);
            long at = index < 0 ? list.size() + index : index - 1;
            return at < 0 || at >= list.size() ? null : list.get((int) at);
        }
        if (args[0] instanceof Map<?, ?> map) {
            return map.get(args[1]);
        }
        if (args[0] instanceof Row row) {
            long index = Numbers.toLong(args[1]);
            return index < 1 || index > row.size() ? null : row.get((int) index - 1);
        }
        return null;
    }
}
