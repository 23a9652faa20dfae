package dev.millrace.node;

import dev.millrace.bench.BenchCommand;
import dev.millrace.node.cli.ClusterCommand;
import dev.millrace.node.cli.ConnectStandaloneCommand;
import dev.millrace.node.cli.ConsumeCommand;
import dev.millrace.node.cli.DemoCommand;
import dev.millrace.node.cli.Failures;
import dev.millrace.node.cli.ProduceCommand;
import dev.millrace.node.cli.SqlCommand;
import dev.millrace.node.cli.StartCommand;
import dev.millrace.node.cli.StreamsCommand;
import dev.millrace.node.cli.TopicsCommand;
import dev.millrace.node.cli.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code millrace} command. */
@Command(
        name = "millrace",
        description = {
            "One process instead of five: a Kafka-compatible broker, stream processing, SQL over"
                    + " live topics, connectors and a console.",
            ""
        },
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Try:",
            "  millrace demo                          a node with live data; opens with the"
                    + " console",
            "  millrace topics list",
            "  millrace sql \"SELECT * FROM lines LIMIT 5\"",
            "",
            "'millrace COMMAND --help' explains a command."
        })
public final class Main implements Runnable {
    @Spec private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** The exit code of {@code millrace args…}: 0 success, 1 failure, 2 wrong usage. */
    static int run(String... args) {
        return commandLine(args.length > 0 ? args[0] : "").execute(args);
    }

    /**
     * A node that starts does not load the classes of commands it will not run: start time is a
     * feature.
     */
    private static CommandLine commandLine(String first) {
        CommandLine line = new CommandLine(new Main());
        switch (first) {
            case "start" -> line.addSubcommand("start", new StartCommand());
            case "demo" -> line.addSubcommand("demo", new DemoCommand());
            default ->
                    line.addSubcommand("start", new StartCommand())
                            .addSubcommand("demo", new DemoCommand())
                            .addSubcommand("topics", new TopicsCommand(), "topic")
                            .addSubcommand("produce", new ProduceCommand())
                            .addSubcommand("consume", new ConsumeCommand())
                            .addSubcommand("sql", new SqlCommand())
                            .addSubcommand("streams", new StreamsCommand())
                            .addSubcommand("connect-standalone", new ConnectStandaloneCommand())
                            .addSubcommand("cluster", new ClusterCommand())
                            .addSubcommand("bench", new BenchCommand());
        }
        return line.setExecutionExceptionHandler(Failures::print)
                .setParameterExceptionHandler(Failures::wrongUsage)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say which command to run");
    }
}
