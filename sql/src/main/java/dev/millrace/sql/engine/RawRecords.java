package dev.millrace.sql.engine;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SchemaInference;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.expr.ColumnRef;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlanNode;
import dev.millrace.sql.plan.PlannedQuery;
import java.util.List;
import java.util.Set;

/** PRINT: a topic's records as text, whatever they hold. */
final class RawRecords {
    private RawRecords() {}

    static PlannedQuery plan(Topics topics, Statement.Print print) {
        String topic = Statements.name(print.topic());
        if (topics.partitions(topic) == 0) {
            throw Statements.at(print.topic(), SqlException.Kind.NOT_FOUND, "no topic " + topic);
        }
        Relation raw =
                new Relation(
                        topic,
                        topic,
                        false,
                        Relation.ROWKEY,
                        SqlType.Scalar.VARCHAR,
                        Relation.ValueFormat.TEXT,
                        true,
                        Relation.ValueFormat.TEXT,
                        List.of(new SqlType.Field(SchemaInference.VALUE, SqlType.Scalar.VARCHAR)),
                        true,
                        null);
        List<SqlType.Field> layout = raw.layout();
        PlanNode scan = new PlanNode.Scan(raw, false, Set.of(0, 1, 2, 3, 4));
        List<SqlType.Field> columns =
                List.of(layout.get(3), layout.get(4), layout.get(2), layout.get(0), layout.get(1));
        PlanNode project =
                new PlanNode.Project(
                        scan,
                        List.of(
                                new ColumnRef(3),
                                new ColumnRef(4),
                                new ColumnRef(2),
                                new ColumnRef(0),
                                new ColumnRef(1)),
                        columns);
        return new PlannedQuery(project, columns, "");
    }
}
