package dev.millrace.chaos;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program: {@code chaos run} and {@code chaos failover}. */
@Command(
        name = "chaos",
        description = "Three real nodes under load and faults.",
        mixinStandardHelpOptions = true,
        subcommands = {RunCommand.class, FailoverCommand.class})
public final class ChaosCommand {

    private ChaosCommand() {}

    public static void main(String[] arguments) {
        // Clients' threads are daemons, but not all of Kafka's own are.
        System.exit(execute(arguments));
    }

    /**
     * @return 0 if all is well, 1 after violations, others as picocli's
     */
    static int execute(String... arguments) {
        return new CommandLine(new ChaosCommand()).execute(arguments);
    }
}
