package dev.millrace.node.cli;

import dev.millrace.node.NodeStartException;
import dev.millrace.node.config.ConfigException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns what a command throws into one line on stderr. */
public final class Failures {
    private Failures() {}

    /** Exit code 1; the stack trace goes to the log at debug level only. */
    public static int print(Exception failure, CommandLine commandLine, ParseResult parseResult) {
        LoggerFactory.getLogger(Failures.class)
                .debug("{} failed", commandLine.getCommandName(), failure);
        commandLine.getErr().println("millrace: " + message(failure));
        return 1;
    }

    /** Exit code 2, with the way to the help. */
    public static int wrongUsage(ParameterException failure, String[] args) {
        CommandLine commandLine = failure.getCommandLine();
        String command = commandLine.getCommandSpec().qualifiedName(" ");
        commandLine.getErr().println("millrace: " + oneLine(String.valueOf(failure.getMessage())));
        commandLine.getErr().println("Try '" + command + " --help'.");
        return 2;
    }

    /** One line saying what went wrong. */
    public static String message(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String text = cause.getMessage();
        boolean speaks =
                cause instanceof CommandFailure
                        || cause instanceof ConfigException
                        || cause instanceof NodeStartException
                        || cause instanceof KafkaException;
        if (text == null || text.isBlank()) {
            return cause.getClass().getSimpleName();
        }
        return oneLine(speaks ? text : cause.getClass().getSimpleName() + ": " + text);
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
