package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.TableNodes;
import dev.millrace.streams.internal.topology.TopologySpec;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What produces the changes of a table: decides, until the topology is written, whether old values
 * are sent with new ones and whether the rows are kept in a store. A grouping of a table needs old
 * values, and asks its ancestors for them.
 */
final class TableOperator {
    /** What a node must know when a task makes it. */
    record Settings(@Nullable String storeName, boolean sendOldValues) {}

    private enum Kind {
        /** Has no old values unless it keeps rows. */
        SOURCE,
        /** Keeps rows anyway. */
        AGGREGATE,
        /** Computes from the changes of its parent. */
        DERIVED
    }

    private final Kind kind;
    private final Rows<?, ?> rows;
    private final @Nullable TableOperator parent;
    private final Function<Settings, Node> node;
    private boolean kept;
    private boolean sendOldValues;

    private TableOperator(
            Kind kind,
            Rows<?, ?> rows,
            @Nullable TableOperator parent,
            Function<Settings, Node> node) {
        this.kind = kind;
        this.rows = rows;
        this.parent = parent;
        this.node = node;
        this.kept = kind == Kind.AGGREGATE || rows.queryable();
    }

    static TableOperator source(Rows<?, ?> rows) {
        return new TableOperator(
                Kind.SOURCE,
                rows,
                null,
                s -> new TableNodes.Source(s.storeName(), s.sendOldValues()));
    }

    static TableOperator aggregate(Rows<?, ?> rows, Function<Settings, Node> node) {
        return new TableOperator(Kind.AGGREGATE, rows, null, node);
    }

    static TableOperator derived(
            Rows<?, ?> rows, TableOperator parent, Function<Settings, Node> node) {
        return new TableOperator(Kind.DERIVED, rows, parent, node);
    }

    /** Asks for old values; without force only when no store has to be added for them. */
    boolean sendOldValues(boolean force) {
        if (!sendOldValues) {
            switch (kind) {
                case SOURCE -> {
                    if (force || kept) {
                        kept = true;
                        sendOldValues = true;
                    }
                }
                case AGGREGATE -> sendOldValues = true;
                case DERIVED ->
                        sendOldValues = kept || (parent != null && parent.sendOldValues(force));
            }
        }
        return sendOldValues;
    }

    void write(String name, List<String> parents, TopologySpec spec) {
        Supplier<Node> supplier =
                () -> node.apply(new Settings(kept ? rows.storeName() : null, sendOldValues));
        GraphBuilder.writeProcessor(name, parents, supplier, spec);
        if (kept) {
            spec.addStore(rows.store(), List.of(name));
        }
    }

    @Nullable String queryableStoreName() {
        return rows.queryable() ? rows.storeName() : null;
    }
}
