package dev.millrace.sql.plan;

import dev.millrace.sql.expr.Expression;
import dev.millrace.sql.row.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One row to one row per array element. */
final class Exploding {
    private Exploding() {}

    static List<Row> rows(PlanNode.Explode explode, Row row) {
        List<Expression> arrays = explode.arrays();
        List<List<?>> lists = new ArrayList<>(arrays.size());
        int longest = explode.outer() ? 1 : 0;
        for (Expression array : arrays) {
            Object value = array.eval(row.values());
            List<?> list = value instanceof List<?> some ? some : List.of();
            longest = Math.max(longest, list.size());
            lists.add(list);
        }
        List<Row> rows = new ArrayList<>(longest);
        for (int i = 0; i < longest; i++) {
            @Nullable Object[] wide = Arrays.copyOf(row.values(), row.size() + lists.size() + 1);
            for (int k = 0; k < lists.size(); k++) {
                List<?> list = lists.get(k);
                wide[row.size() + k] = i < list.size() ? list.get(i) : null;
            }
            wide[wide.length - 1] = i + 1L;
            rows.add(PlanNode.evaluate(explode.expressions(), new Row(wide)));
        }
        return rows;
    }
}
