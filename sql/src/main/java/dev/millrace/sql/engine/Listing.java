package dev.millrace.sql.engine;

import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.Relations;
import dev.millrace.sql.plan.Suggestions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** SHOW and DESCRIBE. */
final class Listing {
    private final Topics topics;
    private final Catalog catalog;
    private final PersistentQueries queries;

    Listing(Topics topics, Catalog catalog, PersistentQueries queries) {
        this.topics = topics;
        this.catalog = catalog;
        this.queries = queries;
    }

    static List<SqlAnswer.Column> columns(List<SqlType.Field> fields) {
        return fields.stream()
                .map(field -> new SqlAnswer.Column(field.name(), field.type()))
                .toList();
    }

    private static SqlAnswer.Column text(String name) {
        return new SqlAnswer.Column(name, SqlType.Scalar.VARCHAR);
    }

    private static SqlAnswer.Column whole(String name) {
        return new SqlAnswer.Column(name, SqlType.Scalar.INTEGER);
    }

    SqlAnswer show(Statement.Show.What what) {
        switch (what) {
            case TOPICS:
                return showTopics();
            case STREAMS:
                return showRelations(false);
            case TABLES:
                return showRelations(true);
            case QUERIES:
                return showQueries();
        }
        throw new AssertionError(what);
    }

    private SqlAnswer showTopics() {
        List<@Nullable Object[]> rows = new ArrayList<>();
        topics.describe(topics.names(false))
                .forEach(
                        (name, description) ->
                                rows.add(
                                        new Object[] {
                                            name,
                                            (long) description.partitions().size(),
                                            description.partitions().isEmpty()
                                                    ? 0L
                                                    : (long)
                                                            description
                                                                    .partitions()
                                                                    .get(0)
                                                                    .replicas()
                                                                    .size()
                                        }));
        return Statements.rows(
                List.of(text("topic"), whole("partitions"), whole("replicas")), rows);
    }

    private SqlAnswer showRelations(boolean tables) {
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (Definition definition : catalog.definitions()) {
            Relation relation = definition.relation();
            if (relation.table() == tables) {
                rows.add(
                        new Object[] {
                            relation.name(),
                            relation.topic(),
                            relation.format().name(),
                            relation.queryId()
                        });
            }
        }
        return Statements.rows(
                List.of(
                        text(tables ? "table" : "stream"),
                        text("topic"),
                        text("value_format"),
                        text("query")),
                rows);
    }

    private SqlAnswer showQueries() {
        List<@Nullable Object[]> rows = new ArrayList<>();
        List<PersistentQuery> all = queries.all();
        Set<String> there = all.isEmpty() ? Set.of() : Set.copyOf(topics.names(true));
        for (PersistentQuery query : all) {
            String missing = missingTopic(query, there);
            rows.add(
                    new Object[] {
                        query.id(),
                        missing == null ? query.state() : "FAILED",
                        query.definition().relation().name(),
                        query.definition().statement(),
                        missing == null
                                ? query.error()
                                : "topic "
                                        + missing
                                        + " is not there any more; TERMINATE "
                                        + query.id()
                                        + ", and create it again when the topic is back"
                    });
        }
        return Statements.rows(
                List.of(
                        text("query"),
                        text("state"),
                        text("writes"),
                        text("statement"),
                        text("error")),
                rows);
    }

    /** A topic that the query reads or writes and that was deleted; null if all are there. */
    private static @Nullable String missingTopic(PersistentQuery query, Set<String> there) {
        for (Relation source : query.definition().sources()) {
            if (!there.contains(source.topic())) {
                return source.topic();
            }
        }
        String output = query.definition().relation().topic();
        return there.contains(output) ? null : output;
    }

    SqlAnswer describe(Statement.Describe describe) {
        String name = Statements.name(describe.name());
        Relations names = catalog.snapshot();
        Relation relation = names.find(name);
        if (relation == null) {
            throw Statements.at(
                    describe.name(),
                    SqlException.Kind.NOT_FOUND,
                    Suggestions.noRelation(name, names.names()));
        }
        List<@Nullable Object[]> rows = new ArrayList<>();
        List<SqlType.Field> layout = relation.layout();
        for (int i = 0; i < layout.size(); i++) {
            SqlType.Field field = layout.get(i);
            String note = i == 0 ? "key" : i >= relation.rowtimeIndex() ? "record" : "value";
            rows.add(new Object[] {field.name(), field.type().sql(), note, !relation.hidden(i)});
        }
        return new SqlAnswer.Rows(
                List.of(
                        text("column"),
                        text("type"),
                        text("from"),
                        new SqlAnswer.Column("in_star", SqlType.Scalar.BOOLEAN)),
                rows,
                describe.extended() ? details(relation) : null);
    }

    private String details(Relation relation) {
        StringBuilder text = new StringBuilder();
        text.append(relation.name())
                .append(relation.table() ? " is a table" : " is a stream")
                .append(" over topic ")
                .append(relation.topic())
                .append(" (")
                .append(topics.partitions(relation.topic()))
                .append(" partitions, values ")
                .append(relation.format())
                .append(", keys ")
                .append(relation.keyFormat())
                .append("); its columns were ")
                .append(relation.declared() ? "declared" : "inferred from the newest records");
        Definition definition = catalog.definition(relation.name());
        if (definition != null) {
            text.append("\nstatement: ").append(definition.statement());
        }
        for (PersistentQuery query : queries.all()) {
            String role =
                    query.definition().relation().topic().equals(relation.topic())
                            ? "written by "
                            : query.definition().sources().stream()
                                            .anyMatch(s -> s.topic().equals(relation.topic()))
                                    ? "read by "
                                    : null;
            if (role != null) {
                text.append('\n')
                        .append(role)
                        .append(query.id())
                        .append(": ")
                        .append(query.state());
                String error = query.error();
                if (error != null) {
                    text.append(" (").append(error).append(')');
                }
            }
        }
        return text.toString();
    }
}
