package dev.millrace.streams.query;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Answers by partition. */
public class StateQueryResult<R> {
    private final Map<Integer, QueryResult<R>> partitionResults = new TreeMap<>();
    private @Nullable QueryResult<R> globalResult;

    public void setGlobalResult(QueryResult<R> result) {
        globalResult = result;
    }

    public void addResult(int partition, QueryResult<R> result) {
        partitionResults.put(partition, result);
    }

    public Map<Integer, QueryResult<R>> getPartitionResults() {
        return partitionResults;
    }

    /**
     * The one answer with a result; null when no partition has any.
     *
     * @throws IllegalArgumentException when there are several
     */
    public @Nullable QueryResult<R> getOnlyPartitionResult() {
        List<QueryResult<R>> found =
                partitionResults.values().stream()
                        .filter(each -> each.isSuccess() && each.getResult() != null)
                        .toList();
        if (found.size() > 1) {
            throw new IllegalArgumentException(
                    "The query did not return exactly one partition result: " + partitionResults);
        }
        return found.isEmpty() ? null : found.get(0);
    }

    /** Of a global store; null of any other. */
    public @Nullable QueryResult<R> getGlobalResult() {
        return globalResult;
    }

    /** What all partitions together had seen. */
    public @Nullable Position getPosition() {
        if (globalResult != null) {
            return globalResult.getPosition();
        }
        Position position = Position.emptyPosition();
        partitionResults.values().forEach(each -> position.merge(each.getPosition()));
        return position;
    }

    @Override
    public String toString() {
        return "StateQueryResult{partitionResults="
                + partitionResults
                + ", globalResult="
                + globalResult
                + '}';
    }
}
