package dev.millrace.sql.expr;

/** The order of values as SQL's comparisons see it. */
public final class ValueOrder {
    private ValueOrder() {}

    /** Negative, zero or positive; both values present and of one column. */
    public static int compare(Object left, Object right) {
        return Numbers.compare(left, right);
    }
}
