package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.errors.UnknownStateStoreException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.query.ListIterator;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.query.FailureReason;
import dev.millrace.streams.query.KeyQuery;
import dev.millrace.streams.query.Position;
import dev.millrace.streams.query.Query;
import dev.millrace.streams.query.QueryResult;
import dev.millrace.streams.query.RangeQuery;
import dev.millrace.streams.query.ResultOrder;
import dev.millrace.streams.query.StateQueryRequest;
import dev.millrace.streams.query.StateQueryResult;
import dev.millrace.streams.query.TimestampedKeyQuery;
import dev.millrace.streams.query.TimestampedRangeQuery;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import dev.millrace.streams.state.TimestampedKeyValueStore;
import dev.millrace.streams.state.ValueAndTimestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers queries of stores of this instance (KIP-796). Ranges are read at once, as a whole. */
public final class StateQueries {
    private final LocalStores stores;

    public StateQueries(LocalStores stores) {
        this.stores = stores;
    }

    public <R> StateQueryResult<R> query(StateQueryRequest<R> request) {
        String name = request.getStoreName();
        if (stores.subtopologyOf(name) == null) {
            throw new UnknownStateStoreException(
                    "Cannot get state store "
                            + name
                            + " because no such store is registered in the topology.");
        }
        StateQueryResult<R> result = new StateQueryResult<>();
        Set<Integer> open =
                request.isAllPartitions() ? Set.of() : new TreeSet<>(request.getPartitions());
        for (LocalStores.Hosted hosted : stores.tasksWith(name, true)) {
            int partition = hosted.task().partition();
            if (request.isAllPartitions() || open.remove(partition)) {
                result.addResult(partition, ask(hosted, request));
            }
        }
        for (int partition : open) {
            result.addResult(
                    partition,
                    QueryResult.forFailure(
                            FailureReason.NOT_PRESENT,
                            "Partition " + partition + " of store " + name + " is not here"));
        }
        return result;
    }

    private static <R> QueryResult<R> ask(LocalStores.Hosted hosted, StateQueryRequest<R> request) {
        if (request.isRequireActive() && !hosted.running()) {
            return QueryResult.forFailure(
                    FailureReason.NOT_ACTIVE, "Task " + hosted.task() + " does not run here");
        }
        long startNs = System.nanoTime();
        QueryResult<R> result;
        try {
            result =
                    hosted.thread()
                            .query(
                                    hosted.task(),
                                    request.getStoreName(),
                                    !(request.getQuery() instanceof KeyQuery)
                                            && !(request.getQuery() instanceof TimestampedKeyQuery),
                                    (store, position) -> answer(store, position, request));
        } catch (InvalidStateStoreException e) {
            result = QueryResult.forFailure(FailureReason.NOT_PRESENT, String.valueOf(e));
        } catch (RuntimeException e) {
            result = QueryResult.forFailure(FailureReason.STORE_EXCEPTION, String.valueOf(e));
        }
        if (request.executionInfoEnabled()) {
            result.addExecutionInfo(
                    "Task "
                            + hosted.task()
                            + " of "
                            + hosted.thread().getName()
                            + " answered in "
                            + (System.nanoTime() - startNs) / 1000
                            + " us");
        }
        return result;
    }

    private static <R> QueryResult<R> answer(
            StateStore store, Position position, StateQueryRequest<R> request) {
        if (!reaches(position, request.getPositionBound().position())) {
            return QueryResult.forFailure(
                    FailureReason.NOT_UP_TO_BOUND,
                    "The store is at "
                            + position
                            + ", which is not yet "
                            + request.getPositionBound());
        }
        Function<StateStore, Object> reading = reading(store, request.getQuery());
        if (reading == null) {
            return QueryResult.forFailure(
                    FailureReason.UNKNOWN_QUERY_TYPE,
                    "Store "
                            + store.name()
                            + " does not answer "
                            + request.getQuery().getClass().getSimpleName());
        }
        QueryResult<R> result = QueryResult.forResult(Erased.castNullable(reading.apply(store)));
        result.setPosition(position);
        return result;
    }

    /** A bound may name partitions that other tasks read. */
    private static boolean reaches(Position position, Position bound) {
        for (String topic : bound.getTopics()) {
            for (var offset : bound.getPartitionPositions(topic).entrySet()) {
                Long seen = position.getPartitionPositions(topic).get(offset.getKey());
                if (seen != null && seen < offset.getValue()) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Null: the store does not know such queries. */
    private static @Nullable Function<StateStore, Object> reading(
            StateStore store, Query<?> query) {
        boolean timestamped = store instanceof TimestampedKeyValueStore;
        if (!(store instanceof ReadOnlyKeyValueStore)) {
            return null;
        }
        if (query instanceof KeyQuery<?, ?> key) {
            return each -> strip(keyed(each).get(key.getKey()));
        }
        if (query instanceof RangeQuery<?, ?> range) {
            return each ->
                    rows(
                            each,
                            range.getLowerBound().orElse(null),
                            range.getUpperBound().orElse(null),
                            range.resultOrder(),
                            true);
        }
        if (query instanceof TimestampedKeyQuery<?, ?> key && timestamped) {
            return each -> Erased.any(keyed(each).get(key.key()));
        }
        if (query instanceof TimestampedRangeQuery<?, ?> range && timestamped) {
            return each ->
                    rows(
                            each,
                            range.lowerBound().orElse(null),
                            range.upperBound().orElse(null),
                            range.resultOrder(),
                            false);
        }
        return null;
    }

    private static ReadOnlyKeyValueStore<Object, Object> keyed(StateStore store) {
        return Erased.cast(store);
    }

    private static Object strip(@Nullable Object value) {
        return Erased.any(value instanceof ValueAndTimestamp<?> both ? both.value() : value);
    }

    private static KeyValueIterator<Object, Object> rows(
            StateStore store,
            @Nullable Object from,
            @Nullable Object to,
            ResultOrder order,
            boolean values) {
        List<KeyValue<Object, Object>> rows = new ArrayList<>();
        try (KeyValueIterator<Object, Object> found =
                order == ResultOrder.DESCENDING
                        ? keyed(store).reverseRange(from, to)
                        : keyed(store).range(from, to)) {
            while (found.hasNext()) {
                KeyValue<Object, Object> row = found.next();
                rows.add(new KeyValue<>(row.key, values ? strip(row.value) : row.value));
            }
        }
        return new ListIterator<>(rows);
    }
}
