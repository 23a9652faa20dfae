package dev.millrace.streams.query;

/** How a store answers a query. */
public class QueryConfig {
    private final boolean collectExecutionInfo;

    public QueryConfig(boolean collectExecutionInfo) {
        this.collectExecutionInfo = collectExecutionInfo;
    }

    public boolean isCollectExecutionInfo() {
        return collectExecutionInfo;
    }
}
