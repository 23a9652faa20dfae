package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.TableNodes;
import dev.millrace.streams.internal.task.ValueGetter;
import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What produces the changes of a table: decides, until the topology is written, whether old values
 * are sent with new ones and whether the rows are kept in a store. A grouping of a table needs old
 * values, a join needs to look rows up; both ask the ancestors.
 */
final class TableOperator {
    /** What a node must know when a task makes it. */
    record Settings(@Nullable String storeName, boolean sendOldValues) {}

    /** Grace of tables that no window made. */
    static final long NO_WINDOWS = -1;

    private enum Kind {
        /** Has no old values unless it keeps rows. */
        SOURCE,
        /** Keeps rows anyway. */
        AGGREGATE,
        /** Computes from the changes of its parents. */
        DERIVED
    }

    private final Kind kind;
    private final @Nullable String storeName;
    private final boolean queryable;
    private final Supplier<StoreSpec> store;
    private final List<TableOperator> parents;
    private final Function<Settings, Node> node;
    private final @Nullable Supplier<ValueGetter> computed;
    private final boolean versioned;
    private final long graceMs;
    private final Set<String> read = new LinkedHashSet<>();
    private @Nullable String sourceTopic;
    private boolean kept;
    private boolean sendOldValues;

    private TableOperator(
            Kind kind,
            Rows<?, ?> rows,
            Supplier<StoreSpec> store,
            List<TableOperator> parents,
            Function<Settings, Node> node,
            @Nullable Supplier<ValueGetter> computed,
            boolean versioned,
            long graceMs) {
        this.kind = kind;
        this.storeName = rows.storeName();
        this.queryable = rows.queryable();
        this.store = store;
        this.parents = parents;
        this.node = node;
        this.computed = computed;
        this.versioned = versioned;
        this.graceMs = graceMs;
        this.kept = kind == Kind.AGGREGATE || rows.queryable();
    }

    static TableOperator source(Rows<?, ?> rows) {
        return new TableOperator(
                Kind.SOURCE,
                rows,
                rows::store,
                List.of(),
                s -> new TableNodes.Source(s.storeName(), s.sendOldValues()),
                null,
                rows.versioned(),
                NO_WINDOWS);
    }

    static TableOperator aggregate(Rows<?, ?> rows, Function<Settings, Node> node) {
        return new TableOperator(
                Kind.AGGREGATE,
                rows,
                rows::store,
                List.of(),
                node,
                null,
                rows.versioned(),
                NO_WINDOWS);
    }

    /**
     * @param store of windows or sessions
     * @param graceMs after which a row does not change any more
     */
    static TableOperator windowed(
            Rows<?, ?> rows, StoreSpec store, long graceMs, Function<Settings, Node> node) {
        return new TableOperator(
                Kind.AGGREGATE, rows, () -> store, List.of(), node, null, false, graceMs);
    }

    /**
     * @param computed finds rows that are not kept
     */
    static TableOperator derived(
            Rows<?, ?> rows,
            List<TableOperator> parents,
            Function<Settings, Node> node,
            Supplier<ValueGetter> computed) {
        boolean versioned =
                rows.queryable()
                        ? rows.versioned()
                        : parents.size() == 1 && parents.get(0).versioned;
        long graceMs =
                parents.stream().mapToLong(parent -> parent.graceMs).max().orElse(NO_WINDOWS);
        return new TableOperator(
                Kind.DERIVED, rows, rows::store, parents, node, computed, versioned, graceMs);
    }

    /** Of the versions that a lookup finds; null when the table has none. */
    @Nullable Long historyRetentionMs() {
        if (kept || parents.isEmpty()) {
            return store.get().kind() instanceof StoreKind.Versioned kind
                    ? kind.historyRetentionMs()
                    : null;
        }
        return parents.get(0).historyRetentionMs();
    }

    /** Whether it does not depend on its parents if there are versions. */
    boolean keepsVersionsAsItSays() {
        return kind != Kind.DERIVED || queryable || parents.size() != 1;
    }

    boolean versioned() {
        return versioned;
    }

    long graceMs() {
        return graceMs;
    }

    boolean sendsOldValues() {
        return sendOldValues;
    }

    /** The rows are those of the topic: it can serve as the changelog. */
    void restoredFrom(String topic) {
        sourceTopic = topic;
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
                case DERIVED -> {
                    boolean all = true;
                    if (!kept || parents.size() > 1) {
                        for (TableOperator parent : parents) {
                            all &= parent.sendOldValues(force);
                        }
                    }
                    sendOldValues = all;
                }
            }
        }
        return sendOldValues;
    }

    /** Asks for a way to look rows up; for one node. */
    ValueGetter.Factory getter() {
        if (kind == Kind.SOURCE) {
            kept = true;
        }
        if (!kept) {
            parents.forEach(TableOperator::getter);
        }
        return () ->
                kept || computed == null
                        ? new ValueGetter.OfStore(Objects.requireNonNull(storeName))
                        : computed.get();
    }

    /** The stores that the getter reads. */
    Set<String> getterStores() {
        if (kept) {
            return Set.of(Objects.requireNonNull(storeName));
        }
        Set<String> stores = new LinkedHashSet<>(read);
        parents.forEach(parent -> stores.addAll(parent.getterStores()));
        return stores;
    }

    /** A store that the getter reads over those of the parents. */
    void reads(String store) {
        read.add(store);
    }

    void write(String name, List<String> parentNames, TopologySpec spec) {
        Supplier<Node> supplier =
                () -> node.apply(new Settings(kept ? storeName : null, sendOldValues));
        GraphBuilder.writeProcessor(name, parentNames, supplier, spec);
        spec.isTable(name);
        addStore(spec, name);
    }

    /** Adds the store, if there is one, and connects it. */
    void addStore(TopologySpec spec, String processor) {
        if (kept) {
            StoreSpec added = store.get();
            spec.addStore(
                    sourceTopic == null || !added.logged()
                            ? added
                            : added.restoredFrom(sourceTopic),
                    List.of(processor));
        }
    }

    @Nullable String queryableStoreName() {
        return queryable ? storeName : null;
    }
}
