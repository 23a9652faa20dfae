package dev.millrace.sql.exec;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.expr.Aggregation;
import dev.millrace.sql.plan.PlanNode;
import dev.millrace.sql.plan.RowOrder;
import dev.millrace.sql.row.Row;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The plan's nodes as operators inside this process. Each owns its state and is used by the query's
 * thread only. Those that hold state combine: several changes of a row between two flushes leave as
 * one.
 */
final class LocalOperators {
    private LocalOperators() {}

    /** How many rows the operators of one query may hold together. */
    static final class Budget {
        private final int maxRows;
        private int rows;

        Budget(int maxRows) {
            this.maxRows = maxRows;
        }

        void take() {
            if (++rows > maxRows) {
                throw SqlException.limit(
                        "this query needs more than "
                                + maxRows
                                + " rows in memory; filter more, or make it persistent with CREATE"
                                + " TABLE ... AS SELECT");
            }
        }

        void giveBack() {
            rows--;
        }
    }

    static final class Filtering implements Changes {
        private final PlanNode.Filter filter;
        private final Changes out;

        Filtering(PlanNode.Filter filter, Changes out) {
            this.filter = filter;
            this.out = out;
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) throws InterruptedException {
            Row keptBefore = kept(before);
            Row keptAfter = kept(after);
            if (keptBefore != null || keptAfter != null) {
                out.change(keptBefore, keptAfter);
            }
        }

        private @Nullable Row kept(@Nullable Row row) {
            return row != null && filter.condition().isTrue(row.values()) ? row : null;
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            out.flush(end);
        }
    }

    static final class Projecting implements Changes {
        private final PlanNode.Project project;
        private final Changes out;

        Projecting(PlanNode.Project project, Changes out) {
            this.project = project;
            this.out = out;
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) throws InterruptedException {
            Row newBefore = before == null ? null : project.apply(before);
            Row newAfter = after == null ? null : project.apply(after);
            if (newBefore == null || !newBefore.equals(newAfter)) {
                out.change(newBefore, newAfter);
            }
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            out.flush(end);
        }
    }

    static final class Exploding implements Changes {
        private final PlanNode.Explode explode;
        private final Changes out;

        Exploding(PlanNode.Explode explode, Changes out) {
            this.explode = explode;
            this.out = out;
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) throws InterruptedException {
            if (before != null) {
                for (Row row : explode.apply(before)) {
                    out.change(row, null);
                }
            }
            if (after != null) {
                for (Row row : explode.apply(after)) {
                    out.change(null, row);
                }
            }
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            out.flush(end);
        }
    }

    /** Latest row per key; keys come in from the scan. */
    static final class Latest {
        private final Map<Row, Row> rows = new LinkedHashMap<>();
        private final Map<Row, @Nullable Row> dirty = new LinkedHashMap<>();
        private final Budget budget;
        private final Changes out;

        Latest(Budget budget, Changes out) {
            this.budget = budget;
            this.out = out;
        }

        void put(Row key, @Nullable Row row) {
            Row before = row == null ? rows.remove(key) : rows.put(key, row);
            if (before == null && row != null) {
                budget.take();
            } else if (before != null && row == null) {
                budget.giveBack();
            }
            if (!dirty.containsKey(key)) {
                dirty.put(key, before);
            }
        }

        void flush(boolean end) throws InterruptedException {
            for (Map.Entry<Row, @Nullable Row> entry : dirty.entrySet()) {
                Row before = entry.getValue();
                Row after = rows.get(entry.getKey());
                if (!Objects.equals(before, after)) {
                    out.change(before, after);
                }
            }
            dirty.clear();
            out.flush(end);
        }
    }

    static final class Aggregating implements Changes {
        private final Aggregation aggregation;
        private final boolean global;
        private final Map<Row, Row> groups = new HashMap<>();
        private final Map<Row, @Nullable Row> dirty = new LinkedHashMap<>();
        private final Budget budget;
        private final Changes out;
        private boolean started;

