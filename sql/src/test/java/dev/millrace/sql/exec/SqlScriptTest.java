package dev.millrace.sql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.parser.SqlTexts;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The scripts in {@code src/test/resources/sql}, each query as a bounded and a persistent one. */
class SqlScriptTest {
    @TestFactory
    Stream<DynamicNode> scripts() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(Path.of("src/test/resources/sql"))) {
            files = found.sorted().toList();
        }
        assertThat(files).isNotEmpty();
        return files.stream()
                .map(
                        file -> {
                            SqlScript script = SqlScript.read(file);
                            return DynamicContainer.dynamicContainer(
                                    file.getFileName().toString(),
                                    script.cases().stream().flatMap(c -> tests(script, c)));
                        });
    }

    private static Stream<DynamicTest> tests(SqlScript script, SqlScript.Case one) {
        if (one.error()) {
            return Stream.of(DynamicTest.dynamicTest(one.title(), () -> refused(script, one)));
        }
        DynamicTest bounded =
                DynamicTest.dynamicTest(
                        one.title() + " (bounded)",
                        () ->
                                compare(
                                        one,
                                        QueryRuns.bounded(
                                                script.topics(), plan(script, one.sql()))));
        if (one.once()) {
            return Stream.of(bounded);
        }
        return Stream.of(
                bounded,
                DynamicTest.dynamicTest(
                        one.title() + " (persistent)",
                        () ->
                                compare(
                                        one,
                                        QueryRuns.persistent(
                                                script.topics(), plan(script, one.sql())))));
    }

    private static void compare(SqlScript.Case one, List<String> rows) {
        if (one.sql().toUpperCase(java.util.Locale.ROOT).contains("ORDER BY")) {
            assertThat(rows).containsExactlyElementsOf(one.expected());
        } else {
            assertThat(rows).containsExactlyInAnyOrderElementsOf(one.expected());
        }
    }

    private static void refused(SqlScript script, SqlScript.Case one) {
        SqlException error =
                catchThrowableOfType(
                        SqlException.class,
                        () -> QueryRuns.bounded(script.topics(), plan(script, one.sql())));
        assertThat(error).as("an error").isNotNull();
        String said =
                error.line() > 0
                        ? error.line() + ":" + error.column() + " " + error.getMessage()
                        : String.valueOf(error.getMessage());
        for (String part : one.expected()) {
            assertThat(said).contains(part);
        }
    }

    private static PlannedQuery plan(SqlScript script, String sql) {
        Statement.Query query = (Statement.Query) SqlTexts.parseOne(sql).node();
        return new QueryPlanner(script).plan(query.query());
    }
}
