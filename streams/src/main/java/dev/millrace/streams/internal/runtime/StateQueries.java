package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.errors.UnknownStateStoreException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.query.StoreAnswers;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.query.FailureReason;
import dev.millrace.streams.query.Position;
import dev.millrace.streams.query.PositionBound;
import dev.millrace.streams.query.Query;
import dev.millrace.streams.query.QueryConfig;
import dev.millrace.streams.query.QueryResult;
import dev.millrace.streams.query.StateQueryRequest;
import dev.millrace.streams.query.StateQueryResult;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Answers queries of stores of this instance (KIP-796). Ranges are read at once, as a whole. */
public final class StateQueries {
    private final LocalStores stores;

    public StateQueries(LocalStores stores) {
        this.stores = stores;
    }

    public <R> StateQueryResult<R> query(StateQueryRequest<R> request) {
        String name = request.getStoreName();
        StateQueryResult<R> result = new StateQueryResult<>();
        if (stores.isGlobal(name)) {
            result.setGlobalResult(askGlobal(request));
            return result;
        }
        if (stores.subtopologyOf(name) == null) {
            throw new UnknownStateStoreException(
                    "Cannot get state store "
                            + name
                            + " because no such store is registered in the topology.");
        }
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

    /** A global store has all partitions; a bound holds for each of them. */
    private <R> QueryResult<R> askGlobal(StateQueryRequest<R> request) {
        long startNs = System.nanoTime();
        QueryResult<R> result =
                caught(
                        () ->
                                stores.queryGlobal(
                                        request.getStoreName(),
                                        (store, position) ->
                                                answer(store, position, null, request)));
        return explained(result, request, "The global store", startNs);
    }

    private static <R> QueryResult<R> ask(LocalStores.Hosted hosted, StateQueryRequest<R> request) {
        if (request.isRequireActive() && !hosted.running()) {
            return QueryResult.forFailure(
                    FailureReason.NOT_ACTIVE, "Task " + hosted.task() + " does not run here");
        }
        long startNs = System.nanoTime();
        QueryResult<R> result =
                caught(
                        () ->
                                hosted.thread()
                                        .query(
                                                hosted.task(),
                                                request.getStoreName(),
                                                StoreAnswers.scans(request.getQuery()),
                                                (store, position) ->
                                                        answer(
                                                                store,
                                                                position,
                                                                hosted.task().partition(),
                                                                request)));
        return explained(
                result,
                request,
                "Task " + hosted.task() + " of " + hosted.thread().getName(),
                startNs);
    }

    /** What a query cannot ask for at all is thrown at the caller. */
    private static <R> QueryResult<R> caught(Supplier<QueryResult<R>> asking) {
        try {
            return asking.get();
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            throw e;
        } catch (InvalidStateStoreException e) {
            return QueryResult.forFailure(FailureReason.NOT_PRESENT, String.valueOf(e));
        } catch (RuntimeException e) {
            return QueryResult.forFailure(FailureReason.STORE_EXCEPTION, String.valueOf(e));
        }
    }

    private static <R> QueryResult<R> explained(
            QueryResult<R> result, StateQueryRequest<R> request, String who, long startNs) {
        if (request.executionInfoEnabled()) {
            result.addExecutionInfo(
                    who + " answered in " + (System.nanoTime() - startNs) / 1000 + " us");
        }
        return result;
    }

    /**
     * @param partition of the task; null: of all partitions
     */
    private static <R> QueryResult<R> answer(
            StateStore store,
            Position position,
            @Nullable Integer partition,
            StateQueryRequest<R> request) {
        PositionBound bound =
                request.isRequireActive() ? PositionBound.unbounded() : request.getPositionBound();
        Query<R> query = request.getQuery();
        Supplier<@Nullable Object> reading = StoreAnswers.of(store, query);
        QueryResult<R> result;
        boolean refused = reading == null && StoreAnswers.refusesAtOnce(store, query);
        if (!refused && !reaches(position, bound.position(), partition)) {
            result = QueryResult.notUpToBound(position, bound, partition);
        } else if (reading == null) {
            result = store.query(query, bound, new QueryConfig(request.executionInfoEnabled()));
        } else {
            result = QueryResult.forResult(Erased.<R>castNullable(reading.get()));
        }
        result.setPosition(position);
        return result;
    }

    /** A bound may name partitions that other tasks read: they do not matter here. */
    static boolean reaches(Position position, Position bound, @Nullable Integer partition) {
        for (String topic : bound.getTopics()) {
            Map<Integer, Long> seen = position.getPartitionPositions(topic);
            for (Map.Entry<Integer, Long> offset : bound.getPartitionPositions(topic).entrySet()) {
                boolean matters = partition == null || partition.equals(offset.getKey());
                Long reached = seen.get(offset.getKey());
                if (matters && (reached == null || reached < offset.getValue())) {
                    return false;
                }
            }
        }
        return true;
    }
}
