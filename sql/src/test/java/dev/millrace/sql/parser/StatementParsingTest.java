package dev.millrace.sql.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.sql.SqlException;
import java.util.List;
import org.apache.calcite.sql.SqlInsert;
import org.apache.calcite.sql.SqlNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementParsingTest {

    private static <T> T parse(String text, Class<T> type) {
        SqlNode node = SqlTexts.parseOne(text).node();
        assertThat(node).isInstanceOf(type);
        return type.cast(node);
    }

    private static SqlException refused(String text) {
        return org.assertj.core.api.Assertions.catchThrowableOfType(
                SqlException.class, () -> SqlTexts.parse(text));
    }

    @Test
    void a_select_ends_and_with_emit_changes_goes_on() {
        assertThat(parse("SELECT * FROM t", Statement.Query.class).emitChanges()).isFalse();
        Statement.Query push = parse("select a from t emit changes limit 3", Statement.Query.class);
        assertThat(push.emitChanges()).isTrue();
        assertThat(push.limit()).hasToString("3");
    }

    @Test
    void create_as_select_keeps_name_kind_properties_and_query() {
        Statement.CreateSource create =
                parse(
                        "CREATE OR REPLACE TABLE IF NOT EXISTS Counts WITH (kafka_topic='c',"
                                + " partitions=4, value_format='JSON') AS SELECT w, COUNT(*) AS n"
                                + " FROM t GROUP BY w EMIT CHANGES",
                        Statement.CreateSource.class);
        assertThat(create.table()).isTrue();
        assertThat(create.getReplace()).isTrue();
        assertThat(create.ifNotExists()).isTrue();
        assertThat(create.name().getSimple()).isEqualTo("Counts");
        assertThat(create.properties())
                .extracting(Statement.Property::key, Statement.Property::text)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("kafka_topic", "c"),
                        org.assertj.core.groups.Tuple.tuple("partitions", "4"),
                        org.assertj.core.groups.Tuple.tuple("value_format", "JSON"));
        assertThat(create.query()).isNotNull();
    }

    @Test
    void a_declaration_keeps_columns_and_key() {
        Statement.CreateSource create =
                parse(
                        "CREATE STREAM users (id VARCHAR PRIMARY KEY, tags VARCHAR ARRAY, age INT)"
                                + " WITH (kafka_topic = 'users')",
                        Statement.CreateSource.class);
        assertThat(create.table()).isFalse();
        assertThat(create.columns())
                .extracting(c -> c.name().getSimple())
                .containsExactly("id", "tags", "age");
        assertThat(create.columns())
                .extracting(Statement.ColumnDeclaration::key)
                .containsExactly(true, false, false);
    }

    @Test
    void show_describe_explain_drop_terminate_print_and_insert_are_statements() {
        assertThat(parse("SHOW TOPICS", Statement.Show.class).what())
                .isEqualTo(Statement.Show.What.TOPICS);
        assertThat(parse("show queries;", Statement.Show.class).what())
                .isEqualTo(Statement.Show.What.QUERIES);
        assertThat(parse("DESCRIBE EXTENDED t", Statement.Describe.class).extended()).isTrue();
        assertThat(parse("DESCRIBE extended", Statement.Describe.class).extended()).isFalse();
        assertThat(parse("EXPLAIN SELECT 1", Statement.Explain.class).statement()).isNotNull();
        assertThat(parse("EXPLAIN ctas_x_1", Statement.Explain.class).queryId()).isNotNull();
        assertThat(parse("EXPLAIN CREATE STREAM s AS SELECT * FROM t", Statement.Explain.class))
                .isNotNull();
        Statement.DropSource drop =
                parse("DROP TABLE IF EXISTS t DELETE TOPIC", Statement.DropSource.class);
        assertThat(drop.ifExists() && drop.deleteTopic() && drop.table()).isTrue();
        assertThat(parse("TERMINATE ALL", Statement.Terminate.class).queryId()).isNull();
        assertThat(parse("TERMINATE q_1", Statement.Terminate.class).queryId()).isNotNull();
        assertThat(parse("PRINT t LIMIT 3", Statement.Print.class).limit()).hasToString("3");
        assertThat(parse("INSERT INTO t (a) VALUES (1)", SqlInsert.class)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user", "value", "key", "type", "name", "status", "topic", "level", "start", "rank",
                "result", "data", "method", "version", "tables", "period", "path", "source"
            })
    void a_common_field_name_needs_no_quotes(String name) {
        boolean reserved = SqlTexts.isReserved(name);
        if (name.equals("rank") || name.equals("period")) {
            assertThat(reserved).as("stays reserved: %s", name).isTrue();
        } else {
            assertThat(SqlTexts.parse("SELECT " + name + ", LOWER(" + name + ") FROM t"))
                    .hasSize(1);
        }
    }

    @Test
    void both_double_quotes_and_back_quotes_make_a_name() {
        assertThat(SqlTexts.parse("SELECT `order` FROM \"my-topic\"")).hasSize(1);
        assertThat(SqlTexts.doubleQuoted("SELECT '`', `a` -- `\n, `b` /* ` */"))
                .isEqualTo("SELECT '`', \"a\" -- `\n, \"b\" /* ` */");
    }

    @Test
    void statements_are_separated_by_semicolons_and_keep_their_text() {
        List<SqlTexts.Parsed> parsed =
                SqlTexts.parse("SHOW TOPICS;\n  SELECT ';' AS x -- not; here\n FROM t;");
        assertThat(parsed)
                .extracting(SqlTexts.Parsed::text)
                .containsExactly("SHOW TOPICS", "SELECT ';' AS x -- not; here\n FROM t");
    }

    @Test
    void an_error_says_where_and_what() {
        SqlException error = refused("SELECT *\nFROM orders\nWHERE >");
        assertThat(error.line()).isEqualTo(3);
        assertThat(error.column()).isEqualTo(7);
        assertThat(error).hasMessageContaining("syntax error at \">\"");
    }

    @Test
    void a_reserved_word_as_a_name_gets_a_hint() {
        assertThat(refused("SELECT order FROM t")).hasMessageContaining("write \"order\"");
    }

    @Test
    void a_statement_that_ends_too_early_is_told_so() {
        SqlException error = refused("SELECT * FROM");
        assertThat(error).hasMessageContaining("ends too early");
        assertThat(error.line()).isEqualTo(1);
    }

    @Test
    void nothing_at_all_is_no_statement() {
        assertThatThrownBy(() -> SqlTexts.parse("  -- only a comment\n;"))
                .isInstanceOf(SqlException.class)
                .hasMessageContaining("empty");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELEC 1 | no statement begins with SELEC; did you mean SELECT?",
                "SELCT a FROM t | no statement begins with SELCT; did you mean SELECT?",
                "SHOW TOPICS; CREAT TABLE x AS SELECT 1 | begins with CREAT; did you mean CREATE?",
                "hello | no statement begins with hello; one of SELECT, SHOW, DESCRIBE",
                "ALTER TABLE t | no statement begins with ALTER: use CREATE OR REPLACE",
                "CREATE TABEL x AS SELECT 1 | did you mean TABLE?",
                "SHOW TABELS | after SHOW came TABELS; did you mean SHOW TABLES?",
                "SHOW | after SHOW nothing came; write SHOW TOPICS, STREAMS, TABLES or QUERIES",
                "TERMINATE | write TERMINATE query-id, or TERMINATE ALL",
                "DROP orders | expected one of STREAM, TABLE",
                "INSERT orders VALUES (1) | expected INTO",
                "INSERT INTO orders (1, 2) | SELECT or VALUES was expected, 1 came",
                "DESCRIBE | the statement ends too early, expected a name",
            })
    void a_slip_of_the_pen_is_told_what_was_probably_meant(String text, String message) {
        assertThat(refused(text)).hasMessageContaining(message);
    }

    @Test
    void the_place_of_an_error_in_a_later_statement_counts_in_the_whole_text() {
        SqlException error = refused("SHOW TOPICS;\n  SELEC 1");
        assertThat(error.line()).isEqualTo(2);
        assertThat(error.column()).isEqualTo(3);
    }

    @Test
    void table_with_a_name_is_a_query() {
        assertThat(SqlTexts.parseOne("TABLE t").text()).isEqualTo("TABLE t");
    }
}