        Aggregating(PlanNode.Aggregate aggregate, Budget budget, Changes out) {
            this.aggregation =
                    new Aggregation(
                            aggregate.groupBy(), aggregate.calls(), aggregate.input().updates());
            this.global = aggregate.groupBy().isEmpty();
            this.budget = budget;
            this.out = out;
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) {
            Row oldKey = before == null ? null : aggregation.key(before);
            Row newKey = after == null ? null : aggregation.key(after);
            if (before != null && oldKey != null) {
                update(oldKey, before, false);
            }
            if (after != null && newKey != null) {
                update(newKey, after, true);
            }
        }

        private void update(Row key, Row input, boolean add) {
            Row state = groups.get(key);
            if (!dirty.containsKey(key)) {
                dirty.put(key, state);
            }
            Row base = state == null ? aggregation.start(key) : state;
            Row next = add ? aggregation.add(base, input) : aggregation.subtract(base, input);
            if (aggregation.isEmpty(next)) {
                if (groups.remove(key) != null) {
                    budget.giveBack();
                }
                return;
            }
            if (groups.put(key, next) == null) {
                budget.take();
            }
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            if (global && !started) {
                // The total over everything is there even when nothing came.
                started = true;
                dirty.put(Row.EMPTY, null);
                if (!groups.containsKey(Row.EMPTY)) {
                    groups.put(Row.EMPTY, aggregation.start(Row.EMPTY));
                }
            }
            for (Map.Entry<Row, @Nullable Row> entry : dirty.entrySet()) {
                Row before = entry.getValue();
                Row after = groups.get(entry.getKey());
                Row oldResult = before == null ? null : aggregation.result(before);
                Row newResult = after == null ? null : aggregation.result(after);
                if (!Objects.equals(oldResult, newResult)) {
                    out.change(oldResult, newResult);
                }
            }
            dirty.clear();
            out.flush(end);
        }
    }

    /** ORDER BY: waits for the end, holding no more than it will give when there is a LIMIT. */
    static final class Sorting implements Changes {
        private final PlanNode.Sort sort;
        private final Budget budget;
        private final Changes out;
        private final Comparator<Row> order;
        private final PriorityQueue<Row> worstFirst;
        private final List<Row> all = new ArrayList<>();
        private final long keep;

        Sorting(PlanNode.Sort sort, Budget budget, Changes out) {
            this.sort = sort;
            this.budget = budget;
            this.out = out;
            this.order = RowOrder.by(sort.keys());
            this.worstFirst = new PriorityQueue<>(order.reversed());
            this.keep = sort.fetch() < 0 ? Long.MAX_VALUE : sort.offset() + sort.fetch();
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) {
            if (before != null || after == null) {
                throw new IllegalStateException("a bounded query only inserts");
            }
            if (keep == Long.MAX_VALUE) {
                budget.take();
                all.add(after);
                return;
            }
            if (worstFirst.size() < keep) {
                budget.take();
                worstFirst.add(after);
            } else if (keep > 0 && order.compare(after, worstFirst.element()) < 0) {
                worstFirst.remove();
                worstFirst.add(after);
            }
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            if (!end) {
                return;
            }
            all.addAll(worstFirst);
            all.sort(order);
            long last = Math.min(all.size(), keep);
            for (long i = sort.offset(); i < last; i++) {
                out.change(null, all.get((int) i));
            }
            out.flush(true);
        }
    }

    /** LIMIT and OFFSET without an order: of the changes as they come. */
    static final class Cutting implements Changes {
        private final long offset;
        private final long fetch;
        private final Changes out;
        private long seen;

        Cutting(PlanNode.Sort sort, Changes out) {
            this.offset = sort.offset();
            this.fetch = sort.fetch();
            this.out = out;
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) throws InterruptedException {
            if (fetch >= 0 && seen >= offset + fetch) {
                out.flush(true);
                throw new Enough();
            }
            if (seen++ >= offset) {
                out.change(before, after);
            }
            if (fetch >= 0 && seen >= offset + fetch) {
                out.flush(true);
                throw new Enough();
            }
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            if (fetch == 0) {
                out.flush(true);
                throw new Enough();
            }
            out.flush(end);
        }
    }
}
