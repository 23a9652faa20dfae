package dev.millrace.sql.engine;

import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.SqlStatement;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.parser.SqlTexts;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The engine without its threads for callers: catalog, running queries, definitions log. */
public final class EngineCore implements AutoCloseable {
    private final SqlConfig config;
    private final Topics topics;
    private final Catalog catalog;
    private final PersistentQueries queries;
    private final DefinitionLog log;
    private @Nullable Statements statements; // guarded by this

    public EngineCore(SqlConfig config) {
        this.config = config;
        this.topics = new Topics(config.bootstrapServers());
        this.catalog = new Catalog(topics);
        this.queries = new PersistentQueries(config, topics);
        this.log =
                new DefinitionLog(
                        topics,
                        config.definitionsTopic(),
                        config.definitionsReplication(),
                        new Replay());
    }

    public void start() {
        log.start();
    }

    /** Does once what a first SELECT does: a planned query, the connections to the cluster. */
    public void warmUp() {
        WarmUp.run();
        topics.names(true);
    }

    public List<SqlStatement> parse(String text) {
        return SqlTexts.parse(text).stream()
                .map(parsed -> new SqlStatement(parsed.text(), parsed))
                .toList();
    }

    public SqlAnswer execute(SqlStatement statement, Map<String, String> properties) {
        log.awaitRestored();
        if (!(statement.tree() instanceof SqlTexts.Parsed parsed)) {
            throw new IllegalArgumentException("a statement of another parser");
        }
        try {
            return statements().execute(parsed, properties);
        } catch (StackOverflowError e) {
            throw SqlException.limit("the statement is nested too deep");
        }
    }

    /** Made late, because it brings the planner with it. */
    private synchronized Statements statements() {
        Statements made = statements;
        if (made == null) {
            made = new Statements(config, topics, catalog, queries, log);
            statements = made;
        }
        return made;
    }

    @Override
    public void close() {
        log.close();
        queries.close();
        topics.close();
    }

    /** The only place where definitions take effect. */
    private final class Replay implements DefinitionLog.Applier {
        private final Map<String, Definition> pending = new java.util.LinkedHashMap<>();
        private boolean restoring = true;

        @Override
        public void apply(String key, @Nullable Definition definition) {
            if (restoring) {
                // Of what was replaced or dropped before the restart nothing is started.
                pending.remove(key);
                if (definition != null) {
                    pending.put(key, definition);
                }
                return;
            }
            change(key, definition);
        }

        @Override
        public void restored() {
            restoring = false;
            pending.forEach(this::change);
            pending.clear();
        }

        private void change(String key, @Nullable Definition definition) {
            Definition before = catalog.remove(key);
            if (before != null && before.queryId() != null) {
                queries.stop(before.queryId());
            }
            if (definition != null) {
                catalog.put(key, definition);
                if (definition.runs()) {
                    queries.start(definition);
                }
            }
        }
    }
}
