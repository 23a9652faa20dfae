package dev.millrace.sql.engine;

import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.exec.LocalQuery;
import dev.millrace.sql.parser.SqlTexts;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import java.util.List;
import java.util.Map;
import org.apache.calcite.sql.SqlInsert;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.jspecify.annotations.Nullable;

/** Each kind of statement to who answers it. Blocking; for worker threads. */
public final class Statements {
    private final SqlConfig config;
    private final Topics topics;
    private final Catalog catalog;
    private final Ddl ddl;
    private final Listing listing;
    private final Inserts inserts;

    Statements(
            SqlConfig config,
            Topics topics,
            Catalog catalog,
            PersistentQueries queries,
            DefinitionLog log) {
        this.config = config;
        this.topics = topics;
        this.catalog = catalog;
        this.ddl = new Ddl(config, topics, catalog, queries, log);
        this.listing = new Listing(topics, catalog, queries);
        this.inserts = new Inserts(topics, catalog);
    }

    /** Answers a statement; a SELECT comes back ready to run. */
    public SqlAnswer execute(SqlTexts.Parsed parsed, Map<String, String> properties) {
        SqlNode node = parsed.node();
        if (node instanceof Statement.Query query) {
            return query(query, properties);
        }
        if (node instanceof Statement.CreateSource create) {
            return ddl.create(create, parsed.text());
        }
        if (node instanceof Statement.DropSource drop) {
            return ddl.drop(drop);
        }
        if (node instanceof Statement.Terminate terminate) {
            return ddl.terminate(terminate);
        }
        if (node instanceof Statement.Show show) {
            return listing.show(show.what());
        }
        if (node instanceof Statement.Describe describe) {
            return listing.describe(describe);
        }
        if (node instanceof Statement.Explain explain) {
            return ddl.explain(explain);
        }
        if (node instanceof Statement.Print print) {
            return print(print);
        }
        if (node instanceof SqlInsert insert) {
            return inserts.insert(insert);
        }
        throw SqlException.invalid(
                SqlTexts.noStatement(node.getKind().toString()),
                node.getParserPosition().getLineNum(),
                node.getParserPosition().getColumnNum());
    }

    private SqlAnswer query(Statement.Query query, Map<String, String> properties) {
        PlannedQuery planned = new QueryPlanner(catalog.snapshot()).plan(query.query());
        return new SqlAnswer.Query(
                Listing.columns(planned.columns()),
                query.emitChanges(),
                new LocalQuery(
                        topics.bootstrapServers(),
                        planned,
                        query.emitChanges(),
                        fromLatest(properties),
                        number(query.limit(), -1),
                        config.maxStateRows()));
    }

    private static boolean fromLatest(Map<String, String> properties) {
        String reset = properties.getOrDefault("auto.offset.reset", "earliest");
        if (!reset.equals("earliest") && !reset.equals("latest")) {
            throw SqlException.invalid("auto.offset.reset is earliest or latest, not " + reset);
        }
        return reset.equals("latest");
    }

    private SqlAnswer print(Statement.Print print) {
        PlannedQuery planned = RawRecords.plan(topics, print);
        return new SqlAnswer.Query(
                Listing.columns(planned.columns()),
                false,
                new LocalQuery(
                        topics.bootstrapServers(),
                        planned,
                        false,
                        false,
                        number(print.limit(), -1),
                        config.maxStateRows()));
    }

    static long number(@Nullable SqlNode literal, long otherwise) {
        if (literal == null) {
            return otherwise;
        }
        try {
            return ((SqlLiteral) literal).longValue(true);
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw SqlException.invalid(
                    "LIMIT takes a whole number, not " + literal,
                    literal.getParserPosition().getLineNum(),
                    literal.getParserPosition().getColumnNum());
        }
    }

    static String name(org.apache.calcite.sql.SqlIdentifier identifier) {
        return identifier.names.get(identifier.names.size() - 1);
    }

    static SqlException at(SqlNode node, SqlException.Kind kind, String message) {
        return new SqlException(
                kind,
                message,
                node.getParserPosition().getLineNum(),
                node.getParserPosition().getColumnNum());
    }

    static SqlAnswer.Rows rows(List<SqlAnswer.Column> columns, List<@Nullable Object[]> rows) {
        return new SqlAnswer.Rows(columns, rows, null);
    }
}
