package dev.millrace.node.cli;

import dev.millrace.sql.shell.SqlShell;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace sql}: one query, a file, or a shell. */
@Command(
        name = "sql",
        description = "Asks topics and tables in SQL: one query, a file of them, or a shell.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  millrace sql                                          a shell",
            "  millrace sql \"SELECT * FROM clicks LIMIT 5\"           history up to now",
            "  millrace sql \"SELECT * FROM clicks EMIT CHANGES\"      live, until Ctrl-C",
            "  millrace sql --json \"SHOW TOPICS\" | jq ."
        })
public final class SqlCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "QUERY", arity = "0..1", description = "Statements, separated by ';'.")
    private @Nullable String query;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "Read the statements from here.")
    private @Nullable Path file;

    @Option(names = "--json", description = "The answer as lines of JSON.")
    private boolean json;

    @Mixin private HttpOption http;

    @Override
    public Integer call() {
        if (query != null && file != null) {
            throw new ParameterException(spec.commandLine(), "give a query or a file, not both");
        }
        return SqlShell.run(
                new SqlShell.Options(
                        http.address().toString(),
                        Optional.ofNullable(query),
                        Optional.ofNullable(file),
                        json),
                System.out,
                System.err);
    }
}
