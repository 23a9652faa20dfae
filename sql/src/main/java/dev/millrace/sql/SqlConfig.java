package dev.millrace.sql;

import java.nio.file.Path;

/**
 * Where the engine finds its cluster and how much one query may take.
 *
 * @param bootstrapServers HOST:PORT[,HOST:PORT]
 * @param stateDir directory for the state stores of persistent queries; made when missing
 * @param applicationIdPrefix every persistent query runs as application {@code prefix + query id}
 * @param definitionsTopic compacted topic that holds the CREATE statements
 * @param definitionsReplication its replicas; it is made once there are as many brokers
 * @param maxStateRows most groups, table rows or sorted rows that one ad-hoc query may hold in
 *     memory; it ends with an error beyond
 * @param maxAnswerRows most rows of an answer that is collected as one JSON document
 * @param maxAdHocQueries most SELECTs that run at the same time
 * @param maxPersistentQueries most persistent queries of this engine
 * @param commitIntervalMs how often a persistent query writes out its changes
 * @param sessionTimeoutMs how long the work of a node that is gone waits before another node takes
 *     it over; a node that comes back meanwhile goes on at once
 */
public record SqlConfig(
        String bootstrapServers,
        Path stateDir,
        String applicationIdPrefix,
        String definitionsTopic,
        short definitionsReplication,
        int maxStateRows,
        int maxAnswerRows,
        int maxAdHocQueries,
        int maxPersistentQueries,
        int commitIntervalMs,
        int sessionTimeoutMs) {

    /** The defaults, for a cluster and a state directory. */
    public static SqlConfig of(String bootstrapServers, Path stateDir) {
        return new SqlConfig(
                bootstrapServers,
                stateDir,
                "millrace-sql-",
                "_millrace_sql",
                (short) 1,
                1_000_000,
                100_000,
                64,
                256,
                200,
                10_000);
    }

    public SqlConfig withApplicationIdPrefix(String prefix) {
        return new SqlConfig(
                bootstrapServers,
                stateDir,
                prefix,
                definitionsTopic,
                definitionsReplication,
                maxStateRows,
                maxAnswerRows,
                maxAdHocQueries,
                maxPersistentQueries,
                commitIntervalMs,
                sessionTimeoutMs);
    }

    public SqlConfig withDefinitionsTopic(String topic) {
        return new SqlConfig(
                bootstrapServers,
                stateDir,
                applicationIdPrefix,
                topic,
                definitionsReplication,
                maxStateRows,
                maxAnswerRows,
                maxAdHocQueries,
                maxPersistentQueries,
                commitIntervalMs,
                sessionTimeoutMs);
    }

    public SqlConfig withDefinitionsReplication(int replicas) {
        return new SqlConfig(
                bootstrapServers,
                stateDir,
                applicationIdPrefix,
                definitionsTopic,
                (short) replicas,
                maxStateRows,
                maxAnswerRows,
                maxAdHocQueries,
                maxPersistentQueries,
                commitIntervalMs,
                sessionTimeoutMs);
    }

    public SqlConfig withMaxStateRows(int rows) {
        return new SqlConfig(
                bootstrapServers,
                stateDir,
                applicationIdPrefix,
                definitionsTopic,
                definitionsReplication,
                rows,
                maxAnswerRows,
                maxAdHocQueries,
                maxPersistentQueries,
                commitIntervalMs,
                sessionTimeoutMs);
    }

    public SqlConfig withSessionTimeoutMs(int timeoutMs) {
        return new SqlConfig(
                bootstrapServers,
                stateDir,
                applicationIdPrefix,
                definitionsTopic,
                definitionsReplication,
                maxStateRows,
                maxAnswerRows,
                maxAdHocQueries,
                maxPersistentQueries,
                commitIntervalMs,
                timeoutMs);
    }
}
