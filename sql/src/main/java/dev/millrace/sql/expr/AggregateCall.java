package dev.millrace.sql.expr;

import dev.millrace.sql.catalog.SqlType;
import java.util.List;

/**
 * One aggregate of a GROUP BY.
 *
 * @param function which
 * @param arguments indexes into the input row; none for COUNT(*)
 * @param distinct whether each value counts once
 * @param filter index of the FILTER column, or -1
 * @param type type of the result
 */
public record AggregateCall(
        Function function, List<Integer> arguments, boolean distinct, int filter, SqlType type) {

    /** The aggregates there are. All but COUNT are null where no value came. */
    public enum Function {
        COUNT,
        SUM,
        MIN,
        MAX,
        AVG,
        ANY_VALUE
    }

    public AggregateCall {
        arguments = List.copyOf(arguments);
    }
}
