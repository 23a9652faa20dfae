package dev.millrace.sql.engine;

import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.exec.CompiledTopology;
import dev.millrace.sql.exec.SinkSpec;
import dev.millrace.sql.exec.TopologyCompiler;
import dev.millrace.sql.parser.SqlTexts;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running persistent queries. Started and stopped by the definitions log's thread only. */
final class PersistentQueries implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PersistentQueries.class);

    private final SqlConfig config;
    private final Topics topics;
    private final Map<String, PersistentQuery> queries = new TreeMap<>(); // guarded by this

    PersistentQueries(SqlConfig config, Topics topics) {
        this.config = config;
        this.topics = topics;
    }

    synchronized List<PersistentQuery> all() {
        return new ArrayList<>(queries.values());
    }

    /** By id, ignoring case; null if there is none. */
    synchronized @Nullable PersistentQuery find(String id) {
        for (PersistentQuery query : queries.values()) {
            if (query.id().equalsIgnoreCase(id)) {
                return query;
            }
        }
        return null;
    }

    synchronized int size() {
        return queries.size();
    }

    String applicationId(String queryId) {
        return config.applicationIdPrefix() + queryId;
    }

    /** Starts the query of a definition; a failure is kept with it and does not propagate. */
    void start(Definition definition) {
        PersistentQuery query;
        CompiledTopology compiled = null;
        try {
            compiled = compile(definition);
            query =
                    new PersistentQuery(
                            definition,
                            compiled,
                            StreamsApplication.start(
                                    config,
                                    InstanceId.of(config.stateDir()),
                                    applicationId(String.valueOf(definition.queryId())),
                                    compiled.topology()),
                            null);
        } catch (RuntimeException | LinkageError e) {
            LOG.error("query {} does not start", definition.queryId(), e);
            query = new PersistentQuery(definition, compiled, null, String.valueOf(e.getMessage()));
        }
        synchronized (this) {
            queries.put(query.id(), query);
        }
    }

    /** Plans a stored definition again, with its sources as they were. */
    private static CompiledTopology compile(Definition definition) {
        SqlTexts.Parsed parsed = SqlTexts.parseOne(definition.statement());
        if (!(parsed.node() instanceof Statement.CreateSource create) || create.query() == null) {
            throw SqlException.invalid("not a CREATE ... AS SELECT: " + definition.statement());
        }
        return plan(create.query(), definition.relation(), Catalog.fixed(definition.sources()));
    }

    private static CompiledTopology plan(
            Statement.Query query, Relation output, dev.millrace.sql.plan.Relations sources) {
        PlannedQuery planned = new QueryPlanner(sources).plan(query.query());
        List<SqlType.Field> columns = planned.columns();
        return TopologyCompiler.compile(
                planned, new SinkSpec(output.topic(), output.table(), output.format(), columns));
    }

    /** Stops a query for good and removes its local state. */
    void stop(String queryId) {
        PersistentQuery query;
        synchronized (this) {
            query = queries.remove(queryId);
        }
        QueryApplication application = query == null ? null : query.application();
        if (application != null) {
            application.remove();
        }
    }

    /** Removes what a stopped query left in the cluster: internal topics and its group. */
    void cleanUpCluster(String queryId) {
        topics.deleteApplication(applicationId(queryId));
    }

    @Override
    public void close() {
        List<PersistentQuery> running;
        synchronized (this) {
            running = new ArrayList<>(queries.values());
            queries.clear();
        }
        for (PersistentQuery query : running) {
            QueryApplication application = query.application();
            if (application != null) {
                application.close();
            }
        }
    }
}
