package dev.millrace.node.cli;

import dev.millrace.node.Node;
import dev.millrace.node.config.NodeConfig;
import dev.millrace.node.demo.Demo;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace demo}: a node with something to look at. */
@Command(
        name = "demo",
        description = {
            "Starts a node and writes live text and clicks into it; WordCount runs over the text twice,",
            "as a Streams DSL program and as an SQL query."
        },
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private NodeOptions options;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        NodeConfig config = options.resolve(null);
        config.warnings()
                .forEach(warning -> spec.commandLine().getErr().println("millrace: " + warning));
        Node node = Node.start(config);
        Demo demo;
        try {
            demo = Demo.start(node.kafka(), node.http(), config.stateDir());
        } catch (RuntimeException | ExecutionException e) {
            node.stop();
            throw e;
        }
        return Foreground.run(node, demo::close, spec.commandLine(), hints(node));
    }

    private static String hints(Node node) {
        String http =
                node.http().toString().equals(NodeConfig.DEFAULT_HTTP)
                        ? ""
                        : " --http " + node.http();
        String kafka =
                node.kafka().toString().equals(NodeConfig.DEFAULT_KAFKA)
                        ? ""
                        : " --bootstrap " + node.kafka();
        return String.join(
                System.lineSeparator(),
                "",
                "  open     http://" + node.http(),
                "  or try   ./millrace consume " + Demo.LINES + kafka,
                "           ./millrace sql"
                        + http
                        + " \"SELECT page, COUNT(*) AS visits, AVG(ms) AS ms FROM "
                        + Demo.CLICKS
                        + " GROUP BY page\"",
                "           ./millrace sql"
                        + http
                        + " \"SELECT word, n FROM "
                        + Demo.COUNTS_BY_SQL
                        + " EMIT CHANGES\"",
                "",
                "Ctrl-C ends it.");
    }
}
