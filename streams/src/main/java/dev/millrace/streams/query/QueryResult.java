package dev.millrace.streams.query;

import dev.millrace.streams.processor.StateStore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer of one partition: a result, or a reason why there is none. */
public final class QueryResult<R> {
    private final @Nullable R result;
    private final @Nullable FailureReason failureReason;
    private final String failureMessage;
    private final List<String> executionInfo = new ArrayList<>();
    private @Nullable Position position;

    private QueryResult(
            @Nullable R result, @Nullable FailureReason failureReason, String failureMessage) {
        this.result = result;
        this.failureReason = failureReason;
        this.failureMessage = failureMessage;
    }

    /**
     * @param result null: there is no such key
     */
    public static <R> QueryResult<R> forResult(@Nullable R result) {
        return new QueryResult<>(result, null, "");
    }

    public static <R> QueryResult<R> forFailure(
            FailureReason failureReason, String failureMessage) {
        return new QueryResult<>(null, failureReason, failureMessage);
    }

    public static <R> QueryResult<R> forUnknownQueryType(Query<R> query, StateStore store) {
        return forFailure(
                FailureReason.UNKNOWN_QUERY_TYPE,
                "This store ("
                        + store.getClass()
                        + ") doesn't know how to execute the given query ("
                        + query
                        + "). Contact the store maintainer if you need support for a new query type.");
    }

    /**
     * @param partition of the store; null: the store is not there yet
     */
    public static <R> QueryResult<R> notUpToBound(
            Position currentPosition, PositionBound positionBound, @Nullable Integer partition) {
        return forFailure(
                FailureReason.NOT_UP_TO_BOUND,
                partition == null
                        ? "The store is not initialized yet, so it is not yet up to the bound "
                                + positionBound
                        : "For store partition "
                                + partition
                                + ", the current position "
                                + currentPosition
                                + " is not yet up to the bound "
                                + positionBound);
    }

    public void addExecutionInfo(String message) {
        executionInfo.add(message);
    }

    public void setPosition(Position position) {
        this.position = position;
    }

    public boolean isSuccess() {
        return failureReason == null;
    }

    public boolean isFailure() {
        return !isSuccess();
    }

    public List<String> getExecutionInfo() {
        return executionInfo;
    }

    /** What the store had seen; null for a failure. */
    public @Nullable Position getPosition() {
        return position;
    }

    public FailureReason getFailureReason() {
        if (failureReason == null) {
            throw new IllegalArgumentException("The query succeeded: ask getResult()");
        }
        return failureReason;
    }

    public String getFailureMessage() {
        if (failureReason == null) {
            throw new IllegalArgumentException("The query succeeded: ask getResult()");
        }
        return failureMessage;
    }

    public @Nullable R getResult() {
        if (failureReason != null) {
            throw new IllegalArgumentException(
                    "The query failed: " + failureReason + ", " + failureMessage);
        }
        return result;
    }

    @Override
    public String toString() {
        return "QueryResult{"
                + (failureReason == null
                        ? "result=" + result
                        : "failure=" + failureReason + ", " + failureMessage)
                + ", position="
                + position
                + '}';
    }
}
