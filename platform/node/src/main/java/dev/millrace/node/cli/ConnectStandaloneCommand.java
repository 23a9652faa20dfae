package dev.millrace.node.cli;

import dev.millrace.connect.ConnectStandalone;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace connect-standalone}: Kafka Connect's standalone worker, with its files. */
@Command(
        name = "connect-standalone",
        description = {
            "Runs connectors until Ctrl-C, as Kafka Connect's standalone worker does:",
            "settings, converters, transforms and connector jars are Kafka Connect's."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Example, with the files of the distribution's config/:",
            "  millrace connect-standalone connect-standalone.properties connect-file-source.properties"
                    + " connect-file-sink.properties"
        })
public final class ConnectStandaloneCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "WORKER.properties",
            description =
                    "Settings of the worker: bootstrap.servers, converters, where offsets are kept.")
    private Path worker = Path.of("");

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "CONNECTOR.properties",
            description = "Settings of a connector; as many as should run.")
    private List<Path> connectors = List.of();

    @Override
    public Integer call() throws InterruptedException {
        ConnectStandalone standalone =
                ConnectStandalone.start(worker, connectors.toArray(Path[]::new));
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                "connect ready: "
                        + connectors.size()
                        + (connectors.size() == 1 ? " connector" : " connectors")
                        + ", REST on port "
                        + standalone.restPort()
                        + "; Ctrl-C ends it");
        out.flush();
        standalone.awaitEnd();
        return 0;
    }
}
