package dev.millrace.streams.query;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A query of some or all partitions of a store. */
public final class StateQueryRequest<R> {
    private final String storeName;
    private final PositionBound position;
    private final @Nullable Set<Integer> partitions;
    private final Query<R> query;
    private final boolean executionInfoEnabled;
    private final boolean requireActive;

    private StateQueryRequest(
            String storeName,
            PositionBound position,
            @Nullable Set<Integer> partitions,
            Query<R> query,
            boolean executionInfoEnabled,
            boolean requireActive) {
        this.storeName = storeName;
        this.position = position;
        this.partitions = partitions;
        this.query = query;
        this.executionInfoEnabled = executionInfoEnabled;
        this.requireActive = requireActive;
    }

    public static InStore inStore(String name) {
        return new InStore(name);
    }

    /** A request that lacks its query. */
    public static final class InStore {
        private final String name;

        private InStore(String name) {
            this.name = name;
        }

        public <R> StateQueryRequest<R> withQuery(Query<R> query) {
            return new StateQueryRequest<>(
                    name, PositionBound.unbounded(), null, query, false, false);
        }
    }

    /** What stores must have seen, to answer. */
    public StateQueryRequest<R> withPositionBound(PositionBound positionBound) {
        return new StateQueryRequest<>(
                storeName, positionBound, partitions, query, executionInfoEnabled, requireActive);
    }

    public StateQueryRequest<R> withAllPartitions() {
        return new StateQueryRequest<>(
                storeName, position, null, query, executionInfoEnabled, requireActive);
    }

    public StateQueryRequest<R> withPartitions(Set<Integer> partitions) {
        return new StateQueryRequest<>(
                storeName,
                position,
                Set.copyOf(partitions),
                query,
                executionInfoEnabled,
                requireActive);
    }

    public StateQueryRequest<R> enableExecutionInfo() {
        return new StateQueryRequest<>(storeName, position, partitions, query, true, requireActive);
    }

    /** Not of standbys, nor of tasks that are being restored. */
    public StateQueryRequest<R> requireActive() {
        return new StateQueryRequest<>(
                storeName, position, partitions, query, executionInfoEnabled, true);
    }

    public String getStoreName() {
        return storeName;
    }

    public PositionBound getPositionBound() {
        return position;
    }

    public Query<R> getQuery() {
        return query;
    }

    public boolean isAllPartitions() {
        return partitions == null;
    }

    public Set<Integer> getPartitions() {
        if (partitions == null) {
            throw new IllegalStateException(
                    "Cannot list partitions of an 'all partitions' request");
        }
        return partitions;
    }

    public boolean executionInfoEnabled() {
        return executionInfoEnabled;
    }

    public boolean isRequireActive() {
        return requireActive;
    }
}
