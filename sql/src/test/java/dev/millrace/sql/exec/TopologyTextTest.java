package dev.millrace.sql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SchemaInference;
import dev.millrace.sql.parser.SqlTexts;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import dev.millrace.sql.plan.Relations;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Produced;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What EXPLAIN prints is what the program in Java prints. */
class TopologyTextTest {
    private static final Relations TOPICS =
            new Relations() {
                @Override
                public @Nullable Relation find(String name) {
                    return SchemaInference.infer(name, List.of());
                }

                @Override
                public Collection<String> names() {
                    return List.of();
                }
            };

    private static String describe(String sql, boolean table) {
        Statement.Query query = (Statement.Query) SqlTexts.parseOne(sql).node();
        PlannedQuery planned = new QueryPlanner(TOPICS).plan(query.query());
        return TopologyCompiler.compile(
                        planned,
                        new SinkSpec("out", table, Relation.ValueFormat.JSON, planned.columns()))
                .topology()
                .describe()
                .toString();
    }

    @Test
    void word_count_in_sql_is_word_count_in_java() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("lines", Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.toLowerCase(Locale.ROOT).split("\\W+")))
                .filter((key, word) -> !word.isEmpty())
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count()
                .toStream()
                .to("out", Produced.with(Serdes.String(), Serdes.Long()));

        assertThat(
                        describe(
                                "SELECT word, COUNT(*) AS n FROM (SELECT"
                                        + " EXPLODE(SPLIT(LOWER(value), '\\W+')) AS word FROM lines)"
                                        + " WHERE word <> '' GROUP BY word",
                                true))
                .isEqualTo(builder.build().describe().toString());
    }

    @Test
    void filter_and_projection_are_filter_and_map_values() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("lines", Consumed.with(Serdes.String(), Serdes.String()))
                .filter((key, value) -> value.startsWith("a"))
                .mapValues(value -> value.toUpperCase(Locale.ROOT))
                .to("out", Produced.with(Serdes.String(), Serdes.String()));

        assertThat(describe("SELECT UPPER(value) AS v FROM lines WHERE value LIKE 'a%'", false))
                .isEqualTo(builder.build().describe().toString());
    }

    @Test
    void grouping_a_table_is_a_grouped_table() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.table("lines", Consumed.with(Serdes.String(), Serdes.String()))
                .groupBy(
                        (key, value) -> KeyValue.pair(value, value),
                        Grouped.with(Serdes.String(), Serdes.String()))
                .count()
                .toStream()
                .to("out", Produced.with(Serdes.String(), Serdes.Long()));

        assertThat(describe("SELECT value, COUNT(*) AS n FROM TABLE(lines) GROUP BY value", true))
                .isEqualTo(builder.build().describe().toString());
    }

    @Test
    void a_stream_where_a_table_is_made_is_refused_and_the_other_way_round() {
        assertThatThrownBy(() -> describe("SELECT COUNT(*) AS n FROM lines", false))
                .isInstanceOf(SqlException.class)
                .hasMessageContaining("CREATE TABLE");
        assertThatThrownBy(() -> describe("SELECT value FROM lines", true))
                .isInstanceOf(SqlException.class)
                .hasMessageContaining("CREATE STREAM");
    }

    @Test
    void what_needs_an_end_cannot_be_persistent() {
        assertThatThrownBy(() -> describe("SELECT value FROM lines LIMIT 3", false))
                .isInstanceOf(SqlException.class)
                .hasMessageContaining("LIMIT");
    }
}
