package dev.millrace.sql.engine;

import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.exec.LocalQuery;
import dev.millrace.sql.exec.SinkSpec;
import dev.millrace.sql.exec.TopologyCompiler;
import dev.millrace.sql.parser.SqlTexts;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import java.util.List;

/** Loads what a first statement would otherwise wait for. */
final class WarmUp {
    private static final String QUERY =
            "SELECT word, COUNT(*) AS n FROM (SELECT EXPLODE(SPLIT(LOWER(value), '\\W+')) AS word"
                    + " FROM lines) WHERE word <> '' GROUP BY word HAVING COUNT(*) > 0";

    private static final String CONSTANTS =
            "SELECT UPPER(u) AS u, COUNT(*) AS n, SUM(x) AS s, AVG(x) AS a FROM (VALUES ('a', 1),"
                    + " ('b', 2)) AS t(u, x) WHERE x > 0 GROUP BY u ORDER BY n LIMIT 1";

    private WarmUp() {}

    static void run() {
        Relation lines =
                new Relation(
                        "lines",
                        "lines",
                        false,
                        Relation.ROWKEY,
                        SqlType.Scalar.VARCHAR,
                        Relation.ValueFormat.TEXT,
                        false,
                        Relation.ValueFormat.TEXT,
                        List.of(new SqlType.Field("value", SqlType.Scalar.VARCHAR)),
                        true,
                        null);
        Statement.Query query = (Statement.Query) SqlTexts.parseOne(QUERY).node();
        PlannedQuery planned = new QueryPlanner(Catalog.fixed(List.of(lines))).plan(query.query());
        TopologyCompiler.compile(
                planned,
                new SinkSpec("counts", true, Relation.ValueFormat.JSON, planned.columns()));
        runConstants();
    }

    /** Rows through the operators, without a topic. */
    private static void runConstants() {
        Statement.Query query = (Statement.Query) SqlTexts.parseOne(CONSTANTS).node();
        PlannedQuery planned = new QueryPlanner(Catalog.fixed(List.of())).plan(query.query());
        new LocalQuery("", planned, false, false, -1, 100).run((op, row) -> true);
    }
}
