package dev.millrace.sql.parser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sql.SqlException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is typed: it is SQL, or the error points into it. */
class ErrorPositionPropertiesTest {
    private static final String[] PIECES = {
        "SELECT",
        "*",
        "FROM",
        "t",
        "WHERE",
        "(",
        ")",
        ",",
        "'a'",
        "'",
        "\"",
        "`",
        ";",
        "\n",
        "1",
        "=",
        "EMIT",
        "CHANGES",
        "CREATE",
        "TABLE",
        "AS",
        "GROUP",
        "BY",
        "--",
        "/*",
        "EXPLODE(x)",
        "é",
        "\t",
        "TABLE(",
        "LIMIT",
        "EXPLAIN",
        "WITH",
        "VALUES",
        "$",
        "#",
        "\\",
        "::",
        "value",
        "INSERT INTO"
    };

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(PIECES)
                .list()
                .ofMinSize(1)
                .ofMaxSize(14)
                .map(l -> String.join(" ", l));
    }

    @Property(tries = 1000)
    void any_text_is_sql_or_an_error_inside_it(@ForAll("texts") String text) {
        try {
            assertThat(SqlTexts.parse(text)).isNotEmpty();
        } catch (SqlException e) {
            String[] lines = text.split("\n", -1);
            assertThat(e.kind()).isEqualTo(SqlException.Kind.INVALID);
            assertThat(e.line()).isBetween(1, lines.length);
            assertThat(e.column()).isBetween(1, lines[e.line() - 1].length() * 8 + 1);
            assertThat(e.getMessage()).doesNotContain("\n");
        }
    }
}
