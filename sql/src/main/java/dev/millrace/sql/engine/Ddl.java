package dev.millrace.sql.engine;

import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.exec.CompiledTopology;
import dev.millrace.sql.exec.SinkSpec;
import dev.millrace.sql.exec.TopologyCompiler;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import dev.millrace.sql.plan.Relations;
import dev.millrace.sql.plan.Suggestions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.jspecify.annotations.Nullable;

/**
 * CREATE, DROP, TERMINATE and EXPLAIN. One statement at a time changes definitions; what is checked
 * here is what can be known before the record is in the log.
 */
final class Ddl {
    /** Where EXPLAIN of a bare SELECT lets its topology end. */
    static final String RESULT = "result";

    private final SqlConfig config;
    private final Topics topics;
    private final Catalog catalog;
    private final PersistentQueries queries;
    private final DefinitionLog log;

    Ddl(
            SqlConfig config,
            Topics topics,
            Catalog catalog,
            PersistentQueries queries,
            DefinitionLog log) {
        this.config = config;
        this.topics = topics;
        this.catalog = catalog;
        this.queries = queries;
        this.log = log;
    }

    synchronized SqlAnswer create(Statement.CreateSource create, String text) {
        String name = Statements.name(create.name());
        Definition known = catalog.definition(name);
        if (known != null && create.ifNotExists()) {
            return new SqlAnswer.Message(known.relation().name() + " is there already");
        }
        if (known != null && !create.getReplace()) {
            throw Statements.at(
                    create.name(),
                    SqlException.Kind.INVALID,
                    known.relation().name()
                            + " is there already; CREATE OR REPLACE replaces it, DROP removes it");
        }
        SourceProperties properties = SourceProperties.of(create);
        return create.query() == null
                ? declare(create, properties, text)
                : createAsSelect(create, create.query(), properties, known, text);
    }

    private SqlAnswer declare(
            Statement.CreateSource create, SourceProperties properties, String text) {
        String name = Statements.name(create.name());
        String topic = properties.topic().orElse(name);
        boolean created = false;
        if (topics.partitions(topic) == 0) {
            if (properties.partitions().isEmpty()) {
                throw Statements.at(
                        create.name(),
                        SqlException.Kind.NOT_FOUND,
                        "no topic " + topic + "; add partitions=N to WITH and it is created");
            }
            created = createTopic(topic, properties.partitions().get(), properties, create.table());
        }
        Relation relation = Declarations.relation(create, properties, topics.infer(topic));
        log.append(Definition.key(name), new Definition(text, relation, null, List.of()));
        return new SqlAnswer.Message(
                (create.table() ? "table " : "stream ")
                        + name
                        + " reads topic "
                        + topic
                        + (created ? ", which was created" : ""));
    }

