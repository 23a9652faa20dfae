package dev.millrace.sql.expr;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.row.Row;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of one group, as a row:
 *
 * <pre>
 *   [group columns ... | number of input rows | two slots per aggregate ...]
 * </pre>
 *
 * The slots of an aggregate:
 *
 * <pre>
 *   COUNT            count            -
 *   SUM, AVG         sum              number of values
 *   MIN, MAX         best             -                   while nothing is taken back
 *   MIN, MAX         -                map value to count  where rows may be taken back
 *   DISTINCT ...     -                map value to count
 * </pre>
 *
 * <p>{@link #add} and {@link #subtract} make a new row and leave the old one as it was. Plain, no
 * thread of its own. Used alike by topologies and by queries inside this process.
 */
public final class Aggregation {
    /** Most different values of a group that MIN, MAX or DISTINCT keep. */
    public static final int MAX_DISTINCT = 100_000;

    private final int[] groupBy;
    private final List<AggregateCall> calls;
    private final boolean retracts;

    /**
     * @param groupBy indexes of the group columns in the input row
     * @param retracts whether input rows may be taken back
     */
    public Aggregation(List<Integer> groupBy, List<AggregateCall> calls, boolean retracts) {
        this.groupBy = groupBy.stream().mapToInt(Integer::intValue).toArray();
        this.calls = List.copyOf(calls);
        this.retracts = retracts;
    }

    /** The group that an input row belongs to. */
    public Row key(Row input) {
        @Nullable Object[] key = new Object[groupBy.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = input.get(groupBy[i]);
        }
        return new Row(key);
    }

    /** The state of a group without rows. */
    public Row start(Row key) {
        @Nullable Object[] state = new Object[groupBy.length + 1 + 2 * calls.size()];
        System.arraycopy(key.values(), 0, state, 0, key.size());
        state[groupBy.length] = 0L;
        return new Row(state);
    }

    /** Whether the group has no rows left, so that it is not part of the result. */
    public boolean isEmpty(Row state) {
        // The total over everything is a row even when nothing is there.
        return groupBy.length > 0 && Long.valueOf(0).equals(state.get(groupBy.length));
    }

    /** The state with one more input row. */
    public Row add(Row state, Row input) {
        return change(state, input, 1);
    }

    /** The state with one input row less. */
    public Row subtract(Row state, Row input) {
        return change(state, input, -1);
    }

    private Row change(Row state, Row input, int sign) {
        @Nullable Object[] next = state.values().clone();
        int rows = groupBy.length;
        next[rows] = number(next[rows]) + sign;
        for (int i = 0; i < calls.size(); i++) {
            AggregateCall call = calls.get(i);
            if (call.filter() >= 0 && !Boolean.TRUE.equals(input.get(call.filter()))) {
                continue;
            }
            Object value = argument(call, input);
            if (value != null) {
                change(next, rows + 1 + 2 * i, call, value, sign);
            }
        }
        return new Row(next);
    }

    /** The value to aggregate, or null if this row has none. */
    private static @Nullable Object argument(AggregateCall call, Row input) {
        List<Integer> arguments = call.arguments();
        if (arguments.isEmpty()) {
            return true;
        }
        for (int argument : arguments) {
            if (input.get(argument) == null) {
                return null;
            }
        }
        if (arguments.size() == 1) {
            return input.get(arguments.get(0));
        }
        @Nullable Object[] values = new Object[arguments.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = input.get(arguments.get(i));
        }
        return new Row(values);
    }

    private void change(
            @Nullable Object[] state, int at, AggregateCall call, Object value, int sign) {
        if (call.distinct() || (retracts && keepsValues(call))) {
            state[at + 1] = changeCount(state[at + 1], value, sign);
            return;
        }
        switch (call.function()) {
            case COUNT:
                state[at] = number(state[at]) + sign;
                break;
            case SUM:
            case AVG:
                state[at + 1] = number(state[at + 1]) + sign;
                state[at] = sum(state[at], value, sign, call.type());
                break;
            case MIN:
                state[at] = better(state[at], value, -1);
                break;
            case MAX:
                state[at] = better(state[at], value, 1);
                break;
            case ANY_VALUE:
                state[at] = state[at] == null ? value : state[at];
                break;
        }
    }

    private static boolean keepsValues(AggregateCall call) {
        return call.function() == AggregateCall.Function.MIN
                || call.function() == AggregateCall.Function.MAX
                || call.function() == AggregateCall.Function.ANY_VALUE;
    }

    private static Map<Object, Object> changeCount(@Nullable Object slot, Object value, int sign) {
        Map<Object, Object> counts = new LinkedHashMap<>();
        if (slot instanceof Map<?, ?> before) {
            counts.putAll(before);
        }
        Object known = counts.get(value);
        long count = (known == null ? 0 : (Long) known) + sign;
        if (count == 0) {
            counts.remove(value);
        } else {
            counts.put(value, count);
        }
        if (counts.size() > MAX_DISTINCT) {
            throw SqlException.limit(
                    "a group has more than "
                            + MAX_DISTINCT
                            + " different values, which is the most that DISTINCT, MIN and MAX over"
                            + " changing rows can hold");
        }
        return counts;
    }

    private static @Nullable Object sum(
            @Nullable Object sum, Object value, int sign, SqlType type) {
        Class<?> wanted =
                type == SqlType.Scalar.DOUBLE
                        ? Double.class
                        : type == SqlType.Scalar.DECIMAL ? BigDecimal.class : Long.class;
        Object before = sum == null ? (Object) 0L : sum;
        Object after = Numbers.arithmetic(sign > 0 ? '+' : '-', before, value, wanted);
        if (after == null) {
            throw SqlException.limit(
                    "a SUM passed the range of BIGINT; sum CAST(... AS DOUBLE) or DECIMAL instead");
        }
        return after;
    }

    private static Object better(@Nullable Object best, Object value, int sign) {
        return best == null || Numbers.compare(value, best) * sign > 0 ? value : best;
    }

    private static long number(@Nullable Object slot) {
        return slot == null ? 0 : (Long) slot;
    }

    /** The result of a group: its columns, then the aggregates. */
    public Row result(Row state) {
        @Nullable Object[] result = new Object[groupBy.length + calls.size()];
        System.arraycopy(state.values(), 0, result, 0, groupBy.length);
        for (int i = 0; i < calls.size(); i++) {
            result[groupBy.length + i] = result(state, groupBy.length + 1 + 2 * i, calls.get(i));
        }
        return new Row(result);
    }

    private @Nullable Object result(Row state, int at, AggregateCall call) {
        Object sum = state.get(at);
        long count = 0;
        if (call.distinct() || (retracts && keepsValues(call))) {
            sum = null;
            if (state.get(at + 1) instanceof Map<?, ?> values) {
                for (Map.Entry<?, ?> entry : values.entrySet()) {
                    Object value = Numbers.present(entry.getKey());
                    count++;
                    sum = fold(call, sum, value);
                }
            }
            if (call.function() == AggregateCall.Function.COUNT) {
                return count;
            }
        } else {
            count =
                    call.function() == AggregateCall.Function.AVG
                                    || call.function() == AggregateCall.Function.SUM
                            ? number(state.get(at + 1))
                            : 1;
        }
        switch (call.function()) {
            case COUNT:
                return number(state.get(at));
            case SUM:
                return count == 0 ? null : sum;
            case AVG:
                return count == 0 || sum == null ? null : (Object) (Numbers.toDouble(sum) / count);
            default:
                return sum;
        }
    }

    private static @Nullable Object fold(AggregateCall call, @Nullable Object so, Object value) {
        switch (call.function()) {
            case SUM:
            case AVG:
                return sum(so, value, 1, call.type());
            case MIN:
                return better(so, value, -1);
            case MAX:
                return better(so, value, 1);
            default:
                return value;
        }
    }
}
