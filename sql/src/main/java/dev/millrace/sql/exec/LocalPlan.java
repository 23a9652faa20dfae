package dev.millrace.sql.exec;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.plan.PlanNode;
import dev.millrace.sql.row.Row;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A plan wired to one receiver: where its records go in, and the rows that it holds itself. */
final class LocalPlan {
    private final List<LocalScan> scans = new ArrayList<>();
    private final List<PlanNode.Values> constants = new ArrayList<>();
    private final List<Changes> constantOuts = new ArrayList<>();
    private final LocalOperators.Budget budget;
    private final boolean push;

    private LocalPlan(int maxStateRows, boolean push) {
        this.budget = new LocalOperators.Budget(maxStateRows);
        this.push = push;
    }

    /**
     * @param push whether the query goes on: then nothing may wait for the end
     */
    static LocalPlan wire(PlanNode root, Changes out, int maxStateRows, boolean push) {
        LocalPlan plan = new LocalPlan(maxStateRows, push);
        plan.wire(root, out);
        return plan;
    }

    List<LocalScan> scans() {
        return scans;
    }

    private void wire(PlanNode node, Changes out) {
        if (node instanceof PlanNode.Scan scan) {
            scans.add(new LocalScan(scan, budget, out));
        } else if (node instanceof PlanNode.Filter filter) {
            wire(filter.input(), new LocalOperators.Filtering(filter, out));
        } else if (node instanceof PlanNode.Project project) {
            wire(project.input(), new LocalOperators.Projecting(project, out));
        } else if (node instanceof PlanNode.Explode explode) {
            wire(explode.input(), new LocalOperators.Exploding(explode, out));
        } else if (node instanceof PlanNode.Aggregate aggregate) {
            wire(aggregate.input(), new LocalOperators.Aggregating(aggregate, budget, out));
        } else if (node instanceof PlanNode.Sort sort) {
            if (!sort.keys().isEmpty() && push) {
                throw SqlException.invalid(
                        "ORDER BY needs an end: leave out EMIT CHANGES, or the ORDER BY");
            }
            wire(
                    sort.input(),
                    sort.keys().isEmpty()
                            ? new LocalOperators.Cutting(sort, out)
                            : new LocalOperators.Sorting(sort, budget, out));
        } else if (node instanceof PlanNode.Values values) {
            constants.add(values);
            constantOuts.add(out);
        } else if (node instanceof PlanNode.Union union) {
            Changes shared = new LastFlush(union.inputs().size(), out);
            for (PlanNode input : union.inputs()) {
                wire(input, shared);
            }
        } else {
            throw new AssertionError(node);
        }
    }

    /** Sends the rows written in the statement. */
    void start() throws InterruptedException {
        for (int i = 0; i < constants.size(); i++) {
            for (Row row : constants.get(i).rows()) {
                constantOuts.get(i).change(null, row);
            }
        }
    }

    void flush(boolean end) throws InterruptedException {
        for (Changes out : constantOuts) {
            out.flush(end);
        }
        for (LocalScan scan : scans) {
            scan.flush(end);
        }
    }

    /** Of several inputs' flushes only the last of a round goes on. */
    private static final class LastFlush implements Changes {
        private final int inputs;
        private final Changes out;
        private int flushed;

        LastFlush(int inputs, Changes out) {
            this.inputs = inputs;
            this.out = out;
        }

        @Override
        public void change(@Nullable Row before, @Nullable Row after) throws InterruptedException {
            out.change(before, after);
        }

        @Override
        public void flush(boolean end) throws InterruptedException {
            if (++flushed == inputs) {
                flushed = 0;
                out.flush(end);
            }
        }
    }
}