    private SqlAnswer createAsSelect(
            Statement.CreateSource create,
            Statement.Query query,
            SourceProperties properties,
            @Nullable Definition replaced,
            String text) {
        String name = Statements.name(create.name());
        if (!create.columns().isEmpty()) {
            throw Statements.at(
                    create.name(),
                    SqlException.Kind.INVALID,
                    "columns come from the SELECT; name them there with AS");
        }
        if (query.limit() != null) {
            throw SqlException.invalid("a persistent query has no end; leave out LIMIT");
        }
        if (queries.size() >= config.maxPersistentQueries()) {
            throw SqlException.limit(
                    "there are "
                            + queries.size()
                            + " persistent queries, which is the limit; TERMINATE one first");
        }
        String topic = properties.topic().orElse(name);
        QueryPlanner planner = new QueryPlanner(catalog.snapshot());
        PlannedQuery planned = planner.plan(query.query());
        CompiledTopology compiled = compile(planned, create, properties, topic);
        List<Relation> sources = new ArrayList<>(planner.used().values());
        for (Relation source : sources) {
            if (source.topic().equals(topic)) {
                throw Statements.at(
                        create.name(),
                        SqlException.Kind.INVALID,
                        "the query reads topic " + topic + ", so it cannot write to it");
            }
        }
        int partitions =
                properties
                        .partitions()
                        .orElseGet(
                                () ->
                                        sources.stream()
                                                .mapToInt(s -> topics.partitions(s.topic()))
                                                .max()
                                                .orElse(1));
        createTopic(topic, partitions, properties, create.table());
        topics.forget(topic);

        String queryId =
                (create.table() ? "ctas_" : "csas_")
                        + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]", "_")
                        + "_"
                        + log.nextOffset();
        Relation output = Declarations.named(compiled.output(), name, queryId);
        log.append(Definition.key(name), new Definition(text, output, queryId, sources));
        if (replaced != null && replaced.queryId() != null) {
            queries.cleanUpCluster(replaced.queryId());
        }
        PersistentQuery started = queries.find(queryId);
        if (started != null && started.application() == null) {
            throw new SqlException(
                    SqlException.Kind.FAILED,
                    "query " + queryId + " does not start: " + started.failure(),
                    0,
                    0);
        }
        return new SqlAnswer.Message(
                (create.table() ? "table " : "stream ")
                        + name
                        + " is written by query "
                        + queryId
                        + " to topic "
                        + topic);
    }

    private static CompiledTopology compile(
            PlannedQuery planned,
            Statement.CreateSource create,
            SourceProperties properties,
            String topic) {
        return TopologyCompiler.compile(
                planned,
                new SinkSpec(topic, create.table(), properties.valueFormat(), planned.columns()));
    }

    private boolean createTopic(
            String topic, int partitions, SourceProperties properties, boolean table) {
        return topics.create(
                topic,
                partitions,
                properties.replicas(),
                table ? Map.of("cleanup.policy", "compact") : Map.of());
    }

    synchronized SqlAnswer drop(Statement.DropSource drop) {
        String name = Statements.name(drop.name());
        Definition definition = catalog.definition(name);
        if (definition == null || definition.relation().table() != drop.table()) {
            if (definition == null && drop.ifExists()) {
                return new SqlAnswer.Message("there is no " + name);
            }
            List<String> names =
                    catalog.definitions().stream().map(d -> d.relation().name()).toList();
            throw Statements.at(
                    drop.name(),
                    definition == null ? SqlException.Kind.NOT_FOUND : SqlException.Kind.INVALID,
                    definition == null
                            ? noCreated(name, names)
                            : name + " is a " + (drop.table() ? "stream" : "table"));
        }
        for (PersistentQuery query : queries.all()) {
            boolean reads =
                    query.definition().sources().stream()
                            .anyMatch(s -> s.name().equalsIgnoreCase(name));
            if (reads) {
                throw Statements.at(
                        drop.name(),
                        SqlException.Kind.INVALID,
                        name + " is read by query " + query.id() + "; TERMINATE it first");
            }
        }
        log.append(Definition.key(name), null);
        String queryId = definition.queryId();
        if (queryId != null) {
            queries.cleanUpCluster(queryId);
        }
        String said = (drop.table() ? "table " : "stream ") + name + " is dropped";
        if (drop.deleteTopic()) {
            topics.delete(definition.relation().topic());
            said += ", topic " + definition.relation().topic() + " deleted";
        }
        return new SqlAnswer.Message(said);
    }

    private static String noCreated(String name, List<String> names) {
        String near = Suggestions.nearest(name, names);
        return "nothing called "
                + name
                + " was created"
                + (near == null ? "" : "; did you mean " + near + "?");
    }

    synchronized SqlAnswer terminate(Statement.Terminate terminate) {
        SqlIdentifier id = terminate.queryId();
        if (id == null) {
            List<PersistentQuery> all = queries.all();
            all.forEach(this::terminate);
            return new SqlAnswer.Message(all.size() + " queries are terminated");
        }
        PersistentQuery query = queries.find(Statements.name(id));
        if (query == null) {
            throw noQuery(id);
        }
        terminate(query);
        return new SqlAnswer.Message(
                "query "
                        + query.id()
                        + " is terminated, topic "
                        + query.definition().relation().topic()
                        + " stays as it is");
    }

    private void terminate(PersistentQuery query) {
        Definition definition = query.definition();
        log.append(Definition.key(definition.relation().name()), definition.withoutQuery());
        queries.cleanUpCluster(query.id());
    }

    private SqlException noQuery(SqlIdentifier id) {
        String name = Statements.name(id);
        String near =
                Suggestions.nearest(name, queries.all().stream().map(PersistentQuery::id).toList());
        return Statements.at(
                id,
                SqlException.Kind.NOT_FOUND,
                "no query "
                        + name
                        + (near == null
                                ? "; SHOW QUERIES lists them"
                                : "; did you mean " + near + "?"));
    }

    SqlAnswer explain(Statement.Explain explain) {
        SqlNode statement = explain.statement();
        if (statement == null) {
            SqlIdentifier id = java.util.Objects.requireNonNull(explain.queryId());
            PersistentQuery query = queries.find(Statements.name(id));
            if (query == null) {
                throw noQuery(id);
            }
            return new SqlAnswer.Message(
                    query.compiled() == null
                            ? "not running: " + query.failure()
                            : query.compiled().topology().describe().toString());
        }
        Relations names = catalog.snapshot();
        if (statement instanceof Statement.CreateSource create) {
            if (create.query() == null) {
                throw SqlException.invalid("a declaration runs nothing, there is no plan");
            }
            PlannedQuery planned = new QueryPlanner(names).plan(create.query().query());
            SourceProperties properties = SourceProperties.of(create);
            String topic = properties.topic().orElse(Statements.name(create.name()));
            return explained(compile(planned, create, properties, topic), planned, "");
        }
        Statement.Query query = (Statement.Query) statement;
        PlannedQuery planned = new QueryPlanner(names).plan(query.query());
        SinkSpec sink =
                new SinkSpec(
                        RESULT,
                        planned.root().updates(),
                        Relation.ValueFormat.JSON,
                        planned.columns());
        String how =
                query.emitChanges()
                        ? "Runs inside this node: history, then every change, until cancelled.\n"
                        : "Runs inside this node, over history up to now.\n";
        try {
            return explained(TopologyCompiler.compile(planned, sink), planned, how);
        } catch (SqlException e) {
            return new SqlAnswer.Message(
                    how
                            + "As a persistent query it could not run: "
                            + e.getMessage()
                            + "\n\n"
                            + logical(planned));
        }
    }

    private static SqlAnswer explained(
            CompiledTopology compiled, PlannedQuery planned, String how) {
        return new SqlAnswer.Message(
                compiled.topology().describe().toString()
                        + "\n"
                        + (how.isEmpty() ? "" : how + "\n")
                        + logical(planned));
    }

    private static String logical(PlannedQuery planned) {
        return "Logical plan:\n" + planned.logical().indent(3).stripTrailing();
    }
}
