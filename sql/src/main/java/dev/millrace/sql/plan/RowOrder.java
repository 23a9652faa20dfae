package dev.millrace.sql.plan;

import dev.millrace.sql.expr.ValueOrder;
import dev.millrace.sql.row.Row;
import java.util.Comparator;
import java.util.List;

/** ORDER BY as a comparator of rows. */
public final class RowOrder {
    private RowOrder() {}

    public static Comparator<Row> by(List<PlanNode.SortKey> keys) {
        return (left, right) -> {
            for (PlanNode.SortKey key : keys) {
                Object a = left.get(key.column());
                Object b = right.get(key.column());
                int order;
                if (a == null || b == null) {
                    order = (a == null && b == null) ? 0 : (a == null) == key.nullsFirst() ? -1 : 1;
                } else {
                    order = ValueOrder.compare(a, b);
                    order = key.descending() ? -order : order;
                }
                if (order != 0) {
                    return order;
                }
            }
            return 0;
        };
    }
}
